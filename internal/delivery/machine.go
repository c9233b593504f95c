package delivery

import (
	"errors"
	"maps"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// Machine applies a policy over a transition table. It is immutable and safe for concurrent use.
type Machine struct {
	table  *fsm.Table
	policy Policy
}

// New returns a machine, or every problem of its arguments.
func New(table *fsm.Table, policy Policy) (*Machine, error) {
	err := policy.check()
	if table == nil {
		err = errors.Join(errors.New("delivery: no transition table"), err)
	}
	if err != nil {
		return nil, err
	}
	policy.Kinds = maps.Clone(policy.Kinds)
	return &Machine{table: table, policy: policy}, nil
}

// Accept takes an outbound event into the lane, or returns the *fsm.TransitionError of the accepted state.
// What Lane.Broken names may be the cause of the refusal.
func (m *Machine) Accept(l store.Lane, k events.Kind, now time.Time) (store.Lane, store.Event, error) {
	if !k.Outbound() {
		allowed := m.table.Permitted(l.Accepted) & events.OutboundKinds()
		return l, store.Event{}, &fsm.TransitionError{State: l.Accepted, Kind: k, Allowed: allowed, Why: "it does not go to the widget"}
	}
	next, err := m.table.Step(l.Accepted, k)
	if err != nil {
		return l, store.Event{}, err
	}
	l = mutable(l)
	l.Last++
	e := store.Event{Number: l.Last, Round: l.Round, Kind: k, Deadline: now.Add(m.policy.Kinds[k].MaxAge)}
	l.Pending = append(l.Pending, e)
	l.Accepted = next
	return l, e, nil
}

// Open takes a widgetEscalate. It opens a round if there is none or the last one is over, which is certain
// if the acknowledged state says so, and plausible enough if an event that ends the round may have arrived,
// be it pending or given up: the widget would not ask again otherwise. What was still to be sent in the old round
// is cancelled. The state in which the round begins is the table's; where it opens none nothing changes.
func (m *Machine) Open(l store.Lane) (store.Lane, []store.Resolution) {
	from := l.Acknowledged
	if from.Live() {
		if !l.MaybeOver && !endMayHaveArrived(l) {
			return l, nil
		}
		from = fsm.Ended
	}
	first, err := m.table.Step(from, events.KindWidgetEscalate)
	if err != nil || !first.Live() {
		return l, nil
	}
	l, cancelled := cancel(l)
	l.Round++
	l.Acknowledged, l.Accepted = first, first
	return l, cancelled
}

// endMayHaveArrived looks at the head alone, because nothing behind it was ever attempted. An attempt left
// over from an earlier round says nothing about this one.
func endMayHaveArrived(l store.Lane) bool {
	if len(l.Pending) == 0 || over(l, l.Pending[0]) {
		return false
	}
	head := l.Pending[0]
	ends := head.Kind == events.KindEscalationFailed || head.Kind == events.KindAgentDisconnect
	return ends && (head.Begun || head.Unknown > 0)
}

// End takes a widgetEndSession, or an operator's abort: the round is over, an attempt under way may still
// land, everything else is cancelled.
func (m *Machine) End(l store.Lane) (store.Lane, []store.Resolution) {
	if !l.Acknowledged.Live() {
		return l, nil
	}
	l, cancelled := cancel(l)
	l.Acknowledged, l.Accepted = fsm.Ended, fsm.Ended
	return l, cancelled
}

// cancel resolves all pending events but the one under way, and forgets what went wrong in the round.
func cancel(l store.Lane) (store.Lane, []store.Resolution) {
	var cancelled []store.Resolution
	var kept []store.Event
	for _, e := range l.Pending {
		if e.Begun {
			kept = append(kept, e)
			continue
		}
		cancelled = append(cancelled, store.Resolution{Event: e, Result: store.Cancelled})
	}
	l.Pending, l.Park, l.Broken, l.MaybeOver = kept, store.Park{}, 0, false
	if len(kept) == 0 {
		l.Held = time.Time{}
	}
	return l, cancelled
}

// Recover is called for a lane that was loaded with an attempt under way that nobody in this process waits for:
// it may have arrived.
func (m *Machine) Recover(l store.Lane, now time.Time) (store.Lane, []store.Resolution) {
	if !l.Attempting() {
		return l, nil
	}
	return m.Outcome(l, transport.Result{Class: transport.Unknown}, 0, now)
}

// fold restores D8: the state after all pending events, those that would be stranded left out. None may be
// left over from an earlier round: only the head can be, and only while its attempt is under way.
func (m *Machine) fold(l store.Lane) fsm.State {
	state := l.Acknowledged
	for _, e := range l.Pending {
		state, _ = m.table.Step(state, e.Kind) // where it is refused the state stays
	}
	return state
}

// counts reports whether what was accepted after the head counts on its effect: whether without it an event
// would be stranded, or the accepted state another one.
func (m *Machine) counts(l store.Lane) bool {
	if over(l, l.Pending[0]) {
		return false
	}
	without := l.Acknowledged
	with, _ := m.table.Step(without, l.Pending[0].Kind)
	for _, e := range l.Pending[1:] {
		var legal, stranded error
		with, legal = m.table.Step(with, e.Kind)
		without, stranded = m.table.Step(without, e.Kind)
		if legal == nil && stranded != nil {
			return true
		}
	}
	return with != without
}
