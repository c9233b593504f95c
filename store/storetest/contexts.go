package storetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/escalationkit/escalation/store"
)

var errHostReason = errors.New("a reason of the host's own")

// calls are one of each method. The Commit is of a conversation of its own, never committed before.
func calls(s store.Store, commit store.Key) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Load": func(ctx context.Context) error {
			_, err := s.Load(ctx, key, store.Query{CallerKey: keyCanary})
			return err
		},
		"Commit": func(ctx context.Context) error {
			t := &talk{key: commit, due: store.Due{}}
			ch := t.change()
			accept(message(1))(&ch)
			return s.Commit(ctx, ch)
		},
		"Claim": func(ctx context.Context) error {
			_, _, err := s.Claim(ctx, 10, time.Hour)
			return err
		},
		"Release": func(ctx context.Context) error {
			_, err := s.Release(ctx, key.Bot, false, 10)
			return err
		},
		"History": func(ctx context.Context) error {
			_, err := s.History(ctx, key, 0, 10)
			return err
		},
		"Parked": func(ctx context.Context) error {
			_, err := s.Parked(ctx, store.Key{}, 10)
			return err
		},
	}
}

// contextBefore: when ctx is over nothing happens, whatever ended it.
func contextBefore(c *check) {
	due, held := c.talk("S3", key), c.talk("S3", numbered(key.Bot, 1))
	due.due, held.due = store.Due{}, store.Due{After: store.Never, Held: true}
	due.commit(accept(message(1)))
	held.commit(accept(message(1)))

	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	expired, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Hour))
	defer cancel()
	caused, cancelCause := context.WithCancelCause(context.Background())
	cancelCause(errHostReason)
	fresh := numbered(key.Bot, 2)
	for _, ctx := range []context.Context{cancelled, expired, caused} {
		for name, call := range calls(c.s.Store, fresh) {
			c.wantErr("S3", name+" with a ctx that was over", call(ctx), ctx.Err())
		}
	}
	c.wantSame("S3", "Load of what was committed with a ctx that was over", store.Snapshot{}, c.load("S3", fresh, store.Query{}))
	keys, _ := c.claim("S3", 10, time.Hour)
	c.wantSame("S3", "due after a Claim and a Release with a ctx that was over", []store.Key{key}, keys)
}

// contextDuring: however the end of ctx and a Commit meet, the error tells what became of the change.
func contextDuring(c *check) {
	const rounds = 100
	t := c.talk("S3", key)
	for n := uint64(1); n <= rounds; n++ {
		ctx, cancel := context.WithCancel(context.Background())
		ch := t.change()
		accept(message(n))(&ch)
		if n > 1 {
			resolve(message(n-1).Event, result(store.Acknowledged, int(n)))(&ch)
		}
		var err error
		c.each(2, func(n int) {
			if n == 0 {
				cancel()
			} else {
				err = c.s.Store.Commit(ctx, ch)
			}
		})
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			c.failed("S3", "Commit while ctx ends", err)
			return
		}
		got := c.load("S3", key, store.Query{}).Conversation.Revision
		if stored := got == t.conv.Revision+1; stored != (err == nil) {
			c.failf("S3", "Commit while ctx ends: the error is %v and the change is stored: %v", err, stored)
			return
		}
		if err != nil {
			ctx := context.Background()
			c.must("S3", "Commit again", c.s.Store.Commit(ctx, ch))
		}
		t.conv = ch.Conversation
		t.conv.Revision++
	}
}

// closed: every call fails, and says so.
func closed(c *check) {
	c.talk("S5", key).commit(accept(message(1)))
	c.must("S5", "Close", c.s.Close())
	for range 2 {
		for name, call := range calls(c.s.Store, numbered(key.Bot, 1)) {
			c.wantErr("S5", name+" after Close", call(context.Background()), store.ErrClosed)
		}
	}
}

// closedDuring: a call that meets Close is carried out or fails with ErrClosed.
func closedDuring(c *check) {
	const callers, rounds = 6, 3
	var warm sync.WaitGroup // until each caller has done its rounds
	warm.Add(callers)
	var over atomic.Bool
	c.each(callers+1, func(n int) {
		if n == callers {
			warm.Wait()
			if err := c.s.Close(); err != nil {
				c.failed("S5", "Close during calls", err)
			}
			over.Store(true)
			return
		}
		warmed := sync.OnceFunc(warm.Done)
		defer warmed()
		for i := 0; ; i++ {
			last := over.Load()
			for name, call := range calls(c.s.Store, numbered(key.Bot, n*1_000_000+i)) {
				switch err := call(context.Background()); {
				case errors.Is(err, store.ErrClosed):
					return
				case err != nil:
					c.failed("S5", name+" while the store is closed", err)
					return
				}
			}
			if last {
				c.failf("S5", "no call failed although Close had returned")
				return
			}
			if i == rounds {
				warmed()
			}
		}
	})
}
