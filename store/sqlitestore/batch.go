package sqlitestore

import (
	"context"
	"errors"
	"fmt"

	"github.com/escalationkit/escalation/store"
)

// begin opens a transaction that holds the write lock.
func (s *Store) begin() error {
	_, err := s.writer.ExecContext(context.Background(), "BEGIN IMMEDIATE")
	if err == nil {
		return nil
	}
	if left := leave(s.writer); left != nil { // a driver may fail after SQLite has begun
		return s.fail(fmt.Errorf("BEGIN: %w", errors.Join(err, left)))
	}
	return fmt.Errorf("BEGIN: %w", err)
}

// commit runs jobs in the open transaction and ends it. A conflict has written nothing and hurts nobody. If a job fails
// otherwise, all is taken back and each is tried alone. When commit returns the jobs are done.
func (s *Store) commit(batch []*job) {
	for _, j := range batch {
		j.err = j.run()
		if j.err == nil || errors.Is(j.err, store.ErrConflict) {
			continue
		}
		if err := leave(s.writer); err != nil {
			finish(batch, s.fail(fmt.Errorf("%w, and then ROLLBACK: %w", j.err, err)))
			return
		}
		s.alone(batch, j.err)
		return
	}
	if _, err := s.writer.ExecContext(context.Background(), "COMMIT"); err != nil {
		finish(batch, s.fail(fmt.Errorf("COMMIT: %w", err)))
		return
	}
	for _, j := range batch {
		close(j.done)
	}
}

// alone gives every job of a batch that failed a transaction of its own; one that was alone already has its error.
func (s *Store) alone(batch []*job, err error) {
	if len(batch) == 1 {
		finish(batch, s.explain(err))
		return
	}
	for i := range batch {
		if err := s.begin(); err != nil {
			finish(batch[i:i+1], s.explain(err))
			continue
		}
		s.commit(batch[i : i+1])
	}
}

// explain is the error of a call that left nothing behind.
func (s *Store) explain(err error) error {
	if errors.Is(err, store.ErrFailed) {
		return err
	}
	return fmt.Errorf("sqlitestore: %w", err)
}
