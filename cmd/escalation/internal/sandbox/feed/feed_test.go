package feed_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// story is a row of changes in which things change once, often, late, and in turn.
var story = []string{"a", "b", "a", "c", "c", "c", "d", "a", "b", "e", "d", "f", "a", "c"}

// TestResumeAtEveryPoint reads the story in two streams, with the cut at every point of the first and every delay before the
// second, and expects every thing once after its last change, in order.
func TestResumeAtEveryPoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for before := range len(story) + 1 { // changes before the first stream
			for read := range before + 1 { // events read from it
				resume(t, before, read)
			}
		}
	})
}

func resume(t *testing.T, before, read int) {
	b := newBoard(100, 100)
	p := serve(t, b, nil, nil)
	for _, key := range story[:before] {
		b.change(key)
	}
	known := map[string]value{}
	at := int64(first)
	var ids []int64
	take := func(r *reader, n int) {
		for range n {
			e, ok := r.next()
			if !ok || e.event != "counter" || e.id != e.value.Version {
				t.Fatalf("%d changes, %d read: got %+v, %v", before, read, e, ok)
			}
			known[e.value.Key], at = e.value, e.id
			ids = append(ids, e.id)
		}
	}
	r := p.at(t, at)
	take(r, min(read, len(last(story[:before], 0))))
	r.close()
	for _, key := range story[before:] {
		b.change(key)
	}
	r = p.at(t, at)
	take(r, len(last(story, int(at-first))))
	r.close()

	if diff := cmp.Diff(b.final(), known); diff != "" {
		t.Errorf("%d changes, %d read (-want +got):\n%s", before, read, diff)
	}
	for i := range ids {
		if i > 0 && ids[i] <= ids[i-1] {
			t.Errorf("%d changes, %d read: versions %v", before, read, ids)
		}
	}
}

// last returns the keys of the changes from some on, each once.
func last(changes []string, from int) map[string]bool {
	out := map[string]bool{}
	for _, key := range changes[from:] {
		out[key] = true
	}
	return out
}

// TestEachOnceAndInOrder writes out what one reader is told.
func TestEachOnceAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(100, 100)
		p := serve(t, b, nil, nil)
		for _, key := range []string{"a", "b", "a", "c"} {
			b.change(key)
		}
		r := p.open(t, "?after=1000", "")
		defer r.close()
		var got []event
		for range 3 {
			e, _ := r.next()
			got = append(got, e)
		}
		b.change("b")
		e, _ := r.next()
		got = append(got, e)
		want := []event{
			{1002, "counter", value{"b", 1, 1002}, 0},
			{1003, "counter", value{"a", 2, 1003}, 0},
			{1004, "counter", value{"c", 1, 1004}, 0},
			{1005, "counter", value{"b", 2, 1005}, 0},
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(event{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestBurstsAndReconnects lets many change things at once, while readers hang up after every few events and come back.
func TestBurstsAndReconnects(t *testing.T) {
	const keys, changes = 20, 400
	b := newBoard(keys+1, 1000)
	p := serve(t, b, nil, nil)
	var writers, readers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			dice := rand.New(rand.NewPCG(1, uint64(w)))
			for range changes {
				b.change(fmt.Sprint("key ", dice.IntN(keys)))
			}
		})
	}
	known := make([]map[string]value, 6)
	for i := range known {
		readers.Go(func() {
			dice := rand.New(rand.NewPCG(2, uint64(i)))
			known[i] = map[string]value{}
			at := int64(first)
			for done := false; !done; {
				r := p.at(t, at)
				for range dice.IntN(30) {
					e, ok := r.next()
					if !ok || e.id <= at || e.event == "reset" || e.value.Version != e.id {
						t.Errorf("reader %d at %d: %+v, %v", i, at, e, ok)
						r.close()
						return
					}
					at = e.id
					if done = e.value.Key == "the end"; done {
						break
					}
					known[i][e.value.Key] = e.value
				}
				r.close()
			}
		})
	}
	writers.Wait()
	want := b.final()
	b.change("the end")
	readers.Wait()
	for i := range known {
		if diff := cmp.Diff(want, known[i]); diff != "" {
			t.Errorf("reader %d (-want +got):\n%s", i, diff)
		}
	}
}

// TestResetWhereSomethingIsMissing drops things for their number and for their weight, and asks at every version.
func TestResetWhereSomethingIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			why        string
			most, room int
			last       int // weight of the last change
			floor      int64
			gone       []string
		}{
			{"all fit", 6, 6, 1, 1000, nil},
			{"too many", 3, 100, 1, 1004, []string{"b", "a", "c"}}, // the first change of a was replaced, not dropped
			{"too heavy", 100, 6, 4, 1004, []string{"b", "a", "c"}},
			{"nothing else fits", 100, 6, 50, 1006, []string{"b", "a", "c", "d", "e"}},
		} {
			b := newBoard(c.most, c.room)
			p := serve(t, b, nil, nil)
			for _, key := range []string{"a", "b", "a", "c", "d", "e"} {
				b.change(key)
			}
			b.changeHeavy("f", c.last)
			if diff := cmp.Diff(c.gone, b.gone); diff != "" {
				t.Errorf("%s: dropped (-want +got):\n%s", c.why, diff)
			}
			for at := int64(first); at < 1007; at++ {
				r := p.at(t, at)
				e, _ := r.next()
				if (e.event == "reset") != (at < c.floor) {
					t.Errorf("%s: at %d: got %+v", c.why, at, e)
				}
				if e.event == "reset" {
					if e.id != 1007 || e.seq != 1007 {
						t.Errorf("%s: at %d: reset to %d, %d", c.why, at, e.id, e.seq)
					}
				}
				r.close()
			}
		}
	})
}

// TestResetGoesOn: after a reset the stream goes on with what comes.
func TestResetGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(1, 100)
		p := serve(t, b, nil, nil)
		b.change("a")
		b.change("b")
		r := p.at(t, first)
		defer r.close()
		if e, _ := r.next(); e.event != "reset" {
			t.Errorf("got %+v", e)
		}
		b.change("c")
		e, _ := r.next()
		if want := (event{1003, "counter", value{"c", 1, 1003}, 0}); e != want {
			t.Errorf("got %+v, want %+v", e, want)
		}
	})
}

// TestDropIsALoss: whoever is below a thing that was taken away has missed it.
func TestDropIsALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(100, 100)
		p := serve(t, b, nil, nil)
		b.change("a")
		b.change("b")
		b.Lock()
		b.feed.Drop("a")
		b.feed.Drop("never there")
		b.Unlock()
		for at, want := range map[int64]string{1000: "reset", 1001: "counter"} {
			r := p.at(t, at)
			if e, _ := r.next(); e.event != want {
				t.Errorf("at %d: %+v, want %s", at, e, want)
			}
			r.close()
		}
	})
}
