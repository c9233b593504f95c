package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

func in(s fsm.State) rules.Facts { return rules.Facts{State: s} }

// broken returns the ids of the broken rules, nil if the event is allowed.
func broken(d rules.Decision) []string {
	if d.Refusal == nil {
		return nil
	}
	return d.Refusal.Rules()
}

func TestDecide(t *testing.T) {
	strict := build(t, rules.Strict)
	for _, c := range []struct {
		why   string
		state fsm.State
		event events.Outbound
		next  fsm.State
		rules []string
	}{
		{"the queue begins", fsm.Pending, position("3"), fsm.Queued, nil},
		{"an update without details", fsm.Queued, position(""), fsm.Queued, nil},
		{"an agent is there", fsm.Queued, events.EscalationSuccess{Agent: "Ann"}, fsm.Connected, nil},
		{"an agent without a name", fsm.Pending, events.EscalationSuccess{}, fsm.Connected, nil},
		{"the agent writes", fsm.Connected, events.Message{Text: "hi"}, fsm.Connected, nil},
		{"nobody is there", fsm.Pending, events.EscalationFailed{}, fsm.Failed, nil},
		{"the agent leaves", fsm.Connected, events.AgentDisconnect{}, fsm.Ended, nil},

		{"a message too early", fsm.Queued, events.Message{Text: "hi"}, fsm.Queued, []string{"sequence"}},
		{"nothing was opened", fsm.None, events.EscalationFailed{}, fsm.None, []string{"sequence"}},
		{"a message without text", fsm.Connected, events.Message{}, fsm.Connected, []string{"text-required"}},
		{"NUL", fsm.Connected, events.Message{Text: "a\x00b"}, fsm.Connected, []string{"field-nul"}},
		{"no UTF-8", fsm.Connected, events.Message{Text: "\xff"}, fsm.Connected, []string{"field-utf8"}},
		{"a text over the limit", fsm.Connected, events.Message{Text: string(make([]byte, events.MaxFieldBytes+1))}, fsm.Connected, []string{"field-size"}},
		{"a picture over http", fsm.Pending, avatar("http://example.com/"), fsm.Pending, []string{"avatar-https"}},
		{"a place that is none", fsm.Pending, position("0"), fsm.Pending, []string{"queue-position-positive"}},
		{"two details, both bad", fsm.Queued, events.EscalationQueueUpdate{QueuePosition: "x", WaitingTime: "y"}, fsm.Queued,
			[]string{"queue-position-positive", "waiting-time-whole"}},
		{"two bad fields are two violations of one rule", fsm.Pending, events.EscalationSuccess{Agent: "\x00", AgentAvatar: "https://h/\x00"},
			fsm.Pending, []string{"field-nul", "field-nul", "avatar-https"}},
		{"everything at once, in the order of the set", fsm.Connected, events.EscalationQueueUpdate{QueuePosition: "\xff", WaitingTime: "\x00"},
			fsm.Connected, []string{"sequence", "field-utf8", "field-nul", "queue-position-positive", "waiting-time-whole"}},
		{"a state that is none", 255, events.Message{Text: "hi"}, 255, []string{"sequence"}},
	} {
		d := strict.Decide(in(c.state), c.event)
		if diff := cmp.Diff(c.rules, broken(d)); diff != "" || d.Next != c.next {
			t.Errorf("%s: next %v, want %v; broken rules (-want +got):\n%s", c.why, d.Next, c.next, diff)
		}
		if (d.Err() == nil) != (c.rules == nil) {
			t.Errorf("%s: Err is %v", c.why, d.Err())
		}
	}
}

// tailored is an event of the caller's making: the methods come with what it embeds.
type tailored struct{ events.Message }

func TestDecideRefusesWhatIsNoEvent(t *testing.T) {
	for why, e := range map[string]events.Outbound{
		"nil":                 nil,
		"a pointer":           &events.Message{Text: "hi"},
		"a nil pointer":       (*events.Message)(nil),
		"an embedding":        tailored{events.Message{Text: "hi"}},
		"an embedding of nil": struct{ events.Outbound }{},
	} {
		ran := false
		own := rules.Rule{ID: "own", Check: func(rules.Facts, events.Outbound) error { ran = true; return nil }}
		d := build(t, rules.Strict, own).Decide(in(fsm.Connected), e)
		if diff := cmp.Diff([]string{"event-type"}, broken(d)); diff != "" || d.Next != fsm.Connected {
			t.Errorf("%s: next %v (-want +got):\n%s", why, d.Next, diff)
		}
		const text = "rules: event refused in state connected: event-type: the event is nil or not a value of one of the structs of " +
			"package events; allowed: message, agentDisconnect"
		if d.Err() == nil || d.Err().Error() != text || d.Refusal.Kind != 0 {
			t.Errorf("%s: %v", why, d.Err())
		}
		if ran {
			t.Errorf("%s: a rule was asked about it", why)
		}
	}
}

func TestStrictAndLenient(t *testing.T) {
	strict, lenient := build(t, rules.Strict), build(t, rules.Lenient)
	for why, e := range map[string]events.Outbound{
		"agent transfer": events.EscalationSuccess{Agent: "Bob"}, "back to the queue": position("1"),
	} {
		if diff := cmp.Diff([]string{rules.SequenceID}, broken(strict.Decide(in(fsm.Connected), e))); diff != "" {
			t.Errorf("strict, %s (-want +got):\n%s", why, diff)
		}
		if d := lenient.Decide(in(fsm.Connected), e); d.Refusal != nil {
			t.Errorf("lenient, %s: %v", why, d.Refusal)
		}
	}
	talk := events.NewKindSet(events.KindMessage, events.KindAgentDisconnect)
	if got := strict.Allowed(fsm.Connected); got != talk {
		t.Errorf("strict allows %v", got)
	}
	more := talk | events.NewKindSet(events.KindEscalationSuccess, events.KindEscalationQueueUpdate)
	if got := lenient.Allowed(fsm.Connected); got != more {
		t.Errorf("lenient allows %v", got)
	}
	if got := strict.Allowed(255); got != 0 {
		t.Errorf("a state that is none allows %v", got)
	}
	// Leniency is about the order of events, never about their form.
	if diff := cmp.Diff([]string{"avatar-https"}, broken(lenient.Decide(in(fsm.Connected), avatar("http://h/")))); diff != "" {
		t.Errorf("lenient, avatar (-want +got):\n%s", diff)
	}
}

func TestRulesSeeTheirKindsOnly(t *testing.T) {
	asked := map[string]events.KindSet{}
	watch := func(id string, kinds ...events.Kind) rules.Rule {
		return rules.Rule{ID: id, Kinds: events.NewKindSet(kinds...), Check: func(_ rules.Facts, e events.Outbound) error {
			asked[id] |= events.NewKindSet(e.Kind())
			return nil
		}}
	}
	set := build(t, rules.Strict, watch("all"), watch("one", events.KindMessage), watch("two", events.KindMessage, events.KindAgentDisconnect))
	for _, e := range []events.Outbound{
		position("1"), events.EscalationSuccess{}, events.Message{}, events.EscalationFailed{}, events.AgentDisconnect{},
	} {
		set.Decide(in(fsm.Connected), e)
	}
	want := map[string]events.KindSet{
		"all": events.OutboundKinds(),
		"one": events.NewKindSet(events.KindMessage),
		"two": events.NewKindSet(events.KindMessage, events.KindAgentDisconnect),
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRulesSeeFactsAndEventAsGiven(t *testing.T) {
	facts := rules.Facts{State: fsm.Queued, Now: noon, LastUpdate: position("4"), LastUpdateAt: noon.Add(-1)}
	var gotFacts rules.Facts
	var gotEvent events.Outbound
	own := rules.Rule{ID: "own", Check: func(f rules.Facts, e events.Outbound) error {
		gotFacts, gotEvent = f, e
		return nil
	}}
	build(t, rules.Strict, own).Decide(facts, position("3"))
	if diff := cmp.Diff(facts, gotFacts); diff != "" || gotEvent != events.Outbound(position("3")) {
		t.Errorf("event %v, facts (-want +got):\n%s", gotEvent, diff)
	}
}

func TestDecidingDoesNotAllocate(t *testing.T) {
	set := build(t, rules.Strict, rules.MaxTextLength(100), rules.QueuePositionMayNotGrow(), rules.UpdateChanges())
	for why, c := range map[string]struct {
		state fsm.State
		event events.Outbound
	}{
		"message":    {fsm.Connected, events.Message{Text: "hello"}},
		"update":     {fsm.Queued, events.EscalationQueueUpdate{QueuePosition: "3", WaitingTime: "12"}},
		"success":    {fsm.Queued, events.EscalationSuccess{Agent: "Ann"}},
		"disconnect": {fsm.Connected, events.AgentDisconnect{}},
		"failed":     {fsm.Queued, events.EscalationFailed{}},
	} {
		facts := in(c.state)
		var d rules.Decision
		if n := testing.AllocsPerRun(1000, func() { d = set.Decide(facts, c.event) }); n != 0 || d.Refusal != nil {
			t.Errorf("%s: %v allocations, %v", why, n, d.Err())
		}
	}
}
