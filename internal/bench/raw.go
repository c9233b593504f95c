package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// raw writes the rows that the store writes, as a program does that keeps no rules and knows every row's key: on one
// connection, with prepared statements that set only the columns that change, and with all that waits to be written
// in one transaction.
type raw struct {
	conn  *sql.Conn
	texts [4]*sql.Stmt
	jobs  chan rawJob
	done  sync.WaitGroup
}

// rawJob writes one event and its conversation.
type rawJob struct {
	write  func() error
	answer chan<- error
}

const (
	rawAcceptConversation = iota
	rawAccept
	rawSettleConversation
	rawSettle
)

var rawTexts = [4]string{
	rawAcceptConversation: `UPDATE escalation_conversation SET revision = ?, last = ?, head = ?, seq = ?, due_at = ?, held = 1, changed_at = ? WHERE id = ?`,
	rawAccept: `INSERT INTO escalation_event (conversation, number, round, kind, deadline, attempts, unknown, spent, free, begun, accepted_at, body,
		cause, marked, status) VALUES (?, ?, 1, 'message', ?, 1, 0, 0, 0, 1, ?, ?, 0, 0, 0)`,
	rawSettleConversation: `UPDATE escalation_conversation SET revision = ?, head = NULL, seq = ?, due_at = NULL, held = 0, changed_at = ? WHERE id = ?`,
	rawSettle: `UPDATE escalation_event SET begun = 0, result = 'acknowledged', status = 200, resolved_at = ?, body = NULL
		WHERE conversation = ? AND number = ?`,
}

// newRaw starts the goroutine that writes.
func newRaw(db *sql.DB) (*raw, error) {
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	r := &raw{conn: conn, jobs: make(chan rawJob, durableConversations)}
	for i, text := range rawTexts {
		if r.texts[i], err = conn.PrepareContext(ctx, text); err != nil {
			return nil, errors.Join(err, r.close())
		}
	}
	r.done.Go(r.run)
	return r, nil
}

// close ends the goroutine; no job may come any more.
func (r *raw) close() error {
	close(r.jobs)
	r.done.Wait()
	var errs []error
	for _, s := range r.texts {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(append(errs, r.conn.Close())...)
}

// run commits whatever is queued, again and again.
func (r *raw) run() {
	var batch []rawJob
	for first := range r.jobs {
		batch = append(batch[:0], first)
		runtime.Gosched() // whoever is about to queue may still come along
		for more := true; more; {
			select {
			case j, ok := <-r.jobs:
				if more = ok; ok {
					batch = append(batch, j)
				}
			default:
				more = false
			}
		}
		err := r.commit(batch)
		for _, j := range batch {
			j.answer <- err
		}
	}
}

// commit writes a batch. An error ends the measurement, so that nothing is taken back.
func (r *raw) commit(batch []rawJob) error {
	if _, err := r.conn.ExecContext(context.Background(), "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, j := range batch {
		if err := j.write(); err != nil {
			return err
		}
	}
	_, err := r.conn.ExecContext(context.Background(), "COMMIT")
	return err
}

// write executes a statement that has to change one row.
func (r *raw) write(statement int, args ...any) error {
	result, err := r.texts[statement].ExecContext(context.Background(), args...)
	if err != nil {
		return err
	}
	if rows, err := result.RowsAffected(); err != nil || rows != 1 {
		return fmt.Errorf("statement %d changed %d rows: %w", statement, rows, err)
	}
	return nil
}

// rawConversation is what the raw side remembers of a conversation.
type rawConversation struct {
	raw                       *raw
	id, revision, number, seq int64
	answer                    chan error
}

// conversation finds a conversation that has nothing to send.
func (r *raw) conversation(name string) (*rawConversation, error) {
	v := &rawConversation{raw: r, answer: make(chan error, 1)}
	err := r.conn.QueryRowContext(context.Background(),
		"SELECT id, revision, last, seq FROM escalation_conversation WHERE conversation = ?", name).
		Scan(&v.id, &v.revision, &v.number, &v.seq)
	return v, err
}

// How long after it was accepted a message may be sent, and a claim lasts. They are written, and that is all.
const (
	rawDeadline = 10 * time.Minute
	rawLease    = 2 * time.Minute
)

// send accepts a message and, when that is stored, records that it was acknowledged.
func (v *rawConversation) send(body []byte) error {
	v.number++
	if err := v.do(func(now time.Time) error {
		v.revision++
		v.seq += 2 // accepted; attempted
		return errors.Join(
			v.raw.write(rawAcceptConversation, v.revision, v.number, v.number, v.seq, now.Add(rawLease).UnixMicro(), now.UnixMicro(), v.id),
			v.raw.write(rawAccept, v.id, v.number, now.Add(rawDeadline).UnixMicro(), now.UnixMicro(), body),
		)
	}); err != nil {
		return err
	}
	return v.do(func(now time.Time) error {
		v.revision++
		v.seq += 2 // answered; acknowledged
		return errors.Join(
			v.raw.write(rawSettleConversation, v.revision, v.seq, now.UnixMicro(), v.id),
			v.raw.write(rawSettle, now.UnixMicro(), v.id, v.number),
		)
	})
}

// do has something written and waits for the commit.
func (v *rawConversation) do(write func(now time.Time) error) error {
	now := time.Now()
	v.raw.jobs <- rawJob{write: func() error { return write(now) }, answer: v.answer}
	return <-v.answer
}
