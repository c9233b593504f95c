package feed_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox/feed"
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

// TestVersionsOfOthers: a version that this feed never gave is met with a reset, what is no version with 400. The header
// weighs more than the query.
func TestVersionsOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(100, 100)
		p := serve(t, b, nil, nil)
		b.change("a")
		for _, c := range []struct {
			why, query, header string
			status             int
			want               string
		}{
			{"an earlier process", "", "7", 200, "reset"},
			{"below zero", "", "-5", 200, "reset"},
			{"a later one", "", "1002", 200, "reset"},
			{"the first", "", "1000", 200, "counter"},
			{"in the query", "?after=1000", "", 200, "counter"},
			{"an old query beside a good header", "?after=3", "1000", 200, "counter"},
			{"a good query beside an old header", "?after=1000", "3", 200, "reset"},
			{"a word", "", "abc", 400, ""},
			{"a fraction", "?after=1.5", "", 400, ""},
			{"too large", "?after=99999999999999999999", "", 400, ""},
		} {
			r := p.open(t, c.query, c.header)
			if r.status != c.status {
				t.Errorf("%s: status %d", c.why, r.status)
			}
			if c.want != "" {
				if e, _ := r.next(); e.event != c.want {
					t.Errorf("%s: %+v", c.why, e)
				}
			}
			r.close()
		}
	})
}

// TestLongBacklog: whoever is far behind is told everything at once, though nothing more happens.
func TestLongBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(1000, 1000)
		p := serve(t, b, nil, nil)
		for i := range 500 {
			b.change(fmt.Sprint(i))
		}
		r := p.at(t, first)
		defer r.close()
		begun := time.Now()
		for i := range 500 {
			if e, ok := r.next(); !ok || e.id != first+1+int64(i) {
				t.Fatalf("event %d: %+v, %v", i, e, ok)
			}
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// TestFromNowOn: whoever names no version is told only what comes.
func TestFromNowOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(100, 100)
		p := serve(t, b, nil, nil)
		b.change("a")
		r := p.open(t, "", "")
		defer r.close()
		synctest.Wait()
		b.change("b")
		if e, _ := r.next(); e.id != 1002 {
			t.Errorf("got %+v", e)
		}
	})
}

// TestSlowReaderIsCutOff: a reader who reads nothing holds the server up for as long as its patience lasts, and one who reads
// a little every now and then is served.
func TestSlowReaderIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(100, 100)
		p := serve(t, b, nil, &feed.StreamConfig{Patience: 10 * time.Second, Seats: 1})
		stuck := p.dial(t, "", "")
		defer stuck.Close()
		time.Sleep(10*time.Second - 1)
		synctest.Wait()
		if r := p.open(t, "", ""); r.status != http.StatusServiceUnavailable {
			t.Errorf("a second stream beside one that is not given up yet: status %d", r.status)
		}
		time.Sleep(2 * time.Nanosecond)
		synctest.Wait()
		if _, err := stuck.Read(make([]byte, 1)); err == nil {
			t.Error("the reader was not cut off")
		}
		r := p.open(t, "", "")
		defer r.close()
		if r.status != http.StatusOK {
			t.Errorf("after the slow reader: status %d", r.status)
		}
		for range 5 {
			time.Sleep(9 * time.Second)
			b.change("a")
			if _, ok := r.next(); !ok {
				t.Error("a slow but steady reader was cut off")
			}
		}
	})
}

// TestHeartbeat: silence is broken by a comment, and only silence.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(100, 100)
		r := serve(t, b, nil, nil).open(t, "", "")
		defer r.close()
		begun := time.Now()
		for r.body.Scan() && r.body.Text() != ": still here" {
		}
		if got := time.Since(begun); got != 15*time.Second {
			t.Errorf("the first comment came after %v", got)
		}
		time.Sleep(14 * time.Second)
		b.change("a")
		if e, _ := r.next(); e.id != 1001 {
			t.Errorf("got %+v", e)
		}
		begun = time.Now()
		for r.body.Scan() && r.body.Text() != ": still here" {
		}
		if got := time.Since(begun); got != 15*time.Second {
			t.Errorf("the comment after an event came after %v", got)
		}
	})
}

// TestSeats: only so many streams at a time; whoever leaves makes room.
func TestSeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(100, 100)
		p := serve(t, b, nil, &feed.StreamConfig{Seats: 2})
		one, two := p.open(t, "", ""), p.open(t, "", "")
		defer two.close()
		three := p.open(t, "", "")
		if one.status != 200 || two.status != 200 || three.status != http.StatusServiceUnavailable {
			t.Errorf("status %d, %d, %d", one.status, two.status, three.status)
		}
		three.close()
		one.close()
		synctest.Wait()
		four := p.open(t, "", "")
		defer four.close()
		if four.status != 200 {
			t.Errorf("after one left: status %d", four.status)
		}
	})
}

// TestDoneEndsStreams: those that wait and those that have much to tell.
func TestDoneEndsStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(100, 100)
		done := make(chan struct{})
		p := serve(t, b, done, nil)
		r := p.open(t, "", "")
		defer r.close()
		synctest.Wait()
		close(done)
		if e, ok := r.next(); ok {
			t.Errorf("got %+v", e)
		}
		late := p.at(t, first)
		defer late.close()
		if _, ok := late.next(); ok {
			t.Error("a stream after the end")
		}
	})
}
