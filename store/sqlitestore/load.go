package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/escalationkit/escalation/store"
)

// The parts of a snapshot; each of its rows begins with one.
const (
	partConversation = iota
	partPending
	partInbox
	partKeyed
	partRepair // of the keyed events before
	partDelivered
)

// maxLoads is how many calls of Load read at once. A pool keeps two idle connections unless it was told otherwise; with
// more readers than that it goes on opening and closing connections, which costs far more than the reading.
const maxLoads = 2

// Load returns what is stored of a conversation.
func (s *Store) Load(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
	if err := s.ready(ctx); err != nil {
		return store.Snapshot{}, err
	}
	select {
	case s.loads <- struct{}{}:
		defer func() { <-s.loads }()
	case <-ctx.Done():
		return store.Snapshot{}, s.reading(ctx, ctx.Err())
	}
	snap, err := s.pool().load(ctx, key, q)
	return snap, s.reading(ctx, err)
}

// History returns the entries of a conversation.
func (s *Store) History(ctx context.Context, key store.Key, after uint64, limit int) ([]store.Entry, error) {
	if err := s.ready(ctx); err != nil || limit <= 0 {
		return nil, err
	}
	entries, err := s.pool().history(ctx, key, after, limit)
	return entries, s.reading(ctx, err)
}

// Parked returns the keys of the conversations that wait for a person.
func (s *Store) Parked(ctx context.Context, after store.Key, limit int) ([]store.Key, error) {
	if err := s.ready(ctx); err != nil || limit <= 0 {
		return nil, err
	}
	rows, err := s.pool()(selectParked).QueryContext(ctx, after.Bot, after.Conversation, limit)
	if err != nil {
		return nil, s.reading(ctx, err)
	}
	var keys []store.Key
	err = eachRow(rows, func(r *row) {
		keys = append(keys, store.Key{Bot: r.text(), Conversation: r.text()})
	})
	return keys, s.reading(ctx, err)
}

// pool is the session of the reads: every statement on any connection.
func (s *Store) pool() session {
	return func(n statement) *sql.Stmt { return s.shared[n] }
}

// reading is the error of a read. A store that ended meanwhile, or a context that is over, is its reason, however the driver puts it.
func (s *Store) reading(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if over := s.ready(ctx); over != nil {
		return over
	}
	return fmt.Errorf("sqlitestore: %w", err)
}

func (s session) load(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
	rows, err := s(selectSnapshot).QueryContext(ctx, key.Bot, key.Conversation, optional(q.CallerKey), optional(q.DeliveryID))
	if err != nil {
		return store.Snapshot{}, err
	}
	var snap store.Snapshot
	var pending []store.Entry
	var repairs []store.Repair
	err = eachRow(rows, func(r *row) {
		switch r.int() {
		case partConversation:
			snap.Conversation = r.conversation()
		case partPending:
			pending = append(pending, r.entry())
		case partInbox:
			snap.Inbox = append(snap.Inbox, r.message())
		case partKeyed:
			e := r.entry()
			snap.Keyed = &e
		case partRepair:
			_, repair := r.repair()
			repairs = append(repairs, repair)
		case partDelivered:
			m := r.message()
			snap.Delivered = &m
		}
	})
	if err != nil {
		return store.Snapshot{}, err
	}
	inOrder(pending, func(e *store.Entry) uint64 { return e.Number })
	for _, e := range pending {
		snap.Conversation.Lane.Pending = append(snap.Conversation.Lane.Pending, e.Event)
		snap.Bodies = append(snap.Bodies, e.Body)
	}
	inOrder(snap.Inbox, func(m *store.Message) uint64 { return m.Number })
	if snap.Keyed != nil {
		snap.Keyed.Repairs = repairs
	}
	return snap, nil
}

func (s session) history(ctx context.Context, key store.Key, after uint64, limit int) ([]store.Entry, error) {
	rows, err := s(selectHistory).QueryContext(ctx, key.Bot, key.Conversation, number(after), limit)
	if err != nil {
		return nil, err
	}
	var entries []store.Entry
	repairs := make(map[uint64][]store.Repair)
	err = eachRow(rows, func(r *row) {
		if r.int() == partKeyed {
			entries = append(entries, r.entry())
			return
		}
		n, repair := r.repair()
		repairs[n] = append(repairs[n], repair)
	})
	if err != nil {
		return nil, err
	}
	inOrder(entries, func(e *store.Entry) uint64 { return e.Number })
	for i := range entries {
		entries[i].Repairs = repairs[entries[i].Number]
	}
	return entries, nil
}
