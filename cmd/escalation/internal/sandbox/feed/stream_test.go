package feed_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox/feed"
)

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
