package delivery_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// A lane given is never changed, and what was made of it never changes with what else is made of it: a
// driver may give up a lane that it could not record, and go on from the one before.
func TestLanesDoNotShare(t *testing.T) {
	m := machine(t, none)
	var made, copies []store.Lane
	keep := func(l store.Lane) store.Lane {
		made = append(made, l)
		l.Pending = append([]store.Event(nil), l.Pending...)
		copies = append(copies, l)
		return made[len(made)-1]
	}
	l, _ := m.Open(store.Lane{})
	for _, k := range []events.Kind{events.KindEscalationSuccess, events.KindMessage, events.KindMessage} {
		l, _, _ = m.Accept(l, k, start)
		keep(l)
	}
	for range 2 { // each twice from the same lane
		for _, k := range []events.Kind{events.KindMessage, events.KindAgentDisconnect} {
			longer, _, _ := m.Accept(l, k, start)
			keep(longer)
		}
		begun, _, _ := m.Next(l, delivery.Open, start)
		keep(begun)
		keep(first(m.End(begun)))
		keep(first(m.Recover(begun, start)))
		for _, c := range transport.Classes() {
			after := keep(first(m.Outcome(begun, transport.Result{Class: c}, 0, start)))
			for v := store.Retry; v <= store.Abort; v++ {
				repaired, _, _ := m.Repair(after, v, 1, events.KindEscalationSuccess, start)
				keep(repaired)
			}
			longer, _, _ := m.Accept(after, events.KindMessage, start)
			keep(longer)
			held, _, _ := m.Next(after, delivery.ScopeClosed, start)
			keep(held)
			resumed, _, _ := m.Next(held, delivery.Open, start.Add(1))
			keep(resumed)
		}
	}
	if diff := cmp.Diff(copies, made, emptyIsNil); diff != "" {
		t.Error(diff)
	}
}

func first(l store.Lane, _ []store.Resolution) store.Lane { return l }
