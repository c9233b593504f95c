package memstore

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// record is what is kept of a conversation. Most conversations wait for somebody to write, so this is only what
// such a one needs; its size is one of the allocator's.
type record struct {
	bot      *bot
	id       string
	log      history
	revision uint64
	seq      uint64
	last     uint64 // event accepted
	received uint64 // message received
	round    int
	queue    *queue  // nil: zero
	active   *active // nil: there is nothing that it holds

	accepted, acknowledged fsm.State
	tookEscalate, tookEnd  bool
	maybeOver              bool
	finished               bool
}

// active is what is kept in addition while there is something to do, or to remember of troubles.
type active struct {
	// entries begins with the first unresolved event and holds every later one.
	entries   []store.Entry
	inbox     []store.Message // not taken
	notBefore time.Time
	since     time.Time // Lane.Held
	broken    uint64
	park      store.Park
	tries     int
	retryAt   time.Time // Inbox.NotBefore
	place     place
}

// quiet reports whether a holds nothing.
func (a *active) quiet() bool {
	return len(a.entries) == 0 && len(a.inbox) == 0 && !a.place.scheduled() && !a.place.held &&
		a.notBefore.IsZero() && a.since.IsZero() && a.broken == 0 && a.park == (store.Park{}) &&
		a.tries == 0 && a.retryAt.IsZero()
}

// entry returns the event with a number, or nil if it is unknown or was resolved with all before it.
func (a *active) entry(number uint64) *store.Entry {
	for i := range a.entries {
		if a.entries[i].Number == number {
			return &a.entries[i]
		}
	}
	return nil
}

// queue is store.Queue in less space.
type queue struct {
	last     events.EscalationQueueUpdate
	position string
	at       instant
}

func (r *record) setQueue(q store.Queue) {
	if q == (store.Queue{}) {
		r.queue = nil
		return
	}
	if r.queue == nil {
		r.queue = new(queue)
	}
	r.queue.at = instantOf(q.At)
	for _, text := range []struct {
		to   *string
		from string
	}{
		{&r.queue.last.QueuePosition, q.Last.QueuePosition},
		{&r.queue.last.WaitingTime, q.Last.WaitingTime},
		{&r.queue.position, q.Position},
	} {
		if *text.to != text.from {
			*text.to = strings.Clone(text.from) // it may be part of something large
		}
	}
}

// load fills in what Load answers.
func (r *record) load(found *store.Snapshot, q store.Query) {
	c := &found.Conversation
	c.Revision, c.Seq = r.revision, r.seq
	c.Lane.Round, c.Lane.Last = r.round, r.last
	c.Lane.Accepted, c.Lane.Acknowledged, c.Lane.MaybeOver = r.accepted, r.acknowledged, r.maybeOver
	c.Inbox.Last, c.Inbox.TookEscalate, c.Inbox.TookEnd = r.received, r.tookEscalate, r.tookEnd
	if r.queue != nil {
		c.Queue = store.Queue{Last: r.queue.last, At: r.queue.at.time(), Position: r.queue.position}
	}
	if a := r.active; a != nil {
		c.Lane.NotBefore, c.Lane.Held, c.Lane.Broken, c.Lane.Park = a.notBefore, a.since, a.broken, a.park
		c.Inbox.Tries, c.Inbox.NotBefore = a.tries, a.retryAt
		c.Lane.Pending, found.Bodies = a.pending()
		found.Inbox = copyAll(a.inbox, copyMessage)
	}
	if q.CallerKey != "" {
		found.Keyed = r.keyed(q.CallerKey)
	}
	if q.DeliveryID != "" {
		found.Delivered = r.delivered(q.DeliveryID)
	}
}

// pending returns copies of the unresolved events and their bodies.
func (a *active) pending() ([]store.Event, [][]byte) {
	n := 0
	for i := range a.entries {
		if a.entries[i].Outcome.Result == 0 {
			n++
		}
	}
	if n == 0 {
		return nil, nil
	}
	pending, bodies := make([]store.Event, 0, n), make([][]byte, 0, n)
	for i := range a.entries {
		if e := &a.entries[i]; e.Outcome.Result == 0 {
			pending = append(pending, e.Event)
			bodies = append(bodies, bytes.Clone(e.Body))
		}
	}
	return pending, bodies
}

// keyed returns a copy of the event that was accepted under a caller key, or nil.
func (r *record) keyed(key string) *store.Entry {
	if r.active != nil {
		for _, e := range r.active.entries {
			if e.CallerKey == key {
				found := copyEntry(e)
				return &found
			}
		}
	}
	return r.log.keyed(key)
}

// delivered returns a copy of the message that was received under a delivery id, or nil.
func (r *record) delivered(id string) *store.Message {
	if r.active != nil {
		for _, m := range r.active.inbox {
			if m.DeliveryID == id {
				found := copyMessage(m)
				return &found
			}
		}
	}
	return r.log.delivered(id)
}

func (r *record) history(after uint64, limit int) []store.Entry {
	found := r.log.page(after, limit)
	if r.active == nil {
		return found
	}
	for _, e := range r.active.entries {
		if len(found) >= limit {
			break
		}
		if e.Number > after {
			found = append(found, copyEntry(e))
		}
	}
	return found
}

// copyEntry shares nothing with e.
func copyEntry(e store.Entry) store.Entry {
	e.Body, e.Repairs = bytes.Clone(e.Body), slices.Clone(e.Repairs)
	return e
}

// copyMessage shares nothing with m.
func copyMessage(m store.Message) store.Message {
	m.Body = bytes.Clone(m.Body)
	return m
}

func copyAll[T any](all []T, f func(T) T) []T {
	if len(all) == 0 {
		return nil
	}
	copies := make([]T, len(all))
	for i := range all {
		copies[i] = f(all[i])
	}
	return copies
}
