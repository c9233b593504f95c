package modelcheck

import (
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// checker carries out the steps of the model on a world.
type checker struct{ Config }

// decide asks the core what to do, and records at once what it resolved if it has nothing to send. It reports
// whether anything changed.
func (c *checker) decide(w *world) (moved bool, v *Violation) {
	was := &w.disk.lane
	l, step, done := c.Core.Next(*was, w.gate, epoch)
	next, v := w.disk.after(l, done)
	if v != nil {
		return true, v
	}
	for _, d := range done {
		if d.Result == store.Expired {
			v = c.judgeAge(w, d.Event)
		}
	}
	if l.Park.Reason == store.HeadTooOld && !was.Parked() {
		v = c.judgeAge(w, l.Pending[0])
	}
	if v != nil {
		return true, v
	}
	if step.Do == delivery.Send {
		w.mem, w.dirty, w.phase, w.seen.attempt = next, true, decided, 0
		return true, nil
	}
	if w.scopeClosed() && step.Do != delivery.Nothing && l.Held.IsZero() {
		return true, broken("G11", "event %d waits and grows old while its scope is closed", head(&l))
	}
	moved = len(done) > 0 || l.Park != was.Park || l.Held != was.Held
	return moved, w.commit(next)
}

// judgeAge looks at an event given up as too old: the ticks in which its scope was closed must not count.
func (c *checker) judgeAge(w *world, e store.Event) *Violation {
	if age := w.seen.age[e.Number-1]; age <= c.maxAge(e) {
		return broken("G11", "event %d is too old after %d ticks in which it could be sent", e.Number, age)
	}
	return nil
}

func (c *checker) maxAge(e store.Event) uint8 { return uint8(c.Policy.Kinds[e.Kind].MaxAge / Tick) }

// recordBegin makes the decided attempt durable.
func (c *checker) recordBegin(w *world) *Violation {
	if v := w.judgeBegin(&w.mem); v != nil {
		return v
	}
	w.phase = begun
	return w.commit(w.mem)
}

// write puts a copy of the head on the network.
func (c *checker) write(w *world) *Violation {
	if w.phase == decided {
		if v := w.judgeBegin(&w.mem); v != nil {
			return v
		}
	}
	n := uint8(head(&w.mem.lane))
	if n < w.seen.wrote {
		return broken("I3", "event %d is written after event %d", n, w.seen.wrote)
	}
	w.seen.wrote = n
	w.phase = written
	if w.flying == maxCopies {
		w.remove(0) // only a machine without any wait gets here
	}
	w.copies[w.flying] = flight{number: n, held: true}
	w.flying++
	return nil
}

// outcome records the answer in hand.
func (c *checker) outcome(w *world, draw float64) *Violation {
	r := transport.Result{Class: w.answer}
	if r.Class == transport.RefusedLater {
		r.RetryAfter = Tick
	}
	l, done := c.Core.Outcome(w.mem.lane, r, draw, epoch)
	next, v := w.mem.after(l, done)
	if v != nil {
		return v
	}
	for _, d := range done {
		if d.Result == store.Acknowledged && w.seen.arrived[d.Event.Number-1] == 0 {
			return broken("I6", "event %d is acknowledged and never arrived", d.Event.Number)
		}
	}
	if w.answer == transport.RefusedScope {
		w.gate = delivery.ScopeClosed
	}
	w.endAttempt(w.answer == transport.RefusedScope)
	return w.commit(next)
}

// endAttempt leaves the process with nothing under way. With back set, the attempt shall have cost no event
// any of its age.
func (w *world) endAttempt(back bool) {
	for i := range w.seen.age {
		if age := &w.seen.age[i]; back {
			*age -= min(*age, w.seen.attempt)
		}
	}
	w.phase, w.answer, w.seen.attempt = idle, 0, 0
}

// crash loses all but the record; what was written may still land.
func (c *checker) crash(w *world) {
	c.giveUp(w)
	w.endAttempt(false)
	w.phase, w.gate = down, delivery.Open
	w.mem, w.dirty = w.disk, false
}

// restart takes the record up again.
func (c *checker) restart(w *world) *Violation {
	w.phase = idle
	if c.Forgetful {
		return nil
	}
	l, done := c.Core.Recover(w.disk.lane, epoch)
	next, v := w.disk.after(l, done)
	if v != nil {
		return v
	}
	return w.commit(next)
}
