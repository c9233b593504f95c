package rules

import (
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// Facts is what is known about a conversation at the moment of a decision.
type Facts struct {
	State fsm.State
	// Now is the time of the decision. No rule reads a clock.
	Now time.Time
	// LastUpdate is the last queue update of this round and LastUpdateAt its time, zero if there
	// was none.
	LastUpdate   events.EscalationQueueUpdate
	LastUpdateAt time.Time
	// LastPosition is the place in the queue that the visitor was last told in this round: that of
	// LastUpdate, or where that has none, of an update before it. Empty if no update had one.
	LastPosition string
}

// Rule is one named condition on events.
type Rule struct {
	// ID names the rule in refusals, logs and the specification: lower-case words with hyphens.
	ID string
	// Summary says in one clause what the rule demands.
	Summary string
	// Basis and Source say what the rule rests on.
	Basis  events.Basis
	Source string
	// Kinds are the outbound kinds that the rule looks at; empty means all five.
	Kinds events.KindSet
	// Check returns nil, or an error that says what is wrong; the refusal wraps it. It must be pure,
	// must not panic, and should not repeat the event's text. The event is a value of one of the five
	// structs of package events and has passed the payload rules' checks unless they are listed in
	// the same refusal.
	Check func(f Facts, e events.Outbound) error
}

// applies reports whether the rule looks at kind k.
func (r *Rule) applies(k events.Kind) bool { return r.Kinds == 0 || r.Kinds.Has(k) }

// SequenceID is the id of the sequencing guard, the first rule of every set.
const SequenceID = "sequence"

// The rules that hold for every set, with what they rest on. Their checks live elsewhere: the
// guard's in the transition table, the others' in package events, which needs them to encode.
var (
	sequenceRule = Rule{
		ID: SequenceID, Summary: "the transition table allows the event in the conversation's state",
		Basis: events.Documented, Source: events.SourceGuide,
	}
	payloadRules = []Rule{
		payload(events.CodeBodySize, "a body is at most 2 MiB; a limit of this library", events.Undocumented, ""),
		payload(events.CodeBodyUTF8, "a body is valid UTF-8 without halves of surrogate pairs", events.Inferred, events.SourceReference),
		payload(events.CodeBodyJSON, "a body is exactly one JSON object", events.Documented, events.SourceReference),
		payload(events.CodeBodyKeys, "keys are unique and spelt in the documented case", events.Inferred, events.SourceReference),
		payload(events.CodeEventType, "eventType is one of the documented names", events.Documented, events.SourceReference),
		payload(events.CodeConversationID, "platformConversationId is present and not empty", events.Documented, events.SourceReference),
		payload(events.CodeBotID, "botId is present and not empty in a webhook body", events.Shown, events.SourceExample),
		payload(events.CodeFieldType, "every field is a JSON string", events.Documented, events.SourceReference),
		payload(events.CodeFieldKind, "a field stands only in the events it belongs to", events.Documented, events.SourceReference),
		payload(events.CodeQueueFields, "queuePosition and waitingTime belong to escalationQueueUpdate, not to escalationSuccess (contradiction C1)", events.Documented, events.SourceGuide),
		payload(events.CodeFieldEmpty, "an optional field of an outbound event is left out rather than sent empty", events.Shown, events.SourceExample),
		payload(events.CodeTextRequired, "a message has a text", events.Documented, events.SourceReference),
		payload(events.CodeFieldUTF8, "a field is valid UTF-8", events.Inferred, events.SourceReference),
		payload(events.CodeFieldNUL, "a field holds no NUL character", events.Undocumented, ""),
		payload(events.CodeFieldSize, "a field is at most 64 KiB; a limit of this library", events.Undocumented, ""),
	}
)

func payload(code events.Code, summary string, basis events.Basis, source string) Rule {
	return Rule{ID: string(code), Summary: summary, Basis: basis, Source: source}
}

// PayloadRules returns the rules about the form of a body, whose ids are the codes of package
// events. Their Check is nil. The slice is the caller's.
func PayloadRules() []Rule { return append([]Rule(nil), payloadRules...) }
