package delivery_test

import (
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// The guard at the head, in every acknowledged state: young, too old, and held up by each gate.
func TestHeads(t *testing.T) {
	const sent, drop, park, illegal = "send 1", "1 expired; nothing", "nothing; park at 1: too old", "nothing; park at 1: stranded by 9"
	m := machine(t, none)
	for _, c := range []struct {
		state      fsm.State
		kind       string
		young, old string
		why        string
	}{
		{fsm.Pending, "Q", sent, drop, "the visitor learns about the queue"},
		{fsm.Pending, "S", sent, park, "the queue step is optional"},
		{fsm.Pending, "M", illegal, illegal, "no agent is there"},
		{fsm.Pending, "F", sent, park, "no agent could be connected"},
		{fsm.Pending, "D", illegal, illegal, "nobody is there who could leave"},
		{fsm.Queued, "Q", sent, drop, "updates repeat"},
		{fsm.Queued, "S", sent, park, "an agent is there"},
		{fsm.Queued, "M", illegal, illegal, "no agent is there"},
		{fsm.Queued, "F", sent, park, "no agent could be connected"},
		{fsm.Queued, "D", illegal, illegal, "nobody is there who could leave"},
		{fsm.Connected, "Q", illegal, illegal, "the visitor no longer waits"},
		{fsm.Connected, "S", illegal, illegal, "an agent is connected already"},
		{fsm.Connected, "M", sent, drop, "the agent writes"},
		{fsm.Connected, "F", illegal, illegal, "somebody was connected"},
		{fsm.Connected, "D", sent, park, "the agent leaves"},
	} {
		at := func(words string) string {
			s := newScript(m)
			s.l = store.Lane{Round: 1, Acknowledged: c.state, Last: 1, Broken: 9, Pending: []store.Event{
				{Number: 1, Round: 1, Kind: letters[c.kind], Deadline: start},
			}}
			s.l.Accepted = refold(s.table, s.l)
			return s.do(words)
		}
		late := c.young // the breaker holds what could be sent until it is too old
		if late == sent {
			late = "hold 1ns"
		}
		for _, ask := range []struct{ words, want string }{
			{"?", c.young}, {"+1ns ?", c.old}, {"?breaker", late}, {"+1ns ?breaker", c.old}, {"?scope", "hold"}, {"?scope +1h | ?", c.young},
			{"?probe", c.young}, {"+1ns ?probe", c.old}, {"?scope +1h | ?probe", c.young},
		} {
			if got := at(ask.words); got != ask.want {
				t.Errorf("%s in %v, %s: %s: got %s, want %s", c.kind, c.state, ask.words, c.why, got, ask.want)
			}
		}
	}
}

// Only what goes to the widget is accepted, though the table knows what comes from it.
func TestAcceptIsForOutboundEvents(t *testing.T) {
	m := machine(t, none)
	open, _ := m.Open(store.Lane{})
	for _, l := range []store.Lane{{}, open} {
		for k := events.Kind(0); int(k) < 20; k++ {
			if k.Outbound() {
				continue
			}
			after, e, err := m.Accept(l, k, start)
			refused, ok := err.(*fsm.TransitionError)
			if !ok || refused.State != l.Accepted || refused.Kind != k || refused.Why == "" ||
				refused.Allowed&events.InboundKinds() != 0 || refused.Allowed.Len() == 0 != (l.Round == 0) {
				t.Errorf("%v in %v: %v", k, l.Accepted, err)
			}
			if after.Last != l.Last || len(after.Pending) != 0 || e != (store.Event{}) {
				t.Errorf("%v in %v: refused, yet accepted", k, l.Accepted)
			}
		}
	}
}
