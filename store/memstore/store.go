package memstore

import (
	"context"
	"sync"
	"time"

	"github.com/escalationkit/escalation/store"
)

var _ store.Store = (*Store)(nil)

// DefaultKeepFinished is how many finished conversations are kept if the Config does not say.
const DefaultKeepFinished = 10_000

// Config holds what New does not need to be told. Its zero value, and nil, mean the defaults.
type Config struct {
	// KeepFinished is how many finished conversations are kept. 0: DefaultKeepFinished. Negative: none.
	KeepFinished int
	// Now is the clock that says what is due. It may be called at any time, while the store is locked. Default: time.Now.
	Now func() time.Time

	_ struct{}
}

// Store is a [store.Store] in memory. Make one with New.
type Store struct {
	now   func() time.Time
	start time.Time // what is due is kept as the time since
	keep  int

	mu       sync.Mutex // guards all below
	closed   bool
	bots     map[string]*bot
	due      dueHeap
	turns    uint64 // how often something was made due
	held     heldList
	parked   parkedIndex
	finished finishedQueue
	spare    []*active
	scratch  []byte
}

// bot holds the conversations of one bot.
type bot struct {
	name    string
	records map[string]*record
	held    heldList
}

// New makes an empty store. It does not keep cfg, which may be nil.
func New(cfg *Config) *Store {
	s := &Store{now: time.Now, keep: DefaultKeepFinished, bots: make(map[string]*bot)}
	if cfg != nil {
		if cfg.Now != nil {
			s.now = cfg.Now
		}
		if cfg.KeepFinished != 0 {
			s.keep = max(cfg.KeepFinished, 0)
		}
	}
	s.start = s.now()
	return s
}

// Close forgets everything. Every later call but Close fails with store.ErrClosed.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.bots, s.due, s.held, s.parked, s.finished, s.spare, s.scratch = nil, nil, heldList{}, nil, finishedQueue{}, nil, nil
	return nil
}

// lock begins a call. If it returns nil the caller must unlock s.mu.
func (s *Store) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return store.ErrClosed
	}
	return nil
}

// Load implements [store.Store].
func (s *Store) Load(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
	var found store.Snapshot
	if err := s.lock(ctx); err != nil {
		return found, err
	}
	defer s.mu.Unlock()
	if r := s.find(key); r != nil {
		r.load(&found, q)
	}
	return found, nil
}

// History implements [store.Store].
func (s *Store) History(ctx context.Context, key store.Key, after uint64, limit int) ([]store.Entry, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	r := s.find(key)
	if r == nil {
		return nil, nil
	}
	return r.history(after, limit), nil
}

// Parked implements [store.Store].
func (s *Store) Parked(ctx context.Context, after store.Key, limit int) ([]store.Key, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.parked.page(after, limit), nil
}

// find returns the record of a conversation, or nil.
func (s *Store) find(key store.Key) *record {
	b := s.bots[key.Bot]
	if b == nil {
		return nil
	}
	return b.records[key.Conversation]
}
