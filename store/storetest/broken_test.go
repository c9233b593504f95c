package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/escalationkit/escalation/store"
)

// broken is a store that breaks a clause.
type broken struct {
	name  string
	want  []string // the clauses that must be named, and no others
	walks string   // of these the random walks must name one; "" if they are not asked
	why   string
	bend  func(*subject)
}

// bent is a store in which some methods are replaced.
type bent struct {
	store.Store
	load    func(context.Context, store.Key, store.Query) (store.Snapshot, error)
	commit  func(context.Context, store.Change) error
	claim   func(context.Context, int, time.Duration) ([]store.Key, time.Duration, error)
	release func(context.Context, string, bool, int) (int, error)
	history func(context.Context, store.Key, uint64, int) ([]store.Entry, error)
	parked  func(context.Context, store.Key, int) ([]store.Key, error)
}

func (b *bent) Load(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
	if b.load != nil {
		return b.load(ctx, key, q)
	}
	return b.Store.Load(ctx, key, q)
}

func (b *bent) Commit(ctx context.Context, c store.Change) error {
	if b.commit != nil {
		return b.commit(ctx, c)
	}
	return b.Store.Commit(ctx, c)
}

func (b *bent) Claim(ctx context.Context, limit int, lease time.Duration) ([]store.Key, time.Duration, error) {
	if b.claim != nil {
		return b.claim(ctx, limit, lease)
	}
	return b.Store.Claim(ctx, limit, lease)
}

func (b *bent) Release(ctx context.Context, bot string, all bool, limit int) (int, error) {
	if b.release != nil {
		return b.release(ctx, bot, all, limit)
	}
	return b.Store.Release(ctx, bot, all, limit)
}

func (b *bent) History(ctx context.Context, key store.Key, after uint64, limit int) ([]store.Entry, error) {
	if b.history != nil {
		return b.history(ctx, key, after, limit)
	}
	return b.Store.History(ctx, key, after, limit)
}

func (b *bent) Parked(ctx context.Context, after store.Key, limit int) ([]store.Key, error) {
	if b.parked != nil {
		return b.parked(ctx, after, limit)
	}
	return b.Store.Parked(ctx, after, limit)
}

// methods replaces methods of the store.
func methods(f func(s *subject, b *bent)) func(*subject) {
	return func(s *subject) {
		b := &bent{Store: s.honest}
		f(s, b)
		s.Store = b
	}
}

// change bends what is committed.
func change(f func(*store.Change)) func(*subject) {
	return methods(func(s *subject, b *bent) {
		b.commit = func(ctx context.Context, c store.Change) error {
			c.Accepted, c.Resolved = slices.Clone(c.Accepted), slices.Clone(c.Resolved)
			c.Received, c.Changed = slices.Clone(c.Received), slices.Clone(c.Changed)
			f(&c)
			return s.honest.Commit(ctx, c)
		}
	})
}

// found bends what Load finds.
func found(f func(*store.Snapshot, store.Query)) func(*subject) {
	return methods(func(s *subject, b *bent) {
		b.load = func(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
			got, err := s.honest.Load(ctx, key, q)
			f(&got, q)
			return got, err
		}
	})
}

// after bends the model after each successful commit, within the same lock.
func after(f func(m *model, c store.Change)) func(*subject) {
	return methods(func(s *subject, b *bent) {
		b.commit = func(ctx context.Context, c store.Change) error {
			if err := s.honest.lock(ctx); err != nil {
				return err
			}
			defer s.honest.mu.Unlock()
			err := s.m.commit(c)
			if err == nil {
				f(s.m, c)
			}
			return err
		}
	})
}

func brokenStores() []broken {
	return slices.Concat(brokenForCallers(), brokenRecords(), brokenTimes(), brokenPages(), brokenLives())
}
