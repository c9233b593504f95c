package wire

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
)

// An op is one thing for the writer to do.
type op struct {
	put    *Exchange
	update bool
	done   chan struct{} // closed when everything before is in the file
}

// A writer writes what is queued in transactions of as much as there is, so that it keeps up while other writers hold
// the database's one write lock.
type writer struct {
	db     *sql.DB
	keep   int64
	first  int64 // the oldest number that may be in the file
	last   int64
	ops    chan op
	ended  chan struct{}
	failed chan struct{} // closed after err was set
	err    error
}

const (
	maxQueued = 256
	maxBatch  = 128
)

func startWriter(db *sql.DB, keep int, first int64) *writer {
	w := &writer{
		db: db, keep: int64(keep), first: first,
		ops: make(chan op, maxQueued), ended: make(chan struct{}), failed: make(chan struct{}),
	}
	go w.run()
	return w
}

// queue waits only while the queue is full.
func (w *writer) queue(o op) error {
	select {
	case <-w.failed:
		return w.err
	default:
	}
	w.ops <- o // somebody takes it, be it to discard it
	return nil
}

// flush returns when everything queued before it is in the file.
func (w *writer) flush(ctx context.Context) error {
	o := op{done: make(chan struct{})}
	select {
	case <-w.failed:
		return w.err
	case <-w.ended:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	case w.ops <- o:
	}
	select {
	case <-w.failed:
		return w.err
	case <-w.ended: // it may have been written just before
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-o.done:
		return nil
	}
}

// stop ends the writer when the queue is empty. The caller makes sure that nobody appends any more.
func (w *writer) stop() {
	w.ops <- op{}
	<-w.ended
}

func (w *writer) run() {
	defer close(w.ended)
	for {
		batch, more := w.collect()
		if err := w.write(batch); err != nil {
			w.err = fmt.Errorf("wire: the log cannot be written: %w", err)
			close(w.failed)
			w.discard(more)
			return
		}
		for _, o := range batch {
			if o.done != nil {
				close(o.done)
			}
		}
		if !more {
			return
		}
	}
}

// collect waits for one op and takes what else is there. It reports whether more may come.
func (w *writer) collect() (batch []op, more bool) {
	for o := range w.ops {
		if o.put == nil && o.done == nil {
			return batch, false
		}
		batch = append(batch, o)
		if len(batch) == maxBatch || len(w.ops) == 0 {
			break
		}
	}
	return batch, true
}

// discard takes what nobody can write any more, until stop.
func (w *writer) discard(more bool) {
	for more {
		o := <-w.ops
		more = o.put != nil || o.done != nil
	}
}

func (w *writer) write(batch []op) error {
	ctx := context.Background() // what was begun is ended
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing is left of it after a commit
	for _, o := range batch {
		if o.put == nil {
			continue
		}
		if err := put(ctx, tx, *o.put, o.update); err != nil {
			return err
		}
		w.last = max(w.last, o.put.N)
	}
	if w.last-w.first+1 > w.keep+w.keep/10 {
		first := w.last - w.keep + 1
		if _, err := tx.ExecContext(ctx, "DELETE FROM wire_exchange WHERE n < ?", first); err != nil {
			return err
		}
		w.first = first
	}
	return tx.Commit()
}

const (
	insert = `INSERT INTO wire_exchange (at, direction, bot, conversation, kind, method, url, headers, body, body_cut,
	status, outcome, detail, attempt, findings, took, answer, n) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	update = `UPDATE wire_exchange SET at = ?, direction = ?, bot = ?, conversation = ?, kind = ?, method = ?, url = ?, headers = ?,
	body = ?, body_cut = ?, status = ?, outcome = ?, detail = ?, attempt = ?, findings = ?, took = ?, answer = ? WHERE n = ?`
)

func put(ctx context.Context, tx *sql.Tx, x Exchange, again bool) error {
	headers, err := json.Marshal(x.Headers)
	if err != nil {
		return err
	}
	findings, err := json.Marshal(x.Findings)
	if err != nil {
		return err
	}
	text := insert
	if again {
		text = update
	}
	_, err = tx.ExecContext(ctx, text, x.At.UnixMicro(), x.Direction, x.Bot, x.Conversation, x.Kind, x.Method, x.URL, string(headers),
		x.Body, x.BodyCut, x.Status, x.Outcome, x.Detail, x.Attempt, string(findings), x.Took, x.Answer, x.N)
	return err
}
