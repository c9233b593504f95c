package modelcheck

import (
	"fmt"

	"github.com/escalationkit/escalation/store"
)

// Violation is a broken invariant or guarantee.
type Violation struct {
	Name string // I1 to I12, or G4 to G16 where no invariant says it
	What string
}

func broken(name, format string, args ...any) *Violation {
	return &Violation{Name: name, What: fmt.Sprintf(format, args...)}
}

// after returns the record with the lane and the results put in place, as one commit would.
func (r record) after(l store.Lane, done []store.Resolution) (record, *Violation) {
	r.lane = l
	for _, d := range done {
		n := d.Event.Number
		if n == 0 || n > l.Last || d.Event.Kind != r.ledger[n-1].kind || d.Event.Round != int(r.ledger[n-1].round) {
			return r, broken("I7", "a result for event %d, which nobody accepted", n)
		}
		e := &r.ledger[n-1]
		caused := d.Result == store.Superseded || d.Result == store.Stranded
		switch {
		case e.result != 0:
			return r, broken("I7", "event %d is %v after it was %v", n, d.Result, e.result)
		case !d.Result.Valid(), d.Event.Begun:
			return r, broken("I7", "event %d is resolved as %v with its attempt under way: %v", n, d.Result, d.Event.Begun)
		case caused && (d.Cause == 0 || d.Cause > l.Last):
			return r, broken("I12", "event %d is %v by event %d", n, d.Result, d.Cause)
		}
		e.result, e.copies = d.Result, uint8(d.Event.Unknown)
		if d.Result == store.Acknowledged {
			if !d.Marked { // an operator's word is no copy
				e.copies++
			}
			if d.Event.Round == l.Round && live(r.acked) {
				r.acked, _ = read(r.acked, e.kind)
			}
		}
		if d.MayHaveArrived() != (e.copies > 0 || d.Marked) || d.MayBeDuplicate() != (e.copies > 1) {
			return r, broken("I4", "event %d: the result says that it may have arrived: %v, twice: %v; the attempts say up to %d times",
				n, d.MayHaveArrived(), d.MayBeDuplicate(), e.copies)
		}
	}
	return r, nil
}

// commit makes a record durable, and judges it against the one before.
func (w *world) commit(next record) *Violation {
	was, l := &w.disk, &next.lane
	switch {
	case l.Round < was.lane.Round, head(l) < head(&was.lane), l.Last < was.lane.Last:
		return broken("I9", "round %d, head %d of %d after round %d, head %d of %d",
			l.Round, head(l), l.Last, was.lane.Round, head(&was.lane), was.lane.Last)
	case l.Acknowledged != next.acked:
		return broken("I12", "the acknowledged state is %v; the results make it %v", l.Acknowledged, next.acked)
	}
	if v := next.judge(); v != nil {
		return v
	}
	w.disk, w.mem, w.dirty = next, next, false
	for i, e := range w.disk.ledger[:l.Last] {
		if e.result != 0 {
			w.seen.age[i] = 0
		}
	}
	return w.judgeArrivals()
}

func head(l *store.Lane) uint64 {
	if len(l.Pending) == 0 {
		return l.Last + 1
	}
	return l.Pending[0].Number
}

// judge looks at one record by itself.
func (r *record) judge() *Violation {
	l := &r.lane
	fold, i := l.Acknowledged, 0
	for n := uint64(1); n <= l.Last; n++ {
		pending := i < len(l.Pending) && l.Pending[i].Number == n
		if pending == (r.ledger[n-1].result != 0) {
			return broken("I7", "event %d: pending: %v, result: %v", n, pending, r.ledger[n-1].result)
		}
		if !pending {
			continue
		}
		e := &l.Pending[i]
		if e.Begun && i > 0 {
			return broken("G4", "event %d is under way, the head is %d", n, head(l))
		}
		if e.Round == l.Round {
			if s, ok := read(fold, e.Kind); ok {
				fold = s
			}
		}
		i++
	}
	switch {
	case i != len(l.Pending):
		return broken("I1", "pending events out of order or beyond %d", l.Last)
	case l.Accepted != fold:
		return broken("I8", "accepted is %v, the fold of what is pending is %v", l.Accepted, fold)
	case l.Parked() && (l.Park.Number != head(l) || len(l.Pending) == 0 || l.Park.Reason > store.HeadStranded):
		return broken("I11", "parked at %d (%v), the head is %d", l.Park.Number, l.Park.Reason, head(l))
	case l.Park.Reason == store.HeadStranded && (l.Park.Cause == 0 || l.Park.Cause >= l.Park.Number):
		return broken("I12", "event %d is stranded by event %d", l.Park.Number, l.Park.Cause)
	}
	return nil
}
