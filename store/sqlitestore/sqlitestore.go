package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/escalationkit/escalation/store"
)

// Config holds what is optional. The zero value and nil mean the defaults.
type Config struct {
	// Now is the clock by which conversations are due. It should be that of the client. Default: time.Now.
	Now func() time.Time
	// BusyTimeout is how long a commit waits for others that write to the database. Default: 10 s.
	BusyTimeout time.Duration
	// ManualMigration leaves it to the operator to call Migrate; Open then refuses a schema that is not up to date.
	ManualMigration bool

	_ struct{}
}

const defaultBusyTimeout = 10 * time.Second

// Store keeps conversations in a SQLite database. It is safe for concurrent use.
type Store struct {
	db     *sql.DB
	now    func() time.Time
	lock   *os.File
	writer *sql.Conn
	own    prepared // on writer
	shared prepared // on db

	loads chan struct{} // holds a token for every call of Load that reads
	turn  chan struct{} // holds a token while somebody writes
	mu    sync.Mutex
	queue []*job // not begun
	err   error  // why no call succeeds any more
}

var _ store.Store = (*Store)(nil)

// Open makes a store of the database, which must be a file and stays the caller's: Close does not close it. A database
// that is not fit for it is an *OpenError, and so is one that another store has open.
func Open(ctx context.Context, db *sql.DB, cfg *Config) (*Store, error) {
	var c Config
	if cfg != nil {
		c = *cfg
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.BusyTimeout == 0 {
		c.BusyTimeout = defaultBusyTimeout
	}
	switch {
	case db == nil:
		return nil, errors.New("sqlitestore: db is nil")
	case c.BusyTimeout < time.Millisecond:
		return nil, fmt.Errorf("sqlitestore: Config.BusyTimeout is %v, want at least 1ms", c.BusyTimeout)
	}
	s := &Store{db: db, now: c.Now, loads: make(chan struct{}, maxLoads), turn: make(chan struct{}, 1)}
	path, problems := s.open(ctx, &c)
	if len(problems) > 0 {
		s.release()
		return nil, &OpenError{Path: path, Problems: problems}
	}
	return s, nil
}

// open goes on as long as nothing is wrong, from what only looks to what changes the database.
func (s *Store) open(ctx context.Context, c *Config) (path string, problems []error) {
	if most := s.db.Stats().MaxOpenConnections; most == 1 { // it would wait for a second one forever
		return "", []error{&SettingError{Setting: "MaxOpenConns", Got: "1", Want: "0 or at least 2"}}
	}
	var err error
	if s.writer, err = s.db.Conn(ctx); err != nil {
		return "", []error{err}
	}
	path, problems = inspect(ctx, s.writer)
	if len(problems) > 0 {
		return path, problems
	}
	if s.lock, err = lockFile(path); err != nil {
		return path, []error{err}
	}
	if problems = configure(ctx, s.writer, c.BusyTimeout); len(problems) > 0 {
		return path, problems
	}
	check := migrate
	if c.ManualMigration {
		check = validate
	}
	if err = check(ctx, s.writer); err != nil {
		return path, []error{err}
	}
	if err = tryWriting(ctx, s.writer); err != nil {
		return path, []error{err}
	}
	if s.own, err = prepare(ctx, s.writer); err != nil {
		return path, []error{err}
	}
	if s.shared, err = prepare(ctx, s.db); err != nil {
		return path, []error{err}
	}
	return path, nil
}

// Close waits for the commits that have begun, ends the store and lets another one open the database. A repeat does nothing.
func (s *Store) Close() error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.mu.Lock()
	closed := errors.Is(s.err, store.ErrClosed)
	s.err = fmt.Errorf("sqlitestore: %w", store.ErrClosed)
	s.mu.Unlock()
	if closed {
		return nil
	}
	if err := s.release(); err != nil {
		return fmt.Errorf("sqlitestore: close: %w", err)
	}
	return nil
}

// release gives back whatever open got.
func (s *Store) release() error {
	errs := []error{s.own.close(), s.shared.close()}
	if s.writer != nil {
		if err := s.writer.Close(); !errors.Is(err, sql.ErrConnDone) { // fail discards it
			errs = append(errs, err)
		}
	}
	if s.lock != nil {
		errs = append(errs, closeLocked(s.lock))
	}
	return errors.Join(errs...)
}

// ready returns why a call must not begin.
func (s *Store) ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sqlitestore: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// fail ends the store: err left in doubt what is stored. The connection is thrown away, for it may still hold the lock.
func (s *Store) fail(err error) error {
	_ = s.own.close()
	discard(s.writer)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = fmt.Errorf("sqlitestore: %w: %w", store.ErrFailed, err)
	}
	return s.err
}
