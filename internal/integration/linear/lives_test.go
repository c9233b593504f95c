package linear_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/store"
)

// lives are clients on the same store, one after the other.
type lives struct {
	t     testing.TB
	store store.Store

	mu   sync.Mutex
	born *sync.Cond // on mu
	now  *escalation.Client
	fuse *fuse
	over bool // until the next begins
	died bool // one did; what nobody knows makes the checker's work hard
}

func newLives(t testing.TB, s store.Store) *lives {
	l := &lives{t: t, store: s}
	l.born = sync.NewCond(&l.mu)
	l.begin()
	return l
}

func (l *lives) begin() {
	f := &fuse{Store: l.store}
	c, err := escalation.New(f, &platform{}, &escalation.Config{Settle: time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		l.t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now, l.fuse, l.over = c, f, false
	l.born.Broadcast()
}

// alive returns the client, once there is one again.
func (l *lives) alive() *escalation.Client {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.over {
		l.born.Wait()
	}
	return l.now
}

// maybeEnd ends a life now and then, and begins the next.
func (l *lives) maybeEnd(rng *rand.Rand) {
	if rng.IntN(8) == 0 {
		l.end(!l.died && rng.IntN(2) == 0)
		l.begin()
	}
}

// end closes the client, or lets it die: from now on nothing that it does has any effect.
func (l *lives) end(dies bool) {
	l.mu.Lock()
	c := l.now
	l.over = true
	if dies {
		l.died = true
		l.fuse.blow()
	}
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := c.Close(ctx)
	if _, reported := errors.AsType[*escalation.CloseError](err); err != nil && !(dies && reported) {
		l.t.Errorf("Close: %v", err)
	}
}

// fuse is a store that can be cut off.
type fuse struct {
	store.Store
	mu   sync.RWMutex
	gone bool
}

var errGone = errors.New("the process is dead")

func (f *fuse) blow() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = true
}

func (f *fuse) Load(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.gone {
		return store.Snapshot{}, errGone
	}
	return f.Store.Load(ctx, key, q)
}

func (f *fuse) Commit(ctx context.Context, c store.Change) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.gone {
		return errGone
	}
	return f.Store.Commit(ctx, c)
}
