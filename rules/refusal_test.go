package rules_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

var errTooPolite = errors.New("too polite")

func TestRefusalCarriesItsFacts(t *testing.T) {
	own := rules.Rule{
		ID: "own", Basis: events.Shown, Source: "https://example.com/policy",
		Check: func(rules.Facts, events.Outbound) error { return errTooPolite },
	}
	d := build(t, rules.Strict, own).Decide(in(fsm.Queued), events.Message{})
	_, outOfOrder := fsm.Default().Step(fsm.Queued, events.KindMessage)
	want := []rules.Violation{
		{Rule: "sequence", Basis: events.Documented, Source: events.SourceGuide, Err: outOfOrder},
		{Rule: "text-required", Basis: events.Documented, Source: events.SourceReference, Err: events.Message{}.Validate()},
		{Rule: "own", Basis: events.Shown, Source: "https://example.com/policy", Err: errTooPolite},
	}
	if diff := cmp.Diff(want, d.Refusal.Violations, cmp.Comparer(sameError)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	waiting := events.NewKindSet(events.KindEscalationQueueUpdate, events.KindEscalationSuccess, events.KindEscalationFailed)
	if r := d.Refusal; r.State != fsm.Queued || r.Kind != events.KindMessage || r.Allowed != waiting {
		t.Errorf("%v, %v, allowed %v", r.State, r.Kind, r.Allowed)
	}
	const text = "rules: message refused in state queued: " +
		"sequence: no agent is connected yet; escalationSuccess comes first; " +
		"text-required: text is required and must not be empty; own: too polite; " +
		"allowed: escalationQueueUpdate, escalationSuccess, escalationFailed"
	if d.Err().Error() != text {
		t.Errorf("text is %q", d.Err())
	}
}

func sameError(a, b error) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && a.Error() == b.Error()
}

// The guard's violation rests on what the cell rests on, not on what the guard as a whole does.
func TestGuardViolationHasTheBasisOfItsCell(t *testing.T) {
	strict := build(t, rules.Strict)
	for _, c := range []struct {
		state  fsm.State
		event  events.Outbound
		basis  events.Basis
		source string
		why    string
	}{
		{fsm.Queued, events.Message{Text: "hi"}, events.Documented, events.SourceGuide, "stated outright"},
		{fsm.Ended, events.Message{Text: "hi"}, events.Inferred, events.SourceGuide, "our reading"},
		{fsm.Connected, events.EscalationSuccess{}, events.Undocumented, "", "nobody says"},
	} {
		v := strict.Decide(in(c.state), c.event).Refusal.Violations[0]
		if v.Rule != rules.SequenceID || v.Basis != c.basis || v.Source != c.source {
			t.Errorf("%s: %+v", c.why, v)
		}
	}
}

type politeness struct{ degree int }

func (p *politeness) Error() string { return fmt.Sprintf("degree %d", p.degree) }

func TestErrorsReachEveryViolation(t *testing.T) {
	first := rules.Rule{ID: "first", Check: func(rules.Facts, events.Outbound) error { return fmt.Errorf("first: %w", errTooPolite) }}
	second := rules.Rule{ID: "second", Check: func(rules.Facts, events.Outbound) error { return &politeness{7} }}
	err := fmt.Errorf("sending: %w", build(t, rules.Strict, first, second).Decide(in(fsm.Ended), events.Message{}).Err())
	if !errors.Is(err, errTooPolite) {
		t.Error("errors.Is does not find the first rule's error")
	}
	if p, ok := errors.AsType[*politeness](err); !ok || p.degree != 7 {
		t.Error("errors.AsType does not find the second rule's error")
	}
	if te, ok := errors.AsType[*fsm.TransitionError](err); !ok || te.State != fsm.Ended {
		t.Error("errors.AsType does not find the guard's error")
	}
	if invalid, ok := errors.AsType[*events.InvalidError](err); !ok || !invalid.Has(events.CodeTextRequired) {
		t.Error("errors.AsType does not find the payload's error")
	}
	var refusal *rules.Refusal
	if !errors.As(err, &refusal) {
		t.Fatal("errors.As does not find the refusal")
	}
	for id, want := range map[string]bool{"sequence": true, "text-required": true, "first": true, "second": true, "avatar-https": false, "": false} {
		if refusal.Breaks(id) != want {
			t.Errorf("Breaks(%q) is %v", id, !want)
		}
	}
}

// Each of two problems of one payload stays readable on its own.
func TestPayloadProblemsAreSingleViolations(t *testing.T) {
	d := build(t, rules.Strict).Decide(in(fsm.Pending), events.EscalationSuccess{Agent: "\xff", AgentAvatar: "\x00"})
	var fields []string
	for _, v := range d.Refusal.Violations {
		if invalid, ok := errors.AsType[*events.InvalidError](v.Err); ok {
			if len(invalid.Problems) != 1 || string(invalid.Problems[0].Code) != v.Rule || invalid.Kind != events.KindEscalationSuccess {
				t.Errorf("%s holds %v", v.Rule, invalid)
			}
			fields = append(fields, v.Rule+" "+invalid.Problems[0].Field)
		}
	}
	if diff := cmp.Diff([]string{"field-utf8 agent", "field-nul agentAvatar"}, fields); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A rule may wrap the library's own errors; what it adds is not lost.
func TestReasonOfAWrappedErrorIsWhole(t *testing.T) {
	wrap := rules.Rule{ID: "wrap", Check: func(f rules.Facts, _ events.Outbound) error {
		_, err := fsm.Default().Step(f.State, events.KindAgentDisconnect)
		return fmt.Errorf("the desk is closing: %w", err)
	}}
	d := build(t, rules.Strict, wrap).Decide(in(fsm.Queued), position("1"))
	if got := d.Err().Error(); !strings.Contains(got, "wrap: the desk is closing: fsm: agentDisconnect refused in state queued") {
		t.Errorf("text is %q", got)
	}
}

// Reason does not repeat what the other fields say.
func TestReason(t *testing.T) {
	full := rules.Rule{ID: "full", Check: func(rules.Facts, events.Outbound) error { return errors.New("nobody is free") }}
	d := build(t, rules.Strict, full).Decide(in(fsm.Pending), events.Message{Text: "\x00"})
	var got []string
	for _, v := range d.Refusal.Violations {
		got = append(got, v.Rule+": "+v.Reason())
	}
	want := []string{
		"sequence: no agent is connected yet; escalationSuccess comes first",
		"field-nul: text holds a NUL character",
		"full: nobody is free",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
