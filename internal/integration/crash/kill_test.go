package crash_test

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// TestKilledAtRandom kills the process again and again at instants by chance, starts it on the same file each time, and
// at the end lets everything drain in fine weather: nothing accepted is lost, order holds, a second copy arrived only where the record
// says so, webhooks that were answered are there, keys have the same answer, and nothing private was logged.
func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	histories, kills := amount(2, 14, 1), amount(20, 40, 8)
	seed := uint64(time.Now().UnixNano()) % 1_000_000
	if text := os.Getenv("ESCALATION_CRASH_SEED"); text != "" {
		only, err := strconv.ParseUint(text, 10, 64)
		check(t, err)
		seed, histories = only, 1
	}
	began := time.Now()
	var all tally
	t.Cleanup(func() { t.Logf("%v in %v", &all, time.Since(began).Round(time.Millisecond)) })
	for i := range histories {
		t.Run(fmt.Sprint("seed ", seed+uint64(i)), func(t *testing.T) {
			t.Parallel()
			killAtRandom(t, seed+uint64(i), kills, &all)
		})
	}
}

// tally counts what happened in all histories together.
type tally struct{ kills, promises, arrivals, copies atomic.Int64 }

func (y *tally) String() string {
	return fmt.Sprintf("%d kills, %d promises, %d arrivals, %d attempts of unknown outcome",
		y.kills.Load(), y.promises.Load(), y.arrivals.Load(), y.copies.Load())
}

func killAtRandom(t *testing.T, seed uint64, kills int, all *tally) {
	h := newHistory(t, seed, 6)
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("seed %d, after %d kills: %v\n%s", seed, h.kills, err, h.about(err))
		}
	}
	h.storm(true)
	h.orders.Clumsy = true
	for h.kills < kills {
		killed, err := h.live(h.mortal())
		fail(err)
		if !killed {
			t.Fatalf("seed %d: the child ended by itself", seed)
		}
		h.kills++
		h.orders.Again = h.again(func(n int) int { return h.rng.IntN(n + 1) })
		if h.rng.IntN(6) == 0 || h.kills == kills/2 { // once at least, or nothing could be said of what goes back
			fail(h.look(t.Context()))
		}
	}
	h.storm(false)
	h.land()
	h.orders.Clumsy = false
	_, err := h.live(life{mode: drain, limit: 2 * drainWithin, fail: true})
	fail(err)
	fail(h.judge(t.Context()))
	fail(h.leaks())
	h.count(all)
}

// mortal is a life of some milliseconds: counted from its beginning, or from a promise or an attempt.
func (h *history) mortal() life {
	l := life{mode: work}
	switch h.rng.IntN(4) {
	case 0: // also while the file is opened
		l.limit = time.Duration(1+h.rng.IntN(150)) * time.Millisecond
	default:
		l.limit = 10 * time.Second
		left, what := 1+h.rng.IntN(60), []said{granted, sending, resulted, hooked, took, noted, asked}[h.rng.IntN(7)]
		after := 1 + h.rng.IntN(120)
		l.after = func(heard line) bool {
			after--
			if heard.What == what {
				left--
			}
			return left <= 0 || after <= 0
		}
	}
	return l
}

func (h *history) count(all *tally) {
	all.kills.Add(int64(h.kills))
	for _, c := range h.convs {
		for _, call := range c.Calls {
			all.promises.Add(int64(one(call.Number > 0)))
		}
		for _, e := range c.Reads[len(c.Reads)-1].Entries {
			all.copies.Add(int64(e.Unknown))
		}
	}
	for _, n := range h.requests() {
		all.arrivals.Add(int64(n))
	}
}
