package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/escalationkit/escalation/store"
)

// brokenForCallers break S1 to S5.
func brokenForCallers() []broken {
	return []broken{
		{"loses a change when two are made at once", []string{"S1", "S9"}, "", "both callers are told that theirs is stored", methods(losesInRaces)},
		{"locks for each other's conversations", []string{"S1", "S5"}, "", "a commit to one conversation fails because of another", methods(busy)},
		{"keeps the bodies it is given", []string{"S2"}, "S6 S14", "the caller's buffer is used again", after(func(m *model, c store.Change) {
			for _, e := range c.Accepted {
				if kept := m.kept[c.Key].entry(e.Number); kept.Body != nil {
					kept.Body = e.Body
				}
			}
		})},
		{"keeps the messages it is given", []string{"S2"}, "S6 S14", "the buffer of an HTTP request is used again", after(func(m *model, c store.Change) {
			for _, msg := range c.Received {
				for i := range m.kept[c.Key].messages {
					if kept := &m.kept[c.Key].messages[i]; kept.Number == msg.Number && !kept.Taken {
						kept.Body = msg.Body
					}
				}
			}
		})},
		{"keeps a replaced body", []string{"S2"}, "S6 S14", "the only slice behind a pointer", after(func(m *model, c store.Change) {
			if c.Replaced != nil {
				if kept := m.kept[c.Key].entry(c.Replaced.Number); kept.Body != nil {
					kept.Body = c.Replaced.Body
				}
			}
		})},
		{"drops bodies in the caller's change", []string{"S2"}, "", "S10 is about the store's copy, and a second try sends nothing", methods(func(s *subject, b *bent) {
			b.commit = func(ctx context.Context, c store.Change) error {
				err := s.honest.Commit(ctx, c)
				for i := range c.Accepted {
					c.Accepted[i].Body = nil
				}
				return err
			}
		})},
		{"sorts the caller's change", []string{"S2"}, "", "it looks harmless", methods(func(s *subject, b *bent) {
			b.commit = func(ctx context.Context, c store.Change) error {
				slices.Reverse(c.Resolved)
				return s.honest.Commit(ctx, c)
			}
		})},
		{"hands out the same history twice", []string{"S2"}, "", "callers write into what they were handed", methods(sharesHistory)},
		{"hands out its pending events", []string{"S2"}, "", "the delivery writes into what it was handed", methods(sharesPending)},
		{"ignores ctx", []string{"S3", "S15"}, "", "a cancelled request is stored all the same", ignoresContext},
		{"stores, then looks at ctx", []string{"S3"}, "", "the caller takes a stored event for lost", methods(func(s *subject, b *bent) {
			b.commit = func(ctx context.Context, c store.Change) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				err := s.honest.Commit(ctx, c)
				for range 200 {
					runtime.Gosched()
				}
				return errors.Join(err, ctx.Err())
			}
		})},
		{"hides why ctx ended", []string{"S3"}, "", "the caller cannot tell its own cancellation", methods(func(s *subject, b *bent) {
			b.parked = func(ctx context.Context, after store.Key, limit int) ([]store.Key, error) {
				if ctx.Err() != nil {
					return nil, errors.New("something went wrong")
				}
				return s.honest.Parked(ctx, after, limit)
			}
		})},
		{"shows the conversation", []string{"S4"}, "", "error texts end in logs", methods(func(s *subject, b *bent) {
			b.commit = func(ctx context.Context, c store.Change) error {
				if err := s.honest.Commit(ctx, c); err != nil {
					return fmt.Errorf("%s: %w", c.Key.Conversation, err)
				}
				return nil
			}
		})},
		{"shows the body to who digs", []string{"S4"}, "", "%+v of an error ends in logs too", methods(func(s *subject, b *bent) {
			b.commit = func(ctx context.Context, c store.Change) error {
				err := s.honest.Commit(ctx, c)
				if err != nil && len(c.Accepted) > 0 {
					return &leaky{err, string(c.Accepted[0].Body)}
				}
				return err
			}
		})},
		{"shows the caller key", []string{"S4"}, "", "it may be a name", methods(func(s *subject, b *bent) {
			b.load = func(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
				got, err := s.honest.Load(ctx, key, q)
				if err != nil {
					err = fmt.Errorf("looking for %q: %w", q.CallerKey, err)
				}
				return got, err
			}
		})},
		{"goes on after Close", []string{"S5"}, "", "a worker that nobody sees", func(s *subject) { s.Subject.Close = func() error { return nil } }},
		{"answers history after Close", []string{"S5"}, "", "one method forgot to look", methods(func(s *subject, b *bent) {
			b.history = func(ctx context.Context, key store.Key, after uint64, limit int) ([]store.Entry, error) {
				got, err := s.honest.History(ctx, key, after, limit)
				if errors.Is(err, store.ErrClosed) {
					return nil, nil
				}
				return got, err
			}
		})},
		{"has its own word for closed", []string{"S5"}, "", "the client would try again for ever", methods(func(s *subject, b *bent) {
			b.claim = func(ctx context.Context, limit int, lease time.Duration) ([]store.Key, time.Duration, error) {
				keys, next, err := s.honest.Claim(ctx, limit, lease)
				if errors.Is(err, store.ErrClosed) {
					err = errors.New("sql: database is closed")
				}
				return keys, next, err
			}
		})},
	}
}

// leaky hides a body from Error but not from %#v.
type leaky struct {
	error
	Body string
}

func (l *leaky) Error() string { return l.error.Error() }
func (l *leaky) Unwrap() error { return l.error }

func losesInRaces(s *subject, b *bent) {
	var under atomic.Int64
	b.commit = func(ctx context.Context, c store.Change) error {
		defer under.Add(-1)
		under.Add(1)
		for range 50 {
			runtime.Gosched()
		}
		if under.Load() > 1 {
			return ctx.Err()
		}
		return s.honest.Commit(ctx, c)
	}
}

func busy(s *subject, b *bent) {
	var mu sync.Mutex
	writing := make(map[store.Key]int)
	b.commit = func(ctx context.Context, c store.Change) error {
		mu.Lock()
		writing[c.Key]++
		mu.Unlock()
		for range 50 {
			runtime.Gosched()
		}
		mu.Lock()
		others := len(writing) > 1
		if writing[c.Key]--; writing[c.Key] == 0 {
			delete(writing, c.Key)
		}
		mu.Unlock()
		if others && ctx.Err() == nil && !s.isClosed() {
			return errors.New("database is locked")
		}
		return s.honest.Commit(ctx, c)
	}
}

func (s *honest) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func sharesHistory(s *subject, b *bent) {
	var mu sync.Mutex
	var last []store.Entry
	b.history = func(ctx context.Context, key store.Key, after uint64, limit int) ([]store.Entry, error) {
		got, err := s.honest.History(ctx, key, after, limit)
		mu.Lock()
		defer mu.Unlock()
		if err == nil && len(got) > 0 && diff(got, last) == "" {
			return last, nil
		}
		last = got
		return got, err
	}
}

func sharesPending(s *subject, b *bent) {
	var mu sync.Mutex
	last := make(map[store.Key][]store.Event)
	b.load = func(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
		got, err := s.honest.Load(ctx, key, q)
		mu.Lock()
		defer mu.Unlock()
		if pending := got.Conversation.Lane.Pending; err == nil && len(pending) > 0 && diff(pending, last[key]) == "" {
			got.Conversation.Lane.Pending = last[key]
		} else {
			last[key] = pending
		}
		return got, err
	}
}

func ignoresContext(s *subject) {
	over := context.Background()
	methods(func(s *subject, b *bent) {
		b.load = func(_ context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
			return s.honest.Load(over, key, q)
		}
		b.commit = func(_ context.Context, c store.Change) error { return s.honest.Commit(over, c) }
		b.claim = func(_ context.Context, limit int, lease time.Duration) ([]store.Key, time.Duration, error) {
			return s.honest.Claim(over, limit, lease)
		}
	})(s)
	begin := s.Begin
	s.Begin = func(t testing.TB) Transaction {
		tx := begin(t)
		tx.Tx = heedless{tx.Tx}
		return tx
	}
}

type heedless struct{ store.Tx }

func (h heedless) Load(_ context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
	return h.Tx.Load(context.Background(), key, q)
}
