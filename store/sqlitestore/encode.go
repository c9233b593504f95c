package sqlitestore

import (
	"math"
	"time"

	"github.com/escalationkit/escalation/store"
)

// conversationValues returns the values of conversationColumns as they are after a commit.
func conversationValues(c *store.Conversation) []any {
	l, q, in := &c.Lane, &c.Queue, &c.Inbox
	var head any
	if len(l.Pending) > 0 {
		head = int64(l.Pending[0].Number)
	}
	var parked any
	if l.Parked() {
		parked = l.Park.Reason.String()
	}
	return append(make([]any, 0, len(conversationColumns)+6),
		int64(c.Revision+1), l.Round, l.Accepted.String(), l.Acknowledged.String(), int64(l.Last), head,
		instant(l.NotBefore), instant(l.Held), int64(l.Broken), flag(l.MaybeOver),
		parked, int64(l.Park.Number), int64(l.Park.Cause),
		q.Last.QueuePosition, q.Last.WaitingTime, instant(q.At), q.Position,
		int64(in.Last), flag(in.TookEscalate), flag(in.TookEnd), in.Tries, instant(in.NotBefore), int64(c.Seq))
}

// eventValues returns the values of eventColumns.
func eventValues(e *store.Entry) []any {
	o := &e.Outcome
	return append(make([]any, 0, len(eventColumns)+2),
		int64(e.Number), e.Round, e.Kind.String(), instant(e.Deadline), e.Attempts, e.Unknown, e.Spent, e.Free, flag(e.Begun),
		instant(e.AcceptedAt), optional(e.CallerKey), digest(e.Digest), kept(e.Body, o.Result == store.Acknowledged),
		result(o.Result), int64(o.Cause), flag(o.Marked), o.Status, instant(o.At))
}

// counterValues returns the values of counterColumns, with room for what a statement needs besides.
func counterValues(e *store.Event) []any {
	return append(make([]any, 0, len(counterColumns)+9),
		e.Round, e.Kind.String(), instant(e.Deadline), e.Attempts, e.Unknown, e.Spent, e.Free, flag(e.Begun))
}

// messageValues returns the values of messageColumns.
func messageValues(m *store.Message) []any {
	return append(make([]any, 0, len(messageColumns)+2),
		int64(m.Number), m.Round, m.From.String(), m.To.String(), m.Kind.String(), kept(m.Body, m.Taken),
		optional(m.DeliveryID), instant(m.ReceivedAt), flag(m.Taken))
}

// instant is a time in microseconds; the zero time is NULL.
func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// after is the microsecond at which d has passed since now, and not earlier.
func after(now time.Time, d time.Duration) any {
	if d == store.Never {
		return nil
	}
	at := now.UnixMicro()
	wait := max(d, 0) + time.Duration(now.Nanosecond()%1000)
	if wait < 0 { // it overflows
		wait = math.MaxInt64
	}
	at += int64(wait / time.Microsecond)
	if wait%time.Microsecond != 0 {
		at++
	}
	return at
}

func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func digest(d store.Digest) any {
	if d == (store.Digest{}) {
		return nil
	}
	return d[:]
}

func kept(body []byte, dropped bool) any {
	if dropped || body == nil {
		return nil
	}
	return body
}

func result(r store.Result) any {
	if r == 0 {
		return nil
	}
	return r.String()
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// number is a record's number, or a bound on them, as SQLite can hold it.
func number(n uint64) int64 { return int64(min(n, math.MaxInt64)) }
