package delivery

import (
	"errors"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
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
	return &Machine{table: table, policy: policy}, nil
}

// Accept takes an event into the lane, or returns the table's *fsm.TransitionError for the accepted state.
func (m *Machine) Accept(l Lane, k events.Kind, now time.Time) (Lane, Event, error) {
	next, err := m.table.Step(l.Accepted, k)
	if err != nil {
		return l, Event{}, err
	}
	l = l.mutable()
	l.Last++
	e := Event{Number: l.Last, Round: l.Round, Kind: k, Deadline: now.Add(m.policy.Kinds[k].MaxAge)}
	l.Pending = append(l.Pending, e)
	l.Accepted = next
	return l, e, nil
}

// Open takes a widgetEscalate. It opens a round if there is none or the last one is over, which is certain
// if the acknowledged state says so, and plausible enough if an event that ends the round may have arrived:
// the widget would not ask again otherwise. What was still to be sent in the old round is cancelled.
func (m *Machine) Open(l Lane) (Lane, []Resolution) {
	if l.Acknowledged.Live() && !m.endMayHaveArrived(l) {
		return l, nil
	}
	l, cancelled := l.cancel()
	l.Round++
	l.Broken = 0
	l.Acknowledged, l.Accepted = fsm.Pending, fsm.Pending
	return l, cancelled
}

func (m *Machine) endMayHaveArrived(l Lane) bool {
	for _, e := range l.Pending {
		if ends := e.Kind == events.KindEscalationFailed || e.Kind == events.KindAgentDisconnect; ends && (e.Begun || e.Unknown > 0) {
			return true
		}
	}
	return false
}

// End takes a widgetEndSession, or an operator's abort: the round is over, an attempt under way may still
// land, everything else is cancelled.
func (m *Machine) End(l Lane) (Lane, []Resolution) {
	if !l.Acknowledged.Live() {
		return l, nil
	}
	l, cancelled := l.cancel()
	l.Acknowledged, l.Accepted = fsm.Ended, fsm.Ended
	return l, cancelled
}

// cancel resolves all pending events but the one under way, and ends a park.
func (l Lane) cancel() (Lane, []Resolution) {
	l = l.mutable()
	var cancelled []Resolution
	kept := l.Pending[:0:0]
	for _, e := range l.Pending {
		if e.Begun {
			kept = append(kept, e)
			continue
		}
		cancelled = append(cancelled, Resolution{Event: e, Result: Cancelled})
	}
	l.Pending, l.Park, l.Held = kept, Park{}, time.Time{}
	return l, cancelled
}

// Recover is called for every lane when a process starts: an attempt that was begun and has no outcome may
// have arrived.
func (m *Machine) Recover(l Lane, now time.Time) (Lane, []Resolution) {
	if !l.Attempting() {
		return l, nil
	}
	return m.Outcome(l, transport.Result{Class: transport.Unknown}, 0, now)
}

// fold restores D8: the state after all pending events, those that would be stranded left out.
func (m *Machine) fold(l Lane) fsm.State {
	state := l.Acknowledged
	for _, e := range l.Pending {
		if e.Round != l.Round {
			continue // an attempt of an earlier round, still under way
		}
		if next, err := m.table.Step(state, e.Kind); err == nil {
			state = next
		}
	}
	return state
}
