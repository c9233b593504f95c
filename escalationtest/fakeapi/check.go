package fakeapi

import "fmt"

// A Rule is one of the checks a request has to pass. The zero Rule is none of them.
type Rule uint8

// The rules, in the order of the answers they lead to.
const (
	_ Rule = iota

	// WrongPath: the path is not that of the endpoint. 404.
	WrongPath
	// WrongMethod: the method is not POST. 404.
	WrongMethod

	// MissingBotID: no botid header, or an empty one, or several. 401.
	MissingBotID
	// UnknownBot: no bot of that id. 401.
	UnknownBot
	// MissingKey: no Authorization header, or an empty one, or several. 401.
	MissingKey
	// SchemeWord: the right key, but behind a word such as Bearer. 401.
	SchemeWord
	// WrongKey: not the key of that bot. 401.
	WrongKey

	// WrongContentType: not application/json in UTF-8. 400.
	WrongContentType
	// BodyUnreadable: reading the body failed, for instance because the client went away. 400.
	BodyUnreadable
	// BodyTooLarge: more than Config.MaxBody bytes. 400.
	BodyTooLarge
	// NotUTF8: the body is not valid UTF-8. 400.
	NotUTF8
	// NotJSON: the body is not exactly one JSON value. 400.
	NotJSON
	// NotObject: the body is JSON but no object. 400.
	NotObject
	// DuplicateField: the same key twice. 400.
	DuplicateField
	// NotString: a value that is not a string. 400.
	NotString
	// MissingField: a required field is absent. 400.
	MissingField
	// EmptyField: a known field is "". 400.
	EmptyField
	// UnknownEventType: eventType is none of the five. 400.
	UnknownEventType
	// MisplacedField: a known field that does not belong to this eventType. 400.
	MisplacedField
	// NotURL: agentAvatar is not an absolute URL. 400.
	NotURL

	// UnknownField: a field of another name. Drift.
	UnknownField
	// IdempotencyHeader: an Idempotency-Key or X-Idempotency-Key header is present. Drift.
	IdempotencyHeader
	// UnexpectedQuery: the URL has a query. Drift.
	UnexpectedQuery
)

var ruleNames = [...]string{
	WrongPath: "wrong path", WrongMethod: "wrong method",
	MissingBotID: "missing bot id", UnknownBot: "unknown bot",
	MissingKey: "missing key", SchemeWord: "scheme word before key", WrongKey: "wrong key",
	WrongContentType: "wrong content type", BodyUnreadable: "body unreadable", BodyTooLarge: "body too large",
	NotUTF8: "not utf-8", NotJSON: "not json", NotObject: "not an object", DuplicateField: "duplicate field",
	NotString: "not a string", MissingField: "missing field", EmptyField: "empty field",
	UnknownEventType: "unknown event type", MisplacedField: "misplaced field", NotURL: "not a url",
	UnknownField: "unknown field", IdempotencyHeader: "idempotency header", UnexpectedQuery: "unexpected query",
}

// Valid reports whether r is one of the rules.
func (r Rule) Valid() bool { return r > 0 && int(r) < len(ruleNames) }

// String returns the rule's name in words.
func (r Rule) String() string {
	if !r.Valid() {
		return fmt.Sprintf("rule %d", uint8(r))
	}
	return ruleNames[r]
}

// Status returns the answer that breaking the rule leads to: 404, 401 or 400, or 200 for drift.
func (r Rule) Status() int {
	switch {
	case r >= UnknownField:
		return 200
	case r >= WrongContentType:
		return 400
	case r >= MissingBotID:
		return 401
	}
	return 404
}

// Drift reports whether breaking the rule is only noted.
func (r Rule) Drift() bool { return r.Valid() && r.Status() == 200 }

// A Problem is one rule that one request broke.
type Problem struct {
	Rule      Rule
	Field     string // the field or header concerned, if it is about one
	Detail    string // more about it in words, or empty; never a key, and nothing of a message's text
	EventType string // with MisplacedField, the event type that the field does not belong to
}

// String returns the problem in words.
func (p Problem) String() string {
	if p.Field != "" && p.Detail != "" {
		switch p.Rule {
		case MissingBotID, UnknownBot, MissingKey, SchemeWord, WrongKey, WrongContentType:
			return "header " + word(p.Field) + " " + p.Detail
		case NotString, UnknownEventType, NotURL:
			return word(p.Field) + " " + p.Detail
		}
	}
	out := p.Rule.String()
	if p.Field != "" {
		out += fmt.Sprintf(" %q", p.Field)
	}
	if p.Detail != "" {
		out += ": " + p.Detail
	}
	return out
}

// verdict returns the documented answer to a request with these problems: 404 before 401 before 400 before 200.
func verdict(problems []Problem) int {
	worst := 200
	for _, p := range problems {
		switch st := p.Rule.Status(); {
		case st == 404, st == 401 && worst != 404, st == 400 && worst == 200:
			worst = st
		}
	}
	return worst
}
