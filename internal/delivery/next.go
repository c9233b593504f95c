package delivery

import (
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
)

// Gate says whether the lane's place of delivery takes attempts now.
type Gate uint8

const (
	// Open: an attempt may begin.
	Open Gate = iota
	// ScopeClosed: the bot, its key or the base URL was refused. Nothing ages meanwhile; a lane hears of it
	// through Next, so one that waits is to be asked when its scope closes.
	ScopeClosed
	// BreakerOpen: the base URL fails for everybody. Events age meanwhile.
	BreakerOpen
	// ScopeProbe: the scope is closed, but one attempt may begin to find out whether it still has to be. A lane that
	// has nothing to send yet stays held.
	ScopeProbe
)

// Do is what a driver has to do next with a lane.
type Do uint8

const (
	// Nothing: until the next input.
	Nothing Do = iota
	// Send: attempt Step.Event, after the lane was recorded.
	Send
	// Wait: ask again at Step.At.
	Wait
	// Hold: ask again when the gate changes, or at Step.At if that is set.
	Hold
)

// Step is the answer of Next.
type Step struct {
	Do    Do
	Event store.Event
	At    time.Time
}

// Next says what to do now, and resolves on the way what need not be sent any more. If the step is Send, the
// returned lane has the attempt under way, and Outcome must follow.
func (m *Machine) Next(l store.Lane, gate Gate, now time.Time) (store.Lane, Step, []store.Resolution) {
	l = mutable(l)
	var resolved []store.Resolution
	for len(l.Pending) > 0 && !l.Attempting() && !l.Parked() {
		var done []store.Resolution
		if newer, ok := superseded(l); ok {
			l, done = m.resolve(l, store.Superseded, newer)
			resolved = append(resolved, done...)
			continue
		}
		early := now.Before(l.NotBefore)
		if gate == ScopeClosed || gate == ScopeProbe && early {
			if l.Held.IsZero() {
				l.Held = now
			}
			if gate == ScopeClosed {
				return l, Step{Do: Hold}, resolved
			}
			return l, Step{Do: Wait, At: l.NotBefore}, resolved
		}
		l = m.resume(l, now)
		head := l.Pending[0]
		if _, err := m.table.Step(l.Acknowledged, head.Kind); err != nil {
			l.Park = store.Park{Number: head.Number, Reason: store.HeadStranded, Cause: l.Broken}
			continue
		}
		if now.After(head.Deadline) {
			l, done = m.react(l, m.policy.Kinds[head.Kind].OnTooOld, store.Expired, store.HeadTooOld)
			resolved = append(resolved, done...)
			continue
		}
		tooOld := head.Deadline.Add(1) // the first instant after it
		switch {
		case early:
			return l, Step{Do: Wait, At: earlier(l.NotBefore, tooOld)}, resolved
		case gate == BreakerOpen:
			return l, Step{Do: Hold, At: tooOld}, resolved
		}
		l.Held = now
		l.Pending[0].Begun = true
		l.Pending[0].Attempts++
		return l, Step{Do: Send, Event: l.Pending[0]}, resolved
	}
	return l, Step{}, resolved
}

// superseded reports whether the head, of the present round, is a queue update with a newer one right behind it.
func superseded(l store.Lane) (by uint64, ok bool) {
	if len(l.Pending) < 2 {
		return 0, false
	}
	head, next := l.Pending[0], l.Pending[1]
	ok = head.Kind == events.KindEscalationQueueUpdate && next.Kind == head.Kind
	return next.Number, ok
}

// resume gives back to all pending events the time for which the scope was closed. An event accepted
// meanwhile gets its whole age, no more. If the clock was put back, closed is below zero, and rightly so.
func (m *Machine) resume(l store.Lane, now time.Time) store.Lane {
	if l.Held.IsZero() {
		return l
	}
	closed := now.Sub(l.Held)
	for i := range l.Pending {
		e := &l.Pending[i]
		whole := now.Add(m.policy.Kinds[e.Kind].MaxAge)
		if e.Deadline = e.Deadline.Add(closed); e.Deadline.After(whole) {
			e.Deadline = whole
		}
	}
	l.Held = time.Time{}
	return l
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
