package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/store"
)

// random drives a store with random calls next to the model.
func (h Harness) random(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { h.walk(t, rt) })
}

// scope is a test that ends before its parent does, so that a walk's store is closed before the next is opened.
type scope struct {
	testing.TB
	cleanups []func()
}

func (s *scope) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *scope) end() {
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
}

// walk is one walk.
func (h Harness) walk(t testing.TB, rt *rapid.T) {
	inner := &scope{TB: t}
	defer inner.end()
	w := &walker{check: &check{t: inner, r: rt, s: h.open(inner)}, m: newModel(), stale: make(map[store.Key]store.Conversation)}
	defer func() {
		if stopped := recover(); stopped != nil && stopped != any(stopCase) {
			panic(stopped)
		}
	}()
	actions := map[string]func(*rapid.T){
		"commit": w.doCommit, "stale commit": w.doStaleCommit, "load": w.doLoad, "history": w.doHistory, "parked": w.doParked,
		"claim": w.doClaim, "release": w.doRelease, "": func(*rapid.T) { w.all() },
	}
	if w.s.Advance != nil {
		actions["advance"] = w.doAdvance
	}
	if w.s.Reopen != nil {
		actions["reopen"] = w.doReopen
	}
	if w.s.Begin != nil {
		actions["transaction"] = w.doTransaction
	}
	rt.Repeat(actions)
}

// walker holds a store and the model of it.
type walker struct {
	*check
	m     *model
	stale map[store.Key]store.Conversation // records from before the last commit
}

var walkKeys = []store.Key{
	{Bot: "a", Conversation: "1"}, {Bot: "a", Conversation: "2"}, {Bot: "b", Conversation: "1"}, {Bot: "b", Conversation: "3"},
}

func (w *walker) doCommit(rt *rapid.T) {
	key := rapid.SampledFrom(walkKeys).Draw(rt, "key")
	before := w.m.load(key, store.Query{}).Conversation
	c := drawChange(rt, w.m, key)
	w.must("S8", "Commit", w.s.Store.Commit(context.Background(), c))
	w.must("S8", "the model", w.m.commit(c))
	w.stale[key] = before
	scribble(&c)
}

func (w *walker) doStaleCommit(rt *rapid.T) {
	key := rapid.SampledFrom(walkKeys).Draw(rt, "key")
	old, known := w.stale[key]
	if !known {
		return // nobody has committed here
	}
	c := drawChange(rt, w.m, key)
	c.Conversation.Revision = rapid.SampledFrom([]uint64{old.Revision, c.Conversation.Revision + 1}).Draw(rt, "revision")
	w.wantErr("S9", "Commit from another record", w.s.Store.Commit(context.Background(), c), store.ErrConflict)
}

func (w *walker) doTransaction(rt *rapid.T) {
	tx, m := w.begin(), w.m.clone()
	for range rapid.IntRange(1, 3).Draw(rt, "changes") {
		key := rapid.SampledFrom(walkKeys).Draw(rt, "key")
		c := drawChange(rt, m, key)
		w.must("S15", "Commit in a transaction", tx.Tx.Commit(context.Background(), c))
		w.must("S15", "the model", m.commit(c))
		scribble(&c)
		w.wantSame("S15", "Load in a transaction", m.load(key, store.Query{}), w.loadIn(tx, key, store.Query{}))
	}
	if !rapid.Bool().Draw(rt, "the caller commits") {
		w.must("S15", "the caller's roll-back", tx.Rollback())
		return
	}
	w.must("S15", "the caller's commit", tx.Commit())
	w.m = m
}

func (w *walker) doLoad(rt *rapid.T) {
	key := rapid.SampledFrom(walkKeys).Draw(rt, "key")
	q := store.Query{CallerKey: drawName(rt, "caller key", 12), DeliveryID: drawName(rt, "delivery id", 12)}
	w.wantSame("S6", "Load", w.m.load(key, q), w.load("S6", key, q))
}

func (w *walker) doHistory(rt *rapid.T) {
	key := rapid.SampledFrom(walkKeys).Draw(rt, "key")
	after, limit := rapid.Uint64Range(0, 10).Draw(rt, "after"), rapid.IntRange(0, 5).Draw(rt, "limit")
	w.wantSame("S14", "History", w.m.history(key, after, limit), w.history("S14", key, after, limit))
}

func (w *walker) doParked(rt *rapid.T) {
	after := rapid.SampledFrom(append([]store.Key{{}}, walkKeys...)).Draw(rt, "after")
	limit := rapid.IntRange(0, 4).Draw(rt, "limit")
	w.wantSame("S14", "Parked", w.m.parked(after, limit), w.parked(after, limit))
}

func (w *walker) doClaim(rt *rapid.T) {
	limit := rapid.SampledFrom([]int{store.NoLimit, 0, 1, 2}).Draw(rt, "limit")
	lease := rapid.SampledFrom([]time.Duration{time.Minute, 10 * time.Minute, store.Never}).Draw(rt, "lease")
	due := w.m.dueNow()
	got, next := w.claim("S11", limit, lease)
	if want := min(limit, len(due)); len(got) != want {
		w.failf("S11", "Claim handed out %d conversations, want %d", len(got), want)
	}
	seen := make(map[store.Key]bool)
	for i, key := range got {
		switch {
		case seen[key]:
			w.failf("S11", "Claim handed out a conversation twice")
		case !slices.Contains(due, key):
			w.failf("S11", "Claim handed out a conversation that is not due")
		// Those that were made due at one instant of the clock may come in any order.
		case i < len(due) && w.m.kept[key].due != w.m.kept[due[i]].due:
			w.failf("S11", "Claim handed out one that is due since %v where one is due since %v, now is %v",
				w.m.kept[key].due, w.m.kept[due[i]].due, w.m.now)
		}
		seen[key] = true
	}
	if w.failures > 0 {
		panic(stopCase)
	}
	want := w.m.next(got)
	if want == store.Never || want == 0 {
		if next != want {
			w.failf("S12", "Claim says that the next is due in %v, want %v", next, want)
		}
	} else {
		w.wantNext("by the model", next, want)
	}
	for _, key := range got {
		w.m.lend(key, lease)
	}
}

// doRelease releases without a limit: which ones a limited Release takes is for the store to choose.
func (w *walker) doRelease(rt *rapid.T) {
	bot, all := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "bot"), rapid.Bool().Draw(rt, "all")
	want := w.m.releasable(bot, all)
	w.wantReleased("by the model", bot, all, store.NoLimit, len(want))
	for _, key := range want {
		w.m.kept[key].due = w.m.now
	}
}

// doAdvance moves the clock by what never adds up to the times that things are due after.
func (w *walker) doAdvance(rt *rapid.T) {
	d := rapid.SampledFrom([]time.Duration{31 * time.Second, 61 * time.Second, 601 * time.Second}).Draw(rt, "by")
	w.s.Advance(d)
	w.m.now += d
}

// doReopen releases all: a store may, or may not, end the leases of a process that is gone.
func (w *walker) doReopen(*rapid.T) {
	w.reopen()
	w.release("", true, store.NoLimit)
	for _, key := range w.m.releasable("", true) {
		w.m.kept[key].due = w.m.now
	}
}

// all compares all that can be read.
func (w *walker) all() {
	for _, key := range walkKeys {
		w.wantSame("S6", "Load", w.m.load(key, store.Query{}), w.load("S6", key, store.Query{}))
		w.wantSame("S14", "History", w.m.history(key, 0, store.NoLimit), w.history("S14", key, 0, store.NoLimit))
	}
	w.wantSame("S14", "Parked", w.m.parked(store.Key{}, 10), w.parked(store.Key{}, 10))
	if w.failures > 0 {
		panic(stopCase)
	}
}

// drawName is a caller key or a delivery id, often none.
func drawName(rt *rapid.T, label string, most int) string {
	n := rapid.IntRange(-most, most).Draw(rt, label)
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("%s %d", label, n)
}
