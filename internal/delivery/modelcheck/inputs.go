package modelcheck

import (
	"slices"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// accept is the host handing in an event. It reports whether the core took it.
func (c *checker) accept(w *world, k events.Kind) (bool, *Violation) {
	was := w.disk.lane
	l, e, err := c.Core.Accept(was, k, epoch)
	if _, legal := read(was.Accepted, k); legal != (err == nil) {
		return true, broken("I8", "%v in accepted state %v: %v", k, was.Accepted, err)
	}
	if err != nil {
		return false, nil
	}
	if e.Number != was.Last+1 || l.Last != e.Number || e.Kind != k || e.Round != was.Round {
		return true, broken("I1", "%v accepted as number %d of round %d after %d of round %d", k, e.Number, e.Round, was.Last, was.Round)
	}
	next := w.disk
	next.lane = l
	next.ledger[e.Number-1] = entry{kind: k, round: uint8(e.Round)}
	return true, w.commit(next)
}

// escalate is the visitor asking for an agent, which the platform allows when no round is open there.
func (c *checker) escalate(w *world) *Violation {
	w.platform = fsm.Pending
	was := w.disk.lane
	l, done := c.Core.Open(was)
	if l.Round != was.Round+1 {
		return broken("G13", "the visitor asks again and round %d becomes round %d", was.Round, l.Round)
	}
	next, v := w.disk.after(l, done)
	if v != nil {
		return v
	}
	next.acked, w.seen.corrected = fsm.Pending, false
	if again, more := c.Core.Open(l); again.Round != l.Round || len(more) > 0 {
		return broken("G13", "the widgetEscalate that opened round %d, repeated at once, opens round %d", l.Round, again.Round)
	}
	return w.commit(next)
}

// visitorEnds is the visitor leaving.
func (c *checker) visitorEnds(w *world) *Violation {
	w.platform = fsm.Ended
	l, done := c.Core.End(w.disk.lane)
	next, v := w.disk.after(l, done)
	if v != nil {
		return v
	}
	next.close()
	return w.commit(next)
}

// close notes that the round of a record is over.
func (r *record) close() {
	if live(r.acked) {
		r.acked = fsm.Ended
	}
}

// repair is an operator's verb. It reports whether the core allowed it.
func (c *checker) repair(w *world, verb store.Verb) (bool, *Violation) {
	was := w.disk.lane
	first := was.Pending[0]
	l, done, err := c.Core.Repair(was, verb, was.Park.Number, first.Kind, epoch)
	if err != nil {
		return false, nil
	}
	next, v := w.disk.after(l, done)
	if v != nil {
		return true, v
	}
	switch verb {
	case store.Abort:
		next.close()
	case store.Retry, store.Replace:
		w.seen.age[first.Number-1] = 0
	case store.Skip, store.MarkAcknowledged:
		// The operator may be wrong about an event that the platform's view turns on.
		there := w.seen.arrived[first.Number-1] > 0
		coming := slices.ContainsFunc(w.copies[:w.flying], func(c flight) bool { return uint64(c.number) == first.Number })
		wrong := !there
		if verb == store.Skip {
			wrong = there || coming
		}
		turns := first.Kind != events.KindMessage && first.Kind != events.KindEscalationQueueUpdate
		w.seen.corrected = w.seen.corrected || wrong && turns
	}
	return true, w.commit(next)
}
