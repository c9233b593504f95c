package delivery

import (
	"time"

	"github.com/escalationkit/escalation/transport"
)

// Outcome takes the result of the attempt under way. draw, from [0, 1), spreads the retries of many lanes.
func (m *Machine) Outcome(l Lane, r transport.Result, draw float64, now time.Time) (Lane, []Resolution) {
	if !l.Attempting() {
		return l, nil // nothing is under way: an answer that was settled already
	}
	l = l.mutable()
	head := &l.Pending[0]
	head.Begun = false
	switch r.Class {
	case transport.Acknowledged:
		return m.acknowledge(l)
	case transport.NotSent, transport.RefusedLater:
		head.Free++
		l.NotBefore = later(l.NotBefore, now.Add(m.policy.afterFree(head.Free, draw, r.RetryAfter)))
	case transport.RefusedScope:
		l.Held = now
	case transport.Rejected:
		return m.react(l, m.policy.Kinds[head.Kind].OnRejected, Rejected, HeadRejected)
	default:
		head.Unknown++
		head.Spent++
		l.NotBefore = later(l.NotBefore, now.Add(m.policy.afterUnknown(head.Spent)))
		if limit := m.policy.Kinds[head.Kind].Unknowns; limit > 0 && head.Spent >= limit {
			return m.react(l, m.policy.Kinds[head.Kind].OnUnknown, Expired, HeadUnknown)
		}
	}
	if l.over(*head) {
		return m.resolve(l, Cancelled, 0)
	}
	return l, nil
}

// acknowledge resolves the head with success and moves the acknowledged state, unless its round is over.
func (m *Machine) acknowledge(l Lane) (Lane, []Resolution) {
	head := l.Pending[0]
	if !l.over(head) {
		if next, err := m.table.Step(l.Acknowledged, head.Kind); err == nil {
			l.Acknowledged = next
		}
	}
	return m.resolve(l, Acknowledged, 0)
}

// react parks at the head, or drops it with the given result. In a round that is over nobody needs the event
// any more, and nobody has to look.
func (m *Machine) react(l Lane, r Reaction, dropped Result, reason Reason) (Lane, []Resolution) {
	head := l.Pending[0]
	switch {
	case l.over(head) && dropped != Rejected:
		return m.resolve(l, Cancelled, 0)
	case r == Stop && !l.over(head):
		l.Park = Park{Number: head.Number, Reason: reason}
		return l, nil
	}
	return m.resolve(l, dropped, 0)
}

// resolve takes the head out of the lane.
func (m *Machine) resolve(l Lane, result Result, cause uint64) (Lane, []Resolution) {
	done := Resolution{Event: l.Pending[0], Result: result, Cause: cause}
	promised := l.Accepted
	l.Pending = l.Pending[1:]
	l.Accepted = m.fold(l)
	if l.Accepted != promised && !l.over(done.Event) {
		l.Broken = done.Event.Number
	}
	if len(l.Pending) == 0 {
		l.Held = time.Time{}
	}
	return l, []Resolution{done}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
