package storetest

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/escalationkit/escalation/store"
)

// brokenRecords break S6 to S10.
func brokenRecords() []broken {
	return []broken{
		{"trims conversation ids", []string{"S6", "S14"}, "", "another visitor's conversation; the parked keys have such a pair too", methods(func(s *subject, b *bent) {
			trim := func(key store.Key) store.Key {
				key.Conversation = strings.TrimRight(key.Conversation, " ")
				return key
			}
			b.load = func(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
				return s.honest.Load(ctx, trim(key), q)
			}
			b.commit = func(ctx context.Context, c store.Change) error {
				c.Key = trim(c.Key)
				return s.honest.Commit(ctx, c)
			}
		})},
		{"forgets the cause of a park", []string{"S6"}, "S6 S14", "the error cannot say which event failed", change(func(c *store.Change) {
			c.Conversation.Lane.Park.Cause = 0
		})},
		{"leaves an old wait standing", []string{"S6"}, "S6 S14", "a field that became zero was taken for one that did not change", methods(func(s *subject, b *bent) {
			b.commit = func(ctx context.Context, c store.Change) error {
				old, err := s.honest.Load(ctx, c.Key, store.Query{})
				if err == nil && c.Conversation.Lane.NotBefore.IsZero() {
					c.Conversation.Lane.NotBefore = old.Conversation.Lane.NotBefore
				}
				return s.honest.Commit(ctx, c)
			}
		})},
		{"finds names of other conversations", []string{"S6", "S7"}, "S6 S14", "two callers may use the same key", methods(func(s *subject, b *bent) {
			b.load = func(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
				got, err := s.honest.Load(ctx, key, q)
				if err != nil || got.Conversation.Revision == 0 {
					return got, err
				}
				s.honest.mu.Lock()
				defer s.honest.mu.Unlock()
				for other := range s.m.kept {
					if found := s.m.load(other, q); found.Keyed != nil {
						got.Keyed = found.Keyed
					}
				}
				return got, err
			}
		})},
		{"finds names among the pending only", []string{"S6", "S10", "S15"}, "S6 S14", "a late repeat is accepted a second time", found(func(got *store.Snapshot, _ store.Query) {
			if got.Keyed != nil && got.Keyed.Outcome.Result != 0 {
				got.Keyed = nil
			}
		})},
		{"finds names by their beginnings", []string{"S6"}, "", "key 1 is not key 11", methods(func(s *subject, b *bent) {
			b.load = func(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
				got, err := s.honest.Load(ctx, key, q)
				if err != nil || q.CallerKey == "" || got.Keyed != nil {
					return got, err
				}
				all, err := s.honest.History(ctx, key, 0, store.NoLimit)
				for _, e := range all {
					if strings.HasPrefix(e.CallerKey, q.CallerKey) {
						got.Keyed = &e
					}
				}
				return got, err
			}
		})},
		{"keeps the last repair only", []string{"S6"}, "S6 S14", "who did what is a record, not a state", after(func(m *model, c store.Change) {
			for i := range m.kept[c.Key].entries {
				e := &m.kept[c.Key].entries[i]
				e.Repairs = e.Repairs[max(len(e.Repairs)-1, 0):]
			}
		})},
		{"does not look at the outcome of a new event", []string{"S6", "S10"}, "S6 S14", "an event that is over would be sent", change(func(c *store.Change) {
			for i := range c.Accepted {
				c.Accepted[i].Outcome = store.Outcome{}
			}
		})},
		{"changes the head's counters only", []string{"S6"}, "S6 S14", "the budget of a later event starts anew", change(func(c *store.Change) {
			c.Changed = c.Changed[:min(len(c.Changed), 1)]
		})},
		{"loses the counters of an event's end", []string{"S6"}, "S6 S14", "the last attempt is not counted", methods(func(s *subject, b *bent) {
			b.commit = func(ctx context.Context, c store.Change) error {
				old, err := s.honest.Load(ctx, c.Key, store.Query{})
				c.Resolved = slices.Clone(c.Resolved)
				for i := range c.Resolved {
					for _, ev := range old.Conversation.Lane.Pending {
						if err == nil && ev.Number == c.Resolved[i].Event.Number {
							c.Resolved[i].Event = ev
						}
					}
				}
				return s.honest.Commit(ctx, c)
			}
		})},
		{"sorts messages as texts", []string{"S6"}, "", "10 comes before 2", found(func(got *store.Snapshot, _ store.Query) {
			slices.SortFunc(got.Inbox, func(a, b store.Message) int { return strings.Compare(fmt.Sprint(a.Number), fmt.Sprint(b.Number)) })
		})},
		{"cuts long bodies", []string{"S6"}, "", "a column of 64 KiB", change(func(c *store.Change) {
			for i := range c.Accepted {
				c.Accepted[i].Body = c.Accepted[i].Body[:min(len(c.Accepted[i].Body), 1<<16)]
			}
		})},
		{"answers in local time", []string{"S7"}, "S7", "a caller that compares with == is wrong twice a year", found(func(got *store.Snapshot, _ store.Query) {
			if !got.Conversation.Queue.At.IsZero() {
				got.Conversation.Queue.At = got.Conversation.Queue.At.In(time.FixedZone("here", 3600))
			}
		})},
		{"rounds instants", []string{"S7"}, "S6 S14", "a deadline that is later than the one that was kept", change(func(c *store.Change) {
			c.Conversation.Lane.NotBefore = c.Conversation.Lane.NotBefore.Round(time.Microsecond)
		})},
		{"keeps milliseconds", []string{"S6", "S7"}, "S6 S14", "not as fine as promised", after(func(m *model, c store.Change) {
			for i := range m.kept[c.Key].messages {
				msg := &m.kept[c.Key].messages[i]
				msg.ReceivedAt = msg.ReceivedAt.Truncate(time.Millisecond)
			}
		})},
		{"keeps nanoseconds", []string{"S7"}, "S7", "two stores differ about the same change", after(func(m *model, c store.Change) {
			m.kept[c.Key].conv.Inbox.NotBefore = c.Conversation.Inbox.NotBefore.UTC()
		})},
		{"takes zero for 1970", []string{"S6", "S7", "S15"}, "S6 S14", "IsZero is false: the scope counts as closed", found(func(got *store.Snapshot, _ store.Query) {
			if got.Conversation.Lane.Held.IsZero() && got.Conversation.Revision > 0 {
				got.Conversation.Lane.Held = time.Unix(0, 0).UTC()
			}
		})},
		{"makes up a conversation", []string{"S7", "S3", "S15"}, "S6 S14", "a conversation that was never opened takes events", found(func(got *store.Snapshot, _ store.Query) {
			if got.Conversation.Revision == 0 {
				got.Conversation.Lane.Round = 1
			}
		})},
		{"stores in two steps", []string{"S8"}, "", "a crash between them leaves half a change", methods(func(s *subject, b *bent) {
			var loads atomic.Int64
			b.load = func(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
				loads.Add(1)
				return s.honest.Load(ctx, key, q)
			}
			b.commit = func(ctx context.Context, c store.Change) error {
				first := c
				first.Received = nil
				if err := s.honest.Commit(ctx, first); err != nil {
					return err
				}
				if c.Received == nil {
					return nil
				}
				// Until one that began after the first step has seen it, if anybody loads.
				for seen, tries := loads.Load(), 0; loads.Load() < seen+3 && tries < 2000; tries++ {
					runtime.Gosched()
				}
				s.honest.mu.Lock()
				defer s.honest.mu.Unlock()
				if k := s.m.kept[c.Key]; k != nil {
					k.messages = append(k.messages, cloneMessages(c.Received)...)
				}
				return nil
			}
		})},
		{"says stored when it is not", []string{"S8", "S15"}, "", "the next process does not know the last change", forgetsTheLast},
		{"forgets the inbox over a restart", []string{"S8"}, "S6 S14", "a webhook that was answered 200", reopened(func(m *model) {
			for _, k := range m.kept {
				k.messages = nil
			}
		})},
		{"forgets what is due over a restart", []string{"S8"}, "S11 S12 S13", "nobody sends what was accepted", reopened(func(m *model) {
			for _, k := range m.kept {
				k.due = modelNever
			}
		})},
		{"takes the last writer's word", []string{"S1", "S9"}, "S9 S6", "a refused event is stored", methods(func(s *subject, b *bent) {
			b.commit = func(ctx context.Context, c store.Change) error {
				if err := s.honest.lock(ctx); err != nil {
					return err
				}
				defer s.honest.mu.Unlock()
				c.Conversation.Revision = s.m.load(c.Key, store.Query{}).Conversation.Revision
				return s.m.commit(c)
			}
		})},
		{"refuses older revisions only", []string{"S9"}, "S9 S6", "a record of a store that was restored from a copy", methods(func(s *subject, b *bent) {
			b.commit = func(ctx context.Context, c store.Change) error {
				if err := s.honest.lock(ctx); err != nil {
					return err
				}
				defer s.honest.mu.Unlock()
				c.Conversation.Revision = min(c.Conversation.Revision, s.m.load(c.Key, store.Query{}).Conversation.Revision)
				return s.m.commit(c)
			}
		})},
		{"makes due what it refuses", []string{"S9"}, "", "half of a refused change", methods(func(s *subject, b *bent) {
			b.commit = func(ctx context.Context, c store.Change) error {
				err := s.honest.Commit(ctx, c)
				s.honest.mu.Lock()
				defer s.honest.mu.Unlock()
				if k := s.m.kept[c.Key]; err != nil && k != nil && ctx.Err() == nil {
					s.m.schedule(k, c.Due.After)
				}
				return err
			}
		})},
		{"counts claims as commits", []string{"S9", "S11", "S12", "S13"}, "S6 S14", "whoever loaded before the claim meets a conflict", methods(func(s *subject, b *bent) {
			b.claim = func(ctx context.Context, limit int, lease time.Duration) ([]store.Key, time.Duration, error) {
				keys, next, err := s.honest.Claim(ctx, limit, lease)
				s.honest.mu.Lock()
				defer s.honest.mu.Unlock()
				for _, key := range keys {
					s.m.kept[key].conv.Revision++
				}
				return keys, next, err
			}
		})},
		{"drops every resolved body", []string{"S10", "S1", "S6", "S7", "S14"}, "S6 S14", "a rejected event cannot be looked at", after(func(m *model, c store.Change) {
			for _, r := range c.Resolved {
				m.kept[c.Key].entry(r.Event.Number).Body = nil
			}
		})},
		{"keeps bodies of what an operator acknowledged", []string{"S10"}, "S6 S14", "acknowledged is acknowledged", after(func(m *model, c store.Change) {
			for _, r := range c.Resolved {
				if r.Outcome.Marked && r.Outcome.Result == store.Acknowledged {
					m.kept[c.Key].entry(r.Event.Number).Body = []byte("kept")
				}
			}
		})},
		{"keeps bodies of taken messages", []string{"S6", "S10"}, "", "personal data that nobody needs", after(func(m *model, c store.Change) {
			for i := range m.kept[c.Key].messages {
				if msg := &m.kept[c.Key].messages[i]; msg.Taken {
					msg.Body = bytes.Clone(webhook(msg.Number).Body)
				}
			}
		})},
		{"drops the digest with the body", []string{"S10", "S6"}, "S6 S14", "a repeat with another body goes unseen", after(func(m *model, c store.Change) {
			for i := range m.kept[c.Key].entries {
				if e := &m.kept[c.Key].entries[i]; e.Body == nil {
					e.Digest = store.Digest{}
				}
			}
		})},
	}
}

// forgetsTheLast keeps in memory what came last, as a store does that does not wait for the disk.
func forgetsTheLast(s *subject) {
	var safe *model
	methods(func(s *subject, b *bent) {
		b.commit = func(ctx context.Context, c store.Change) error {
			if err := s.honest.lock(ctx); err != nil {
				return err
			}
			defer s.honest.mu.Unlock()
			before := s.m.clone()
			err := s.m.commit(c)
			if err == nil {
				safe = before
			}
			return err
		}
	})(s)
	reopened(func(m *model) {
		if safe != nil {
			*m = *safe.clone()
			return
		}
		m.kept = make(map[store.Key]*kept)
	})(s)
}

// reopened bends what the next process finds.
func reopened(f func(*model)) func(*subject) {
	return func(s *subject) {
		reopen := s.Reopen
		s.Reopen = func(t testing.TB) store.Store {
			f(s.m)
			return reopen(t)
		}
	}
}
