package delivery_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// The property below is a test and a fuzz target.

func TestLaneKeepsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, laneKeepsItsPromises)
}
func FuzzLaneKeepsItsPromises(f *testing.F) { f.Fuzz(rapid.MakeFuzz(laneKeepsItsPromises)) }

// laneKeepsItsPromises feeds a lane whatever comes, in bursts, and holds it against a witness that knows
// D1 to D10 and nothing of the policy but its figures.
func laneKeepsItsPromises(t *rapid.T) {
	options := delivery.Options{
		HoldMessages: rapid.Bool().Draw(t, "hold"), HaltOnRejected: rapid.Bool().Draw(t, "halt"),
		Settle: rapid.SampledFrom([]time.Duration{0, 2 * time.Second, 20 * time.Second}).Draw(t, "settle"),
	}
	on := rapid.SampledFrom([][]fsm.Switch{nil, nil, {fsm.AgentTransfer}, {fsm.BackToQueue}, fsm.Switches()}).Draw(t, "switches")
	table, err := fsm.Compile(fsm.Rows(), on...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := delivery.New(table, delivery.DefaultPolicy(options))
	if err != nil {
		t.Fatal(err)
	}
	w := &witness{t: t, table: table, settle: options.Settle, now: start, events: map[uint64]*watched{}}
	if w.settle == 0 {
		w.settle = 5 * time.Second
	}
	kinds := rapid.SampledFrom(events.OutboundKinds().Kinds())
	var l store.Lane
	put := func(after store.Lane, done []store.Resolution) { l = w.see(l, after, done) }

	open := func(t *rapid.T) {
		after, done := m.Open(l)
		w.opened(l, after)
		put(after, done)
	}
	accept := func(t *rapid.T) {
		for range rapid.IntRange(1, 6).Draw(t, "burst") {
			kind := kinds.Draw(t, "kind")
			after, e, err := m.Accept(l, kind, w.now)
			w.accepted(l, kind, e, err)
			put(after, nil)
		}
	}
	next := func(t *rapid.T) {
		gate := rapid.SampledFrom([]delivery.Gate{delivery.Open, delivery.Open, delivery.Open, delivery.ScopeClosed, delivery.ScopeProbe, delivery.BreakerOpen}).Draw(t, "gate")
		after, step, done := m.Next(l, gate, w.now)
		w.asked(l, gate, step, done)
		put(after, done)
	}
	outcome := func(t *rapid.T) {
		r := transport.Result{Class: rapid.SampledFrom(transport.Classes()).Draw(t, "class")}
		if r.Class == transport.RefusedLater {
			r.RetryAfter = time.Duration(rapid.Int64Range(0, int64(10*time.Minute)).Draw(t, "retry after"))
		}
		w.answered(l, r.Class)
		put(m.Outcome(l, r, rapid.Float64Range(0, 0.999).Draw(t, "draw"), w.now))
	}
	t.Repeat(map[string]func(*rapid.T){
		"open": open, "accept": accept, "accept more": accept, "next": next, "next again": next, "ask": next, "outcome": outcome, "answer": outcome,
		"end": func(t *rapid.T) {
			if rapid.IntRange(0, 3).Draw(t, "stay") == 0 { // or no round lasts
				w.ended()
				put(m.End(l))
			}
		},
		"crash": func(t *rapid.T) {
			w.answered(l, transport.Unknown)
			put(m.Recover(l, w.now))
		},
		"time": func(t *rapid.T) {
			w.pass(rapid.SampledFrom([]time.Duration{1, time.Second, 5 * time.Second, 20 * time.Second, time.Minute, 11 * time.Minute, time.Hour}).Draw(t, "time"))
		},
		"repair": func(t *rapid.T) {
			verb := store.Verb(rapid.IntRange(0, int(store.Abort)+1).Draw(t, "verb"))
			number := l.Park.Number + uint64(rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "off"))
			after, done, err := m.Repair(l, verb, number, kinds.Draw(t, "kind"), w.now)
			w.repaired(l, verb, number, after, done, err)
			put(after, done)
		},
		"": func(t *rapid.T) { w.check(l) },
	})
	w.drain(m, l)
}

// see holds every change of a lane against what may never happen.
func (w *witness) see(before, after store.Lane, done []store.Resolution) store.Lane {
	w.t.Helper()
	if diff := cmp.Diff(w.kept, before.Pending, emptyIsNil); diff != "" {
		w.t.Fatalf("the lane given was changed: %s", diff)
	}
	for _, r := range done {
		w.resolved(r)
	}
	if after.Last < before.Last || after.Round < before.Round {
		w.t.Fatalf("numbers went back: %+v, then %+v", before, after) // I9
	}
	w.kept = append([]store.Event(nil), after.Pending...)
	return after
}

var emptyIsNil = cmp.Transformer("length", func(pending []store.Event) map[int]store.Event {
	all := map[int]store.Event{}
	for i, e := range pending {
		all[i] = e
	}
	return all
})
