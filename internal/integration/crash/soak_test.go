package crash_test

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// The soak holds the last third of what was measured against the second. The first is for what grows once: pools, caches,
// stacks, the write-ahead log up to its first checkpoint.
const (
	// heapGrowth is what the mean of the heap, after a collection, may grow by: at length some 40 bytes for each event.
	heapGrowth = 1 << 20
	// goroutineGrowth and fileGrowth are what busier moments need: a third has hundreds of events at the least, mostly thousands.
	goroutineGrowth, fileGrowth = 100, 50
	// walGrowth: a checkpoint comes every 1000 pages of 4 KiB, and a read that is under way puts it off.
	walGrowth = 8 << 20
)

// sample is what the child measures of itself.
type sample struct {
	Heap       uint64
	Goroutines int
	Files      int
	WAL        int64
}

// measure takes a sample.
func (s *subject) measure() (m sample) {
	runtime.GC()
	debug.FreeOSMemory() // the second collection frees what the first finalized
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	m.Heap, m.Goroutines = mem.HeapAlloc, runtime.NumGoroutine()
	if files, err := os.ReadDir("/proc/self/fd"); err == nil {
		m.Files = len(files)
	}
	if info, err := os.Stat(s.Path + "-wal"); err == nil {
		m.WAL = info.Size()
	}
	return m
}

// fewest is how many samples of a third mean anything.
const fewest = 10

// sampling says a sample now and then, and ends the traffic when its time is over. A busy machine, which is slow to take samples,
// is given the time for as many as it takes.
func (s *subject) sampling(ctx context.Context, end func()) {
	defer end()
	tick := time.NewTicker(s.For / 60)
	defer tick.Stop()
	began := time.Now()
	for n := 0; n < 3*fewest || time.Since(began) < s.For; n++ {
		select {
		case <-tick.C:
			m := s.measure()
			s.say(line{What: sampled, Sample: &m})
		case <-ctx.Done():
			return
		}
	}
}

// TestSoak lets traffic go on over many conversations, then lets them drain: nothing that the process holds grows with the
// number of events that went through it, and all invariants hold.
func TestSoak(t *testing.T) {
	length, conversations := time.Duration(amount(3, 60, 3))*time.Second, amount(40, 100, 10)
	if !heavy {
		t.Parallel()
	}
	h := newHistory(t, 1, conversations)
	h.orders.For, h.orders.Pace = length, time.Duration(conversations)*1500*time.Microsecond
	for _, l := range []life{{mode: work, limit: 2*length + 3*drainWithin, fail: true}, {mode: drain, limit: 2 * drainWithin, fail: true}} {
		if _, err := h.live(l); err != nil {
			t.Fatalf("%v\n%s", err, h.about(err))
		}
		check(t, h.look(t.Context()))
	}
	if err := h.judge(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, h.about(err))
	}
	check(t, h.leaks())
	var samples []sample
	for _, l := range h.lines {
		if l.Sample != nil {
			samples = append(samples, *l.Sample)
		}
	}
	third := len(samples) / 3
	if third < fewest {
		t.Fatalf("%d samples: too few to mean anything", len(samples))
	}
	second, last := mean(samples[third:2*third]), mean(samples[2*third:])
	var all tally
	h.count(&all)
	t.Logf("%v; second third %+v, last third %+v", &all, second, last)
	for _, c := range []struct {
		what             string
		was, is, mayGrow int64
	}{
		{"heap", int64(second.Heap), int64(last.Heap), heapGrowth},
		{"goroutines", int64(second.Goroutines), int64(last.Goroutines), goroutineGrowth},
		{"open files", int64(second.Files), int64(last.Files), fileGrowth},
		{"write-ahead log", second.WAL, last.WAL, walGrowth},
	} {
		if c.is-c.was > c.mayGrow {
			t.Errorf("%s: %d after %d, more than %d more", c.what, c.is, c.was, c.mayGrow)
		}
	}
}

func mean(samples []sample) sample {
	var sum sample
	for _, m := range samples {
		sum.Heap += m.Heap
		sum.Goroutines += m.Goroutines
		sum.Files += m.Files
		sum.WAL += m.WAL
	}
	n := len(samples)
	return sample{sum.Heap / uint64(n), sum.Goroutines / n, sum.Files / n, sum.WAL / int64(n)}
}
