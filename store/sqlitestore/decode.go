package sqlitestore

import (
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// row reads the columns of one row from left to right. What does not fit sets err, which names the column and not the value.
type row struct {
	values []any
	next   int
	err    error
}

func (r *row) value() any {
	r.next++
	return r.values[r.next-1]
}

func (r *row) wrong(want string) {
	if r.err == nil {
		r.err = fmt.Errorf("column %d of the answer is no %s", r.next, want)
	}
}

func (r *row) integer() int64 {
	v, ok := r.value().(int64)
	if !ok {
		r.wrong("integer")
	}
	return v
}

func (r *row) int() int       { return int(r.integer()) }
func (r *row) number() uint64 { return uint64(r.integer()) }
func (r *row) flag() bool     { return r.integer() != 0 }

func (r *row) text() string {
	switch v := r.value().(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return string(v)
	}
	r.wrong("text")
	return ""
}

// blob returns bytes that nobody else has: database/sql copies what it scans.
func (r *row) blob() []byte {
	switch v := r.value().(type) {
	case nil:
		return nil
	case []byte:
		return append([]byte{}, v...)
	case string:
		return []byte(v)
	}
	r.wrong("blob")
	return nil
}

func (r *row) instant() time.Time {
	v := r.value()
	if v == nil {
		return time.Time{}
	}
	micros, ok := v.(int64)
	if !ok {
		r.wrong("instant")
	}
	return time.UnixMicro(micros).UTC()
}

// named reads one of the values that a closed type has.
func named[T fmt.Stringer](r *row, names map[string]T, what string) T {
	v, ok := names[r.text()]
	if !ok {
		r.wrong(what)
	}
	return v
}

func (r *row) state() fsm.State  { return named(r, states, "state") }
func (r *row) kind() events.Kind { return named(r, kinds, "kind") }

var (
	states  = byName(fsm.States()...)
	kinds   = byName(append(append(events.OutboundKinds().Kinds(), events.InboundKinds().Kinds()...), 0)...)
	results = byName(store.Acknowledged, store.Rejected, store.Superseded, store.Stranded, store.Expired, store.Cancelled, store.Skipped)
	reasons = byName(store.HeadRejected, store.HeadUnknown, store.HeadTooOld, store.HeadStranded)
)

func byName[T fmt.Stringer](all ...T) map[string]T {
	names := make(map[string]T, len(all))
	for _, v := range all {
		names[v.String()] = v
	}
	return names
}

func (r *row) conversation() (c store.Conversation) {
	c.Revision = r.number()
	l, q, in := &c.Lane, &c.Queue, &c.Inbox
	l.Round, l.Accepted, l.Acknowledged, l.Last = r.int(), r.state(), r.state(), r.number()
	r.value() // head
	l.NotBefore, l.Held, l.Broken, l.MaybeOver = r.instant(), r.instant(), r.number(), r.flag()
	if r.values[r.next] != nil {
		l.Park.Reason = named(r, reasons, "reason")
	} else {
		r.next++
	}
	l.Park.Number, l.Park.Cause = r.number(), r.number()
	q.Last.QueuePosition, q.Last.WaitingTime, q.At, q.Position = r.text(), r.text(), r.instant(), r.text()
	in.Last, in.TookEscalate, in.TookEnd, in.Tries, in.NotBefore = r.number(), r.flag(), r.flag(), r.int(), r.instant()
	c.Seq = r.number()
	return c
}

func (r *row) entry() (e store.Entry) {
	e.Number, e.Round, e.Kind, e.Deadline = r.number(), r.int(), r.kind(), r.instant()
	e.Attempts, e.Unknown, e.Spent, e.Free, e.Begun = r.int(), r.int(), r.int(), r.int(), r.flag()
	e.AcceptedAt, e.CallerKey = r.instant(), r.text()
	copy(e.Digest[:], r.blob())
	e.Body = r.blob()
	if r.values[r.next] != nil {
		e.Outcome.Result = named(r, results, "result")
	} else {
		r.next++
	}
	o := &e.Outcome
	o.Cause, o.Marked, o.Status, o.At = r.number(), r.flag(), r.int(), r.instant()
	return e
}

func (r *row) message() store.Message {
	return store.Message{Number: r.number(), Round: r.int(), From: r.state(), To: r.state(), Kind: r.kind(), Body: r.blob(),
		DeliveryID: r.text(), ReceivedAt: r.instant(), Taken: r.flag()}
}

func (r *row) repair() (number uint64, repair store.Repair) {
	number = r.number()
	return number, store.Repair{At: r.instant(), Verb: r.text(), By: r.text(), Why: r.text()}
}

// eachRow hands the rows of an answer to a function and closes it.
func eachRow(rows *sql.Rows, do func(*row)) error {
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	r := &row{values: make([]any, len(names))}
	into := make([]any, len(names))
	for i := range into {
		into[i] = &r.values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		r.next = 0
		if do(r); r.err != nil {
			return r.err
		}
	}
	return rows.Err()
}

// inOrder sorts by number what nearly always is so already.
func inOrder[T any](all []T, number func(*T) uint64) {
	slices.SortFunc(all, func(a, b T) int {
		switch x, y := number(&a), number(&b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
}
