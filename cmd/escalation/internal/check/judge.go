package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

// judge gives the verdict on what one body says about a conversation in state at. It is pure.
func judge(set *rules.Set, at fsm.State, d decoded) Verdict {
	v := Verdict{Conversation: d.conversation, State: at, Outcome: Allowed}
	switch {
	case d.foreign != "":
		v.Kind = d.foreign
		v.Message = "not an escalation event; ignored"
		return v // its other fields are none of ours either
	case d.invalid != nil:
		v.Outcome = Invalid
		v.Kind = kindName(d.invalid)
		v.Rules, v.Message = problems(d.invalid)
	default:
		v.Kind = d.event.Kind().String()
		v.step(set, d.event)
	}
	if drift := driftText(d.unknown); drift != "" {
		v.Message = strings.TrimPrefix(v.Message+"; "+drift, "; ")
	}
	return v
}

// step takes the event, or says why it may not be taken. What came from the widget is a fact: no
// declared table refuses an inbound kind in any state.
func (v *Verdict) step(set *rules.Set, e events.Event) {
	outbound, ok := e.(events.Outbound)
	if !ok {
		v.State, _ = set.Table().Step(v.State, e.Kind())
		return
	}
	decision := set.Decide(rules.Facts{State: v.State}, outbound)
	v.State = decision.Next
	if decision.Refusal != nil {
		v.Outcome = Refused
		v.Rules, v.Message = violations(decision.Refusal)
	}
}

// kindName returns the event's name as far as an invalid body told it.
func kindName(invalid *events.InvalidError) string {
	if invalid.Kind.Valid() {
		return invalid.Kind.String()
	}
	return invalid.EventType
}

// violations lists the rules that a refused event breaks, and says why.
func violations(refusal *rules.Refusal) (ids []string, message string) {
	reasons := make([]string, len(refusal.Violations))
	for i, broken := range refusal.Violations {
		reasons[i] = broken.Rule + ": " + broken.Reason()
	}
	return refusal.Rules(), strings.Join(reasons, "; ")
}

// problems does the same for an invalid body. Several fields may break the same rule.
func problems(invalid *events.InvalidError) (ids []string, message string) {
	reasons := make([]string, len(invalid.Problems))
	for i, p := range invalid.Problems {
		id := string(p.Code)
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		reasons[i] = id + ": " + p.String()
	}
	return ids, strings.Join(reasons, "; ")
}

// overlong is the verdict on a line that is too long to be looked at.
func overlong() Verdict {
	return Verdict{
		Outcome: Invalid,
		Rules:   []string{string(events.CodeBodySize)},
		Message: fmt.Sprintf("%s: the line is longer than %d bytes", events.CodeBodySize, events.MaxBodyBytes),
	}
}

// driftText names some of the fields that the API does not document.
func driftText(unknown []string) string {
	const most, mostBytes = 4, 40
	if len(unknown) == 0 {
		return ""
	}
	named := make([]string, 0, most)
	for _, name := range unknown[:min(most, len(unknown))] {
		if len(name) > mostBytes {
			name = strings.ToValidUTF8(name[:mostBytes], "") + "…"
		}
		named = append(named, name)
	}
	text := "unknown field"
	if len(unknown) > 1 {
		text += "s"
	}
	text += " " + strings.Join(named, ", ")
	if more := len(unknown) - len(named); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
