package sqlitestore

import (
	"context"
	"fmt"
	"runtime"
	"slices"
)

// maxBatch bounds how long the first of a batch waits for the last.
const maxBatch = 256

// job is one call that writes. It may be run more than once, each time in a transaction of its own or of its batch.
type job struct {
	run   func() error
	begun bool // guarded by Store.mu
	done  chan struct{}
	err   error // valid when done is closed
}

// write runs a function in a transaction on the writer, together with whatever others want to write at the time. There is
// no goroutine for it: whoever gets the turn writes for all that wait.
func (s *Store) write(ctx context.Context, run func() error) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	j := &job{run: run, done: make(chan struct{})}
	s.mu.Lock()
	s.queue = append(s.queue, j)
	s.mu.Unlock()
	select {
	case <-j.done:
	case s.turn <- struct{}{}:
		s.lead(ctx, j)
		<-s.turn
	case <-ctx.Done():
		if s.leave(j) {
			return fmt.Errorf("sqlitestore: %w", ctx.Err())
		}
	}
	<-j.done
	return j.err
}

// leave takes a job out of the queue unless it has begun.
func (s *Store) leave(j *job) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j.begun {
		return false
	}
	s.queue = slices.DeleteFunc(s.queue, func(q *job) bool { return q == j })
	return true
}

// lead commits what is queued until j is done, unless somebody else has taken care of it meanwhile.
func (s *Store) lead(ctx context.Context, j *job) {
	for !s.hasBegun(j) {
		if err := s.ready(ctx); err != nil {
			s.leave(j)
			j.finish(err)
			return
		}
		runtime.Gosched() // whoever is about to queue may still come along
		// Jobs begin only when the transaction has: who gives up while it waits for another writer leaves the queue.
		if err := s.begin(); err != nil {
			finish(s.take(), s.explain(err)) // nothing is in doubt
			continue
		}
		s.commit(s.take())
	}
}

func (s *Store) hasBegun(j *job) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return j.begun
}

// take begins what is queued.
func (s *Store) take() []*job {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch := s.queue
	s.queue = nil
	if len(batch) > maxBatch {
		batch, s.queue = batch[:maxBatch], slices.Clone(batch[maxBatch:])
	}
	for _, j := range batch {
		j.begun = true
	}
	return batch
}

func (j *job) finish(err error) {
	j.err = err
	close(j.done)
}

func finish(batch []*job, err error) {
	for _, j := range batch {
		j.finish(err)
	}
}
