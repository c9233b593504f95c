package delivery

import (
	"time"

	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// Outcome takes the result of the attempt under way. draw, from [0, 1), spreads the retries of many lanes.
// After RefusedScope nothing is waited for: when to try again is for the gate to say.
func (m *Machine) Outcome(l store.Lane, r transport.Result, draw float64, now time.Time) (store.Lane, []store.Resolution) {
	if !l.Attempting() {
		return l, nil // nothing is under way: an answer that was settled already
	}
	l = mutable(l)
	head := &l.Pending[0]
	head.Begun = false
	if r.Class != transport.RefusedScope {
		l.Held = time.Time{}
	}
	switch r.Class {
	case transport.Acknowledged:
		return m.acknowledge(l)
	case transport.NotSent, transport.RefusedLater:
		head.Free++
		l.NotBefore = later(l.NotBefore, now.Add(m.policy.afterFree(head.Free, draw, r.RetryAfter)))
	case transport.RefusedScope:
		// Nothing but time was lost, and Held gives that back.
	case transport.Rejected:
		return m.react(l, m.policy.Kinds[head.Kind].OnRejected, store.Rejected, store.HeadRejected)
	default:
		return m.unknown(l, now)
	}
	if over(l, *head) {
		return m.resolve(l, store.Cancelled, 0)
	}
	return l, nil
}

// unknown makes everything wait for the settle time, and the head itself longer each time.
func (m *Machine) unknown(l store.Lane, now time.Time) (store.Lane, []store.Resolution) {
	head := &l.Pending[0]
	head.Unknown++
	head.Spent++
	l.NotBefore = later(l.NotBefore, now.Add(m.policy.Settle))
	if over(l, *head) {
		return m.resolve(l, store.Cancelled, 0)
	}
	if newer, ok := superseded(l); ok {
		return m.resolve(l, store.Superseded, newer)
	}
	if kind := m.policy.Kinds[head.Kind]; kind.Unknowns > 0 && head.Spent >= kind.Unknowns {
		return m.react(l, kind.OnUnknown, store.Expired, store.HeadUnknown)
	}
	l.NotBefore = later(l.NotBefore, now.Add(m.policy.afterUnknown(head.Spent)))
	return l, nil
}

// acknowledge resolves the head with success and moves the acknowledged state, unless its round is over.
func (m *Machine) acknowledge(l store.Lane) (store.Lane, []store.Resolution) {
	head := l.Pending[0]
	if !over(l, head) {
		before := l.Acknowledged
		l.Acknowledged, _ = m.table.Step(before, head.Kind) // allowed when the attempt began [D4]
		if l.Acknowledged != before {
			l.Broken = 0
		}
		l.MaybeOver = l.MaybeOver && l.Acknowledged.Live()
	}
	return m.resolve(l, store.Acknowledged, 0)
}

// react parks at the head, or drops it with the given result. In a round that is over nobody needs the event
// any more, so nobody has to look.
func (m *Machine) react(l store.Lane, r Reaction, dropped store.Result, reason store.Reason) (store.Lane, []store.Resolution) {
	head := l.Pending[0]
	if r == Stop && !over(l, head) {
		l.Park = store.Park{Number: head.Number, Reason: reason}
		return l, nil
	}
	return m.resolve(l, dropped, 0)
}

// resolve takes the head out of the lane.
func (m *Machine) resolve(l store.Lane, result store.Result, cause uint64) (store.Lane, []store.Resolution) {
	done := store.Resolution{Event: l.Pending[0], Result: result, Cause: cause}
	if result != store.Acknowledged {
		if m.counts(l) {
			l.Broken = done.Event.Number
		}
		l.MaybeOver = l.MaybeOver || endMayHaveArrived(l)
	}
	l.Pending = l.Pending[1:]
	if len(l.Pending) == 0 {
		l.Pending, l.Held = nil, time.Time{}
	}
	l.Accepted = m.fold(l)
	return l, []store.Resolution{done}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
