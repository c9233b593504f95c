package delivery_test

import (
	"errors"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// resolved: every event once, and with a result that its story explains.
func (w *witness) resolved(r store.Resolution) {
	e := w.events[r.Event.Number]
	if e == nil || e.result != 0 || !r.Result.Valid() || r.Event.Begun {
		w.t.Fatalf("D6: %+v resolved as %+v", e, r)
	}
	e.result = r.Result
	if r.Event.Unknown != e.unknown || r.Event.Attempts != e.attempts {
		w.t.Fatalf("D7: %+v resolved as %+v", *e, r)
	}
	cause := r.Result == store.Superseded || r.Result == store.Stranded
	if (r.Cause != 0) != cause || r.Result == store.Superseded && r.Cause <= r.Event.Number ||
		r.Result == store.Stranded && r.Cause >= r.Event.Number {
		w.t.Fatalf("%+v: cause", r)
	}
	live := e.round == w.round && w.state.Live()
	ends := e.kind == events.KindEscalationFailed || e.kind == events.KindAgentDisconnect
	w.doubt = w.doubt || live && ends && e.unknown > 0 && r.Result != store.Acknowledged
	budget := map[events.Kind]int{events.KindEscalationQueueUpdate: 2}[e.kind]
	switch r.Result {
	case store.Expired:
		if e.age <= maxAge[e.kind] && (budget == 0 || e.spent < budget) {
			w.t.Fatalf("D9: %d expired at the age of %v after %d unknown attempts", r.Event.Number, e.age, e.spent)
		}
		if e.kind != events.KindMessage && e.kind != events.KindEscalationQueueUpdate {
			w.t.Fatalf("%d, an event that everything needs, expired", r.Event.Number)
		}
	case store.Cancelled:
		if live {
			w.t.Fatalf("%d cancelled in a live round", r.Event.Number)
		}
	case store.Superseded:
		if e.kind != events.KindEscalationQueueUpdate || w.events[r.Cause].kind != e.kind {
			w.t.Fatalf("%d superseded", r.Event.Number)
		}
	case store.Acknowledged, store.Rejected:
		if e.attempts == 0 && !r.Marked {
			w.t.Fatalf("%d %v, though never attempted", r.Event.Number, r.Result)
		}
	}
	if r.MayBeDuplicate() && e.unknown == 0 || r.MayBeDuplicate() && !r.MayHaveArrived() {
		w.t.Fatalf("I4: %+v", r)
	}
}

// repaired: refused without a change, or the state moved as the verb says.
func (w *witness) repaired(l store.Lane, v store.Verb, number uint64, after store.Lane, done []store.Resolution, err error) {
	if err != nil {
		var refused *delivery.RepairError
		if !errors.As(err, &refused) || done != nil || after.Parked() != l.Parked() {
			w.t.Fatalf("%v %d: %v", v, number, err)
		}
		return
	}
	if !l.Parked() || after.Parked() {
		w.t.Fatalf("%v %d: parked before %v, after %v", v, number, l.Parked(), after.Parked())
	}
	e := w.events[number]
	switch v {
	case store.Retry, store.Replace:
		e.may, e.age, e.spent = true, 0, 0
	case store.MarkAcknowledged:
		var illegal error
		if w.state, illegal = w.table.Step(w.state, e.kind); illegal != nil {
			w.t.Fatalf("marked: %v", illegal)
		}
	case store.Abort:
		w.state, w.doubt = fsm.Ended, false
	case store.Skip:
	default:
		w.t.Fatalf("%v did something", v)
	}
}

// drain: after calm, with a person at hand who skips, every lane empties within a stated bound. (G16, I11)
func (w *witness) drain(m *delivery.Machine, l store.Lane) {
	const longest = transport.MaxRetryAfter // nothing asks for a longer wait
	put := func(after store.Lane, done []store.Resolution) { l = w.see(l, after, done) }
	for turns := 0; len(l.Pending) > 0; turns++ {
		if turns > 5*int(w.last)+5 {
			w.t.Fatalf("I11: not drained after %d turns: %+v", turns, l)
		}
		if l.Attempting() {
			w.answered(l, transport.Acknowledged)
			put(m.Outcome(l, transport.Result{Class: transport.Acknowledged}, 0, w.now))
		}
		if l.Parked() {
			after, done, err := m.Repair(l, store.Skip, l.Park.Number, 0, w.now)
			w.repaired(l, store.Skip, l.Park.Number, after, done, err)
			put(after, done)
		}
		after, step, done := m.Next(l, delivery.Open, w.now)
		w.asked(l, delivery.Open, step, done)
		put(after, done)
		if step.Do == delivery.Wait {
			wait := step.At.Sub(w.now)
			if wait <= 0 || wait > longest {
				w.t.Fatalf("G16: a wait of %v", wait)
			}
			w.pass(wait)
		}
		w.check(l)
	}
	for n := uint64(1); n <= w.last; n++ {
		if w.events[n].result == 0 {
			w.t.Fatalf("I7: %d was never resolved", n)
		}
	}
}
