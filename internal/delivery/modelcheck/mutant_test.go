package modelcheck

import (
	"slices"
	"testing"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// mutant is a core in which single methods are replaced. A nil field is the real method.
type mutant struct {
	Core
	accept  func(store.Lane, store.Event) (store.Lane, store.Event)
	open    func(store.Lane) (store.Lane, []store.Resolution)
	end     func(store.Lane) (store.Lane, []store.Resolution)
	recover func(store.Lane) (store.Lane, []store.Resolution)
	next    func(store.Lane, delivery.Gate) (store.Lane, delivery.Step, []store.Resolution)
	outcome func(store.Lane, transport.Result) (store.Lane, []store.Resolution)
	repair  func(store.Lane, store.Verb) store.Lane // changes what the real one answered
}

func (m *mutant) Accept(l store.Lane, k events.Kind, now time.Time) (store.Lane, store.Event, error) {
	l, e, err := m.Core.Accept(l, k, now)
	if m.accept != nil && err == nil {
		l, e = m.accept(l, e)
	}
	return l, e, err
}

func (m *mutant) Open(l store.Lane) (store.Lane, []store.Resolution) {
	if m.open != nil {
		return m.open(l)
	}
	return m.Core.Open(l)
}

func (m *mutant) End(l store.Lane) (store.Lane, []store.Resolution) {
	if m.end != nil {
		return m.end(l)
	}
	return m.Core.End(l)
}

func (m *mutant) Recover(l store.Lane, now time.Time) (store.Lane, []store.Resolution) {
	if m.recover != nil {
		return m.recover(l)
	}
	return m.Core.Recover(l, now)
}

func (m *mutant) Next(l store.Lane, g delivery.Gate, now time.Time) (store.Lane, delivery.Step, []store.Resolution) {
	if m.next != nil {
		return m.next(l, g)
	}
	return m.Core.Next(l, g, now)
}

func (m *mutant) Outcome(l store.Lane, r transport.Result, draw float64, now time.Time) (store.Lane, []store.Resolution) {
	if m.outcome != nil {
		return m.outcome(l, r)
	}
	return m.Core.Outcome(l, r, draw, now)
}

func (m *mutant) Repair(l store.Lane, v store.Verb, n uint64, k events.Kind, now time.Time) (store.Lane, []store.Resolution, error) {
	l, done, err := m.Core.Repair(l, v, n, k, now)
	if m.repair != nil && err == nil {
		l = m.repair(l, v)
	}
	return l, done, err
}

// edit returns a lane whose pending events may be written to.
func edit(l store.Lane) store.Lane {
	l.Pending = slices.Clone(l.Pending)
	return l
}

// lenient is a machine that lets messages go at any time in a round.
func lenient(t *testing.T) *delivery.Machine {
	t.Helper()
	rows := fsm.Rows()
	for i := range rows {
		if r := &rows[i]; r.Kind == events.KindMessage && r.From.Live() {
			r.Refused, r.To = false, r.From
		}
	}
	table, err := fsm.Compile(rows)
	if err != nil {
		t.Fatal(err)
	}
	m, err := delivery.New(table, Policy(delivery.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	return m
}
