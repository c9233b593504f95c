package fakeapi

import "strings"

// The ids of what is judged beyond single requests.
const (
	// RuleSequence: an event came out of order. The id is that of the spec's sequencing guard.
	RuleSequence = "sequence"
	// RuleDuplicate: an event equals the one before it.
	RuleDuplicate = "duplicate"
	// RuleUnchanged: a queue update equals the one before it. The id is that of the spec's optional rule.
	RuleUnchanged = "queue-update-unchanged"
)

// The ids of spec/escalation.json that more than one of the fake's rules may lead to.
const (
	idBodyKeys       = "body-keys"
	idConversationID = "conversation-id"
	idEventType      = "event-type"
	idTextRequired   = "text-required"
	idQueueFields    = "queue-fields"
)

// ruleIDs are written out, not read from the spec, so that a mistake there cannot hide one here; a test compares them.
var ruleIDs = [...]string{
	WrongPath: "endpoint-path", WrongMethod: "endpoint-method",
	MissingBotID: "auth-bot-required", UnknownBot: "auth-bot",
	MissingKey: "auth-key-required", SchemeWord: "auth-key-bare", WrongKey: "auth-key",
	WrongContentType: "content-type", BodyUnreadable: "body-complete", BodyTooLarge: "body-size",
	NotUTF8: "body-utf8", NotJSON: "body-json", NotObject: "body-json", DuplicateField: idBodyKeys,
	NotString: "field-type", MissingField: "field-required", EmptyField: "field-empty",
	UnknownEventType: idEventType, MisplacedField: "field-kind", NotURL: "avatar-https",
	UnknownField: "field-unknown", IdempotencyHeader: "header-idempotency", UnexpectedQuery: "endpoint-query",
}

// ID returns the id of the rule: that of spec/escalation.json where it has one, else one of the same form. It is the empty
// string for what is no rule. Some rules are several in the spec, by the field concerned: Problem.ID tells which.
func (r Rule) ID() string {
	if !r.Valid() {
		return ""
	}
	return ruleIDs[r]
}

// ID returns the id of the rule that was broken, as exactly as the spec has it: a message without text broke
// text-required, a queue position with a success queue-fields.
func (p Problem) ID() string {
	switch p.Rule {
	case MissingField, EmptyField:
		switch p.Field {
		case fieldConversation:
			return idConversationID
		case fieldEventType:
			return idEventType
		case fieldText:
			return idTextRequired
		}
	case MisplacedField:
		if p.EventType == typeSuccess && (p.Field == fieldPosition || p.Field == fieldWaiting) {
			return idQueueFields
		}
	case UnknownField:
		if knownInAnotherCase(p.Field) {
			return idBodyKeys
		}
	}
	return p.Rule.ID()
}

// Rule returns the id of the rule that every violation breaks: RuleSequence.
func (v Violation) Rule() string { return RuleSequence }

func knownInAnotherCase(name string) bool {
	for _, known := range append([]string{fieldConversation, fieldEventType}, detailFields...) {
		if strings.EqualFold(name, known) {
			return true
		}
	}
	return false
}
