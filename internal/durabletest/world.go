package durabletest

import (
	"log/slog"
	"sync"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

// Disk is where conversations are kept. It outlives the processes.
type Disk interface {
	// Open returns a store on what is kept. It is called again when the one before was closed.
	Open() (store.Store, error)
	Close(store.Store) error
}

// Bound is how long after the end of all faults a conversation may take until it is drained or parked.
const Bound = 4 * time.Minute

// settings are drawn once for each case.
type settings struct {
	escalation.Config
	latency time.Duration // of each call of the store
}

// world is everything that outlives a process.
type world struct {
	settings
	disk  Disk
	convs []*account
	byKey map[store.Key]*account

	mu      sync.Mutex // guards what follows, all accounts, and the processes
	process *process
	badKey  map[string]bool    // the platform refuses the key of the bot
	under   int                // attempts under way
	worse   time.Time          // when something last happened that may close a gate
	refused map[string]*[]span // by bot: while its key was refused
	instant int64              // counts the moments at which calls began and ended
	serial  int                // makes bodies, keys and delivery ids unique
	broken  string             // the first thing that was wrong and was seen by a goroutine of a process
	waiting map[*waiter]bool
}

// Check is the property. It has to be called in a bubble of testing/synctest.
func Check(t *rapid.T, d Disk) {
	w := newWorld(t, d)
	t.Cleanup(w.bury)
	w.start(t, true)
	for _, a := range w.convs[:2] {
		w.webhook(t, a, visit{opens: true, patience: time.Minute})
	}
	w.look(t)
	t.Repeat(w.actions())
	w.finish(t)
}

func newWorld(t *rapid.T, d Disk) *world {
	w := &world{disk: d, byKey: map[store.Key]*account{}, badKey: map[string]bool{}, waiting: map[*waiter]bool{}, refused: map[string]*[]span{}}
	w.settings = settings{
		Config: escalation.Config{
			Bot: "bot-a", Logger: slog.New(slog.DiscardHandler),
			Settle:         rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "settle"),
			ImplicitOpen:   rapid.Bool().Draw(t, "implicit open"),
			HoldMessages:   rapid.IntRange(0, 3).Draw(t, "hold messages") == 0,
			HaltOnRejected: rapid.IntRange(0, 3).Draw(t, "halt on rejected") == 0,
			MaxPending:     rapid.SampledFrom([]int{0, 5}).Draw(t, "max pending"),
			MaxAttempts:    rapid.SampledFrom([]int{0, 1, 2}).Draw(t, "max attempts"),
		},
		latency: rapid.SampledFrom([]time.Duration{0, time.Millisecond}).Draw(t, "latency of the store"),
	}
	for _, k := range []store.Key{{Bot: "bot-a", Conversation: "1"}, {Bot: "bot-a", Conversation: "2"}, {Bot: "bot-b", Conversation: "1"}} {
		a := &account{
			Conversation: invariant.Conversation{Key: k}, keys: map[string]*keyed{}, deliveries: map[string]bool{},
			resolved: map[uint64]bool{}, told: map[uint64]bool{}, unknowns: map[string]int{},
		}
		w.convs, w.byKey[k] = append(w.convs, a), a
	}
	return w
}

// span is a time during which the answers to a bot were refusals of its key. It has no end while that goes on.
type span struct{ from, to time.Time }

// answered notes what the platform says of the key of a bot; the mutex is held.
func (w *world) answered(bot string, keyRefused bool) {
	all := w.refused[bot]
	if all == nil {
		all = new([]span)
		w.refused[bot] = all
	}
	goes := len(*all) > 0 && (*all)[len(*all)-1].to.IsZero()
	switch {
	case keyRefused && !goes && !w.process.ruined:
		*all = append(*all, span{from: time.Now()})
	case !keyRefused && goes:
		(*all)[len(*all)-1].to = time.Now()
	}
}

// paused is for how long between two instants the key of a conversation's bot was refused, at least as far as the conversation
// has to have heard of it: attempts may have been under way when that began. While it is parked it hears of nothing, and what
// waits in it goes on ageing.
func (w *world) paused(a *account, from, to time.Time) (all time.Duration) {
	const unheard = 65 * time.Second
	if w.refused[a.Key.Bot] == nil {
		return 0
	}
	parked := a.parked()
	for _, s := range *w.refused[a.Key.Bot] {
		s = s.within(span{from, to})
		heard := s.to.Sub(s.from) - unheard
		for _, p := range parked {
			p = p.within(s)
			heard -= max(0, p.to.Sub(p.from))
		}
		all += max(0, heard)
	}
	return all
}

// within is the part of a span that lies in another, which has an end.
func (s span) within(other span) span {
	s.from = later(s.from, other.from)
	if s.to.IsZero() || s.to.After(other.to) {
		s.to = other.to
	}
	return s
}

// parked returns when a conversation was parked. Where nobody was told because the process died, that may have been since the
// attempt before.
func (a *account) parked() (all []span) {
	var since, before time.Time
	for _, n := range a.Log {
		switch n.What {
		case invariant.Parked:
			since = n.At
			continue
		case invariant.Ended, invariant.Killed:
			before = n.At
			continue
		case invariant.Repaired:
			if since.IsZero() {
				since = before
			}
		}
		if !since.IsZero() { // begun, repaired, closed, opened
			all = append(all, span{since, n.At})
		}
		since, before = time.Time{}, n.At
	}
	if !since.IsZero() {
		all = append(all, span{from: since})
	}
	return all
}

// settle is how long nothing is sent after an unknown outcome.
func (w *world) settle() time.Duration {
	if w.Settle == 0 {
		return escalation.DefaultSettle
	}
	return w.Settle
}

// moment is a point of the order in which calls began and ended. The clock of the bubble stands still too often.
func (w *world) moment() time.Time {
	w.instant++
	return time.Unix(0, w.instant)
}

// wrong notes what a goroutine of a process saw; the mutex is held.
func (w *world) wrong(what string) {
	if w.broken == "" {
		w.broken = what
	}
}

// quiet waits until nothing more happens without time passing, and no call of the store is under way.
func (w *world) quiet() {
	for {
		synctest.Wait()
		w.mu.Lock()
		busy := w.process != nil && w.process.inStore > 0
		w.mu.Unlock()
		if !busy {
			return
		}
		time.Sleep(w.latency)
	}
}
