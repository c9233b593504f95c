package httptransport

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

var errRefreshLost = errors.New("the refresh ended without an answer")

// flights lets at most one refresh run per bot and stale key. A waiter whose context ends leaves
// alone; the refresh goes on for the others, on a context of its own.
type flights struct {
	timeout time.Duration
	closing context.Context // ends at close
	cancel  context.CancelFunc

	mu      sync.Mutex
	closed  bool
	running map[flightKey]*flight
	flying  sync.WaitGroup
}

// flightKey holds a digest, so that the key's text is in no map.
type flightKey struct {
	botID string
	stale [sha256.Size]byte
}

type flight struct {
	done  chan struct{} // closed when creds and err are set
	creds Credentials
	err   error
}

type fetchFunc func(context.Context) (Credentials, error)

func newFlights(timeout time.Duration) *flights {
	closing, cancel := context.WithCancel(context.Background())
	return &flights{timeout: timeout, closing: closing, cancel: cancel, running: make(map[flightKey]*flight)}
}

// do joins the refresh for stale, or starts it with fetch, and waits for it or for ctx.
func (f *flights) do(ctx context.Context, stale Credentials, fetch fetchFunc) (Credentials, error) {
	one, err := f.join(ctx, stale, fetch)
	if err != nil {
		return Credentials{}, err
	}
	select {
	case <-one.done:
		return one.creds, one.err
	case <-ctx.Done():
		return Credentials{}, whyEnded(ctx)
	}
}

func (f *flights) join(ctx context.Context, stale Credentials, fetch fetchFunc) (*flight, error) {
	key := flightKey{botID: stale.BotID, stale: sha256.Sum256([]byte(stale.Key.Reveal()))}
	f.mu.Lock()
	defer f.mu.Unlock()
	if one := f.running[key]; one != nil {
		return one, nil
	}
	if f.closed {
		return nil, ErrClosed
	}
	one := &flight{done: make(chan struct{}), err: errRefreshLost}
	f.running[key] = one
	f.flying.Go(func() { f.fly(context.WithoutCancel(ctx), key, one, fetch) })
	return one, nil
}

func (f *flights) fly(ctx context.Context, key flightKey, one *flight, fetch fetchFunc) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	stop := context.AfterFunc(f.closing, cancel)
	// Deferred, so that a fetch that ends its goroutine leaves no waiter behind.
	defer func() {
		stop()
		cancel()
		f.mu.Lock()
		delete(f.running, key)
		f.mu.Unlock()
		close(one.done)
	}()
	one.creds, one.err = fetch(ctx)
}

// close ends the contexts of all refreshes under way and waits for them. A repeat only waits.
func (f *flights) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.cancel()
	f.flying.Wait()
}
