package storetest

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/store"
)

// claims replaces Claim by f, which is called under the lock.
func claims(f func(m *model, limit int, lease time.Duration) ([]store.Key, time.Duration)) func(*subject) {
	return methods(func(s *subject, b *bent) {
		b.claim = func(ctx context.Context, limit int, lease time.Duration) ([]store.Key, time.Duration, error) {
			if err := s.honest.lock(ctx); err != nil {
				return nil, 0, err
			}
			defer s.honest.mu.Unlock()
			keys, next := f(s.m, limit, lease)
			return keys, next, nil
		}
	})
}

// claimed is what an honest Claim does once it has chosen.
func claimed(m *model, keys []store.Key, lease time.Duration) ([]store.Key, time.Duration) {
	next := m.next(keys)
	for _, key := range keys {
		m.lend(key, lease)
	}
	return keys, next
}

func first(keys []store.Key, limit int) []store.Key { return keys[:min(limit, len(keys))] }

// releases replaces the choice of what Release releases.
func releases(f func(m *model, bot string, all bool) []store.Key) func(*subject) {
	return methods(func(s *subject, b *bent) {
		b.release = func(ctx context.Context, bot string, all bool, limit int) (int, error) {
			if err := s.honest.lock(ctx); err != nil {
				return 0, err
			}
			defer s.honest.mu.Unlock()
			keys := first(f(s.m, bot, all), limit)
			for _, key := range keys {
				s.m.schedule(s.m.kept[key], 0)
			}
			return len(keys), nil
		}
	})
}

// where returns the conversations that f wants, in the order of their keys.
func where(m *model, f func(key store.Key, k *kept) bool) (keys []store.Key) {
	for key, k := range m.kept {
		if f(key, k) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, compareKeys)
	return keys
}

// brokenTimes break S11 to S13.
func brokenTimes() []broken {
	return []broken{
		{"gives no lease", []string{"S11", "S8", "S12", "S13"}, "", "two workers send the same event", claims(func(m *model, limit int, lease time.Duration) ([]store.Key, time.Duration) {
			due := first(m.dueNow(), limit)
			return due, m.next(due)
		})},
		{"looks, then takes", []string{"S11"}, "", "two workers look at once", methods(looksThenTakes)},
		{"hands out the newest first", []string{"S11"}, "S11 S12 S13", "who waits longest waits for ever", claims(func(m *model, limit int, lease time.Duration) ([]store.Key, time.Duration) {
			due := m.dueNow()
			slices.Reverse(due)
			return claimed(m, first(due, limit), lease)
		})},
		{"hands out one more", []string{"S11", "S12"}, "S11 S12 S13", "the worker has no room for it", claims(func(m *model, limit int, lease time.Duration) ([]store.Key, time.Duration) {
			return claimed(m, first(m.dueNow(), max(limit, limit+1)), lease)
		})},
		{"hands out what is due soon", []string{"S11"}, "S11 S12 S13", "a settle wait is cut short", claims(func(m *model, limit int, lease time.Duration) ([]store.Key, time.Duration) {
			return claimed(m, first(where(m, func(_ store.Key, k *kept) bool { return k.due-m.now <= 15*time.Second }), limit), lease)
		})},
		{"never ends a lease", []string{"S11", "S12"}, "S11 S12 S13", "what a dead worker held is lost", claims(func(m *model, limit int, lease time.Duration) ([]store.Key, time.Duration) {
			return claimed(m, first(m.dueNow(), limit), store.Never)
		})},
		{"lets the lease outlast a commit", []string{"S11", "S12"}, "S11 S12 S13", "an event that was accepted meanwhile waits", methods(leaseOutlasts)},
		{"never hands out what was not held", []string{"S11", "S3", "S8", "S12", "S13", "S15"}, "S11 S12 S13", "only released conversations are found", claims(func(m *model, limit int, lease time.Duration) ([]store.Key, time.Duration) {
			due := slices.DeleteFunc(m.dueNow(), func(key store.Key) bool { return !m.kept[key].held })
			return claimed(m, first(due, limit), lease)
		})},
		{"always says that more is due", []string{"S12", "S8"}, "S11 S12 S13", "the worker spins", claims(func(m *model, limit int, lease time.Duration) ([]store.Key, time.Duration) {
			keys, _ := claimed(m, first(m.dueNow(), limit), lease)
			return keys, 0
		})},
		{"never says that more is due", []string{"S8", "S11", "S12"}, "S11 S12 S13", "the worker sleeps", claims(func(m *model, limit int, lease time.Duration) ([]store.Key, time.Duration) {
			keys, _ := claimed(m, first(m.dueNow(), limit), lease)
			return keys, store.Never
		})},
		{"counts its own leases as next", []string{"S12"}, "S11 S12 S13", "the worker wakes for nothing", claims(func(m *model, limit int, lease time.Duration) ([]store.Key, time.Duration) {
			keys, _ := claimed(m, first(m.dueNow(), limit), lease)
			return keys, m.next(nil)
		})},
		{"leaves out the leases of others", []string{"S12"}, "S11 S12 S13", "what a dead worker held is found too late", claims(func(m *model, limit int, lease time.Duration) ([]store.Key, time.Duration) {
			keys := first(m.dueNow(), limit)
			next := m.next(append(where(m, func(_ store.Key, k *kept) bool { return k.held }), keys...))
			claimed(m, keys, lease)
			return keys, next
		})},
		{"releases what is not held", []string{"S13", "S8"}, "S11 S12 S13", "a retry wait is cut short", releases(func(m *model, bot string, all bool) []store.Key {
			return where(m, func(key store.Key, k *kept) bool { return k.due > m.now && (all || key.Bot == bot) })
		})},
		{"releases every bot", []string{"S13"}, "S11 S12 S13", "a bad key is tried again by all", releases(func(m *model, _ string, _ bool) []store.Key {
			return m.releasable("", true)
		})},
		{"takes all for a bot's name", []string{"S8", "S13"}, "S11 S12 S13", "the flag is not looked at", releases(func(m *model, bot string, _ bool) []store.Key {
			return m.releasable(bot, false)
		})},
		{"counts a release again", []string{"S13"}, "S11 S12 S13", "a caller that pages never comes to an end", releases(func(m *model, bot string, all bool) []store.Key {
			return where(m, func(key store.Key, k *kept) bool { return k.held && (all || key.Bot == bot) })
		})},
		{"ignores the limit of a release", []string{"S13"}, "", "a commit's time is over before the list is", methods(func(s *subject, b *bent) {
			b.release = func(ctx context.Context, bot string, all bool, limit int) (int, error) {
				return s.honest.Release(ctx, bot, all, store.NoLimit)
			}
		})},
		{"does not release what was claimed", []string{"S13"}, "S11 S12 S13", "it waits for the end of a lease whose worker gave up", claims(func(m *model, limit int, lease time.Duration) ([]store.Key, time.Duration) {
			due := first(m.dueNow(), limit)
			next := m.next(due)
			for _, key := range due {
				m.schedule(m.kept[key], lease)
				m.kept[key].held = false
			}
			return due, next
		})},
		{"holds for ever", []string{"S8", "S13"}, "S11 S12 S13", "a Commit did not take the mark away", methods(func(s *subject, b *bent) {
			ever := make(map[store.Key]bool)
			b.commit = func(ctx context.Context, c store.Change) error {
				if err := s.honest.lock(ctx); err != nil {
					return err
				}
				defer s.honest.mu.Unlock()
				if k := s.m.kept[c.Key]; k != nil && k.held {
					ever[c.Key] = true
				}
				err := s.m.commit(c)
				if err == nil && ever[c.Key] {
					s.m.kept[c.Key].held = true
				}
				return err
			}
		})},
	}
}

func looksThenTakes(s *subject, b *bent) {
	b.claim = func(ctx context.Context, limit int, lease time.Duration) ([]store.Key, time.Duration, error) {
		if err := s.honest.lock(ctx); err != nil {
			return nil, 0, err
		}
		due := first(s.m.dueNow(), limit)
		s.honest.mu.Unlock()
		for range 200 {
			runtime.Gosched()
		}
		s.honest.mu.Lock()
		defer s.honest.mu.Unlock()
		keys, next := claimed(s.m, due, lease)
		return keys, next, nil
	}
}

func leaseOutlasts(s *subject, b *bent) {
	leased := make(map[store.Key]time.Duration)
	b.claim = func(ctx context.Context, limit int, lease time.Duration) ([]store.Key, time.Duration, error) {
		keys, next, err := s.honest.Claim(ctx, limit, lease)
		s.honest.mu.Lock()
		defer s.honest.mu.Unlock()
		for _, key := range keys {
			leased[key] = s.m.kept[key].due
		}
		return keys, next, err
	}
	b.commit = func(ctx context.Context, c store.Change) error {
		if err := s.honest.lock(ctx); err != nil {
			return err
		}
		defer s.honest.mu.Unlock()
		err := s.m.commit(c)
		if until, ok := leased[c.Key]; ok && err == nil && until > s.m.now {
			s.m.kept[c.Key].due = until
		}
		return err
	}
}

// brokenPages break S14.
func brokenPages() []broken {
	return []broken{
		{"hands out the entry that after names", []string{"S9", "S14"}, "S14", "a caller that pages sees it twice", methods(func(s *subject, b *bent) {
			b.history = func(ctx context.Context, key store.Key, after uint64, limit int) ([]store.Entry, error) {
				return s.honest.History(ctx, key, max(after, 1)-1, limit)
			}
		})},
		{"leaves acknowledged entries out", []string{"S14", "S6", "S10", "S15"}, "S14", "the record of what was said has gaps", methods(func(s *subject, b *bent) {
			b.history = func(ctx context.Context, key store.Key, after uint64, limit int) ([]store.Entry, error) {
				got, err := s.honest.History(ctx, key, after, limit)
				return slices.DeleteFunc(got, func(e store.Entry) bool { return e.Outcome.Result == store.Acknowledged }), err
			}
		})},
		{"puts the pending last", []string{"S6", "S14"}, "S14", "the order of the numbers is the order of the visitor", methods(func(s *subject, b *bent) {
			b.history = func(ctx context.Context, key store.Key, after uint64, limit int) ([]store.Entry, error) {
				got, err := s.honest.History(ctx, key, after, limit)
				slices.SortStableFunc(got, func(a, b store.Entry) int {
					return int(min(b.Outcome.Result, 1)) - int(min(a.Outcome.Result, 1))
				})
				return got, err
			}
		})},
		{"has pages of ten", []string{"S14", "S1", "S6"}, "", "a limit of its own that nobody asked for", methods(func(s *subject, b *bent) {
			b.history = func(ctx context.Context, key store.Key, after uint64, limit int) ([]store.Entry, error) {
				return s.honest.History(ctx, key, after, min(limit, 10))
			}
		})},
		{"sorts parked keys by conversation", []string{"S14"}, "S14", "a caller that pages by key loses some", methods(func(s *subject, b *bent) {
			b.parked = func(ctx context.Context, after store.Key, limit int) ([]store.Key, error) {
				keys, err := s.honest.Parked(ctx, after, limit)
				slices.SortStableFunc(keys, func(a, b store.Key) int { return strings.Compare(a.Conversation, b.Conversation) })
				return keys, err
			}
		})},
		{"sorts parked keys as a dictionary does", []string{"S14"}, "", "the order of the database's language", methods(func(s *subject, b *bent) {
			b.parked = func(ctx context.Context, after store.Key, limit int) ([]store.Key, error) {
				keys, err := s.honest.Parked(ctx, after, limit)
				slices.SortStableFunc(keys, func(a, b store.Key) int {
					return compareKeys(store.Key{Bot: strings.ToLower(a.Bot), Conversation: strings.ToLower(a.Conversation)},
						store.Key{Bot: strings.ToLower(b.Bot), Conversation: strings.ToLower(b.Conversation)})
				})
				return keys, err
			}
		})},
		{"pages parked keys within one bot", []string{"S14"}, "S14", "conversations of the next bots are never seen", methods(func(s *subject, b *bent) {
			b.parked = func(ctx context.Context, after store.Key, limit int) ([]store.Key, error) {
				keys, err := s.honest.Parked(ctx, after, limit)
				return slices.DeleteFunc(keys, func(k store.Key) bool { return after != (store.Key{}) && k.Bot != after.Bot }), err
			}
		})},
		{"never takes a key off the list", []string{"S14"}, "S14", "a person looks at what was mended long ago", methods(func(s *subject, b *bent) {
			ever := make(map[store.Key]bool)
			b.commit = func(ctx context.Context, c store.Change) error {
				err := s.honest.Commit(ctx, c)
				s.honest.mu.Lock()
				defer s.honest.mu.Unlock()
				if err == nil && c.Conversation.Lane.Parked() {
					ever[c.Key] = true
				}
				return err
			}
			b.parked = func(ctx context.Context, after store.Key, limit int) ([]store.Key, error) {
				if err := s.honest.lock(ctx); err != nil {
					return nil, err
				}
				defer s.honest.mu.Unlock()
				return first(where(s.m, func(key store.Key, k *kept) bool {
					return ever[key] && compareKeys(key, after) > 0
				}), limit), nil
			}
		})},
	}
}

// brokenLives break S15.
func brokenLives() []broken {
	return []broken{
		{"writes through", []string{"S15"}, "S6 S14", "a roll-back takes nothing back", func(s *subject) {
			s.Begin = func(testing.TB) Transaction {
				return Transaction{Tx: s.honest, Commit: func() error { return nil }, Rollback: func() error { return nil }}
			}
		}},
		{"does not see its own changes", []string{"S15"}, "S15", "two events of one transaction get the same number", transactions(func(s *subject, tx *Transaction) {
			tx.Tx = blind{tx.Tx, s.honest}
		})},
		{"forgets the caller's commit", []string{"S15"}, "", "the row is there and the event is not", transactions(func(_ *subject, tx *Transaction) {
			tx.Commit = func() error { return nil }
		})},
		{"commits on roll-back", []string{"S15"}, "", "the event is there and the row is not", transactions(func(_ *subject, tx *Transaction) {
			tx.Rollback = tx.Commit
		})},
		{"is spoilt by a conflict", []string{"S15"}, "", "the caller's own rows are lost with it", transactions(func(_ *subject, tx *Transaction) {
			tx.Tx = &spoilt{Tx: tx.Tx}
		})},
		{"takes any revision in a transaction", []string{"S15"}, "", "an event that the guard would refuse is stored", transactions(func(_ *subject, tx *Transaction) {
			tx.Tx = careless{tx.Tx}
		})},
		{"loses what is due in a transaction", []string{"S15"}, "S11 S12 S13", "the event is stored and never sent", transactions(func(_ *subject, tx *Transaction) {
			tx.Tx = undue{tx.Tx}
		})},
	}
}

// transactions bends what Begin returns.
func transactions(f func(*subject, *Transaction)) func(*subject) {
	return func(s *subject) {
		begin := s.Begin
		s.Begin = func(t testing.TB) Transaction {
			tx := begin(t)
			f(s, &tx)
			return tx
		}
	}
}

type blind struct {
	store.Tx
	outside store.Store
}

func (b blind) Load(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
	return b.outside.Load(ctx, key, q)
}

type spoilt struct {
	store.Tx
	err error
}

func (s *spoilt) Commit(ctx context.Context, c store.Change) error {
	if s.err == nil {
		s.err = s.Tx.Commit(ctx, c)
	}
	return s.err
}

type careless struct{ store.Tx }

func (c careless) Commit(ctx context.Context, change store.Change) error {
	if now, err := c.Tx.Load(ctx, change.Key, store.Query{}); err == nil {
		change.Conversation.Revision = now.Conversation.Revision
	}
	return c.Tx.Commit(ctx, change)
}

type undue struct{ store.Tx }

func (u undue) Commit(ctx context.Context, c store.Change) error {
	c.Due = store.Due{After: store.Never}
	return u.Tx.Commit(ctx, c)
}
