package wire

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"sync"
	"time"
)

// Config holds what is optional.
type Config struct {
	// Keep is how many exchanges are kept at least. Default: 5000.
	Keep int
	// Busy is how long to wait for other programs that write to the file. Default: 5 s.
	Busy time.Duration

	_ struct{}
}

// A Log is the one writer of a file, and reads it too. It is safe for concurrent use.
type Log struct {
	Reader
	remove string  // folder to remove at the end
	guard  *sql.DB // holds the lock
	writer *writer

	mu     sync.Mutex // orders what is queued
	clean  cleaner
	last   int64
	closed bool

	found Range
}

// A Range says which exchanges there are: those from First to Last, none if Last is 0.
type Range struct{ First, Last int64 }

// Open makes or opens the file at path; an empty path means a temporary file that Close removes.
func Open(ctx context.Context, path string, cfg *Config) (_ *Log, err error) {
	keep, busy := 5000, 5*time.Second
	if cfg != nil && cfg.Keep > 0 {
		keep = cfg.Keep
	}
	if cfg != nil && cfg.Busy > 0 {
		busy = cfg.Busy
	}
	l := &Log{}
	if l.path, l.remove, err = place(path); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = openError(l.path, errors.Join(err, l.release()))
		}
	}()
	if err := peek(ctx, l.path); err != nil {
		return nil, err
	}
	if l.guard, err = lock(ctx, l.path); err != nil {
		return nil, err
	}
	if l.db, err = openDB(l.path, writerParams(busy)); err != nil {
		return nil, err
	}
	if err := prepare(ctx, l.db); err != nil {
		return nil, err
	}
	err = l.db.QueryRowContext(ctx, "SELECT coalesce(max(n), 0), coalesce(min(n), 1) FROM wire_exchange").Scan(&l.found.Last, &l.found.First)
	if err != nil {
		return nil, err
	}
	l.last = l.found.Last
	l.writer = startWriter(l.db, keep, l.found.First)
	l.flush = l.writer.flush
	return l, nil
}

// Found returns which exchanges were in the file when it was opened.
func (l *Log) Found() Range { return l.found }

// Hide makes sure that secret, if it has at least MinSecret bytes, is kept nowhere in what is appended or updated from now
// on.
func (l *Log) Hide(secret string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clean.hide(secret)
}

// Append numbers x and keeps what may be kept of it, which it returns. An error means that the file could not be written,
// by this call or an earlier one, or ErrClosed.
func (l *Log) Append(x Exchange) (Exchange, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x = l.clean.clean(x)
	x.N = l.last + 1
	err := l.queue(op{put: &x})
	if err == nil {
		l.last = x.N
	}
	return x, err
}

// Update replaces the exchange of the same number, if it is still kept, and returns what it kept. Its errors are those of Append.
func (l *Log) Update(x Exchange) (Exchange, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x = l.clean.clean(x)
	return x, l.queue(op{put: &x, update: true})
}

// queue passes o on. The caller holds mu.
func (l *Log) queue(o op) error {
	if l.closed {
		return ErrClosed
	}
	return l.writer.queue(o)
}

// Failed is closed when the file could not be written; Err then says why.
func (l *Log) Failed() <-chan struct{} { return l.writer.failed }

// Err returns why the file could not be written.
func (l *Log) Err() error {
	select {
	case <-l.writer.failed:
		return l.writer.err
	default:
		return nil
	}
}

// Close writes what is queued and closes the file; a temporary one is removed. A repeat does nothing.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	l.writer.stop()
	return errors.Join(l.Err(), l.release())
}

// release gives back whatever Open got.
func (l *Log) release() error {
	var errs []error
	for _, db := range []*sql.DB{l.db, l.guard} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if l.remove != "" {
		errs = append(errs, os.RemoveAll(l.remove))
	}
	return errors.Join(errs...)
}
