package memstore

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/escalationkit/escalation/store"
)

// A Change that does not agree with what is stored is a bug of the caller's: to store a part of it would hide that.
var (
	errNotPending = errors.New("memstore: the change names an event that is not pending")
	errNotWaiting = errors.New("memstore: the change names a message that is not waiting to be taken")
)

// Commit implements [store.Store]. It refuses, having stored nothing, a change that names an event that is not
// pending or a message that is not waiting.
func (s *Store) Commit(ctx context.Context, c store.Change) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	r := s.find(c.Key)
	var revision uint64
	if r != nil {
		revision = r.revision
	}
	if revision != c.Conversation.Revision {
		return store.ErrConflict
	}
	if err := agree(r, &c); err != nil {
		return err
	}
	if r == nil {
		r = s.create(c.Key)
	}
	s.finished.withdraw(r)
	if r.active == nil {
		r.active = s.activate()
	}
	r.revision++
	wasParked := r.active.park.Reason != 0
	r.apply(&c)
	s.pack(r)
	if parked := r.active.park.Reason != 0; parked != wasParked {
		s.parked.set(r, parked)
	}
	if c.Due.After == store.Never {
		s.schedule(r, never)
	} else {
		s.schedule(r, after(s.elapsed(), c.Due.After))
	}
	s.letGo(r)
	if c.Due.Held {
		s.hold(r)
	}
	s.settle(r)
	return nil
}

// agree reports whether all that a change names is there. r may be nil.
func agree(r *record, c *store.Change) error {
	pending := func(number uint64) bool {
		if r != nil && r.active != nil {
			if e := r.active.entry(number); e != nil {
				return e.Outcome.Result == 0
			}
		}
		return slices.ContainsFunc(c.Accepted, func(e store.Entry) bool { return e.Number == number })
	}
	for i := range c.Changed {
		if !pending(c.Changed[i].Number) {
			return errNotPending
		}
	}
	for i := range c.Resolved {
		if !pending(c.Resolved[i].Event.Number) {
			return errNotPending
		}
	}
	if c.Replaced != nil && !pending(c.Replaced.Number) || c.Repair != nil && !pending(c.Repair.Number) {
		return errNotPending
	}
	for _, number := range c.Taken {
		has := func(m store.Message) bool { return m.Number == number }
		if (r == nil || r.active == nil || !slices.ContainsFunc(r.active.inbox, has)) && !slices.ContainsFunc(c.Received, has) {
			return errNotWaiting
		}
	}
	return nil
}

// create makes a record of a conversation that has none.
func (s *Store) create(key store.Key) *record {
	b := s.bots[key.Bot]
	if b == nil {
		b = &bot{name: strings.Clone(key.Bot), records: make(map[string]*record)}
		s.bots[b.name] = b
	}
	r := &record{bot: b, id: strings.Clone(key.Conversation)}
	b.records[r.id] = r
	return r
}

// apply stores a change that agrees with the record, all but when it is due. Resolved events and taken messages stay for
// pack to remove.
func (r *record) apply(c *store.Change) {
	a, lane, inbox := r.active, &c.Conversation.Lane, &c.Conversation.Inbox
	r.seq, r.round, r.last, r.received = c.Conversation.Seq, lane.Round, lane.Last, inbox.Last
	r.accepted, r.acknowledged, r.maybeOver = lane.Accepted, lane.Acknowledged, lane.MaybeOver
	r.tookEscalate, r.tookEnd = inbox.TookEscalate, inbox.TookEnd
	r.setQueue(c.Conversation.Queue)
	a.notBefore, a.since, a.broken, a.park = cut(lane.NotBefore), cut(lane.Held), lane.Broken, lane.Park
	a.tries, a.retryAt = inbox.Tries, cut(inbox.NotBefore)
	for i := range c.Accepted {
		a.accept(&c.Accepted[i])
	}
	for _, ev := range c.Changed {
		a.entry(ev.Number).Event = cutEvent(ev)
	}
	if c.Replaced != nil {
		e := a.entry(c.Replaced.Number)
		e.Body = bytes.Clone(c.Replaced.Body)
	}
	for i := range c.Resolved {
		e := a.entry(c.Resolved[i].Event.Number)
		e.Event, e.Outcome = cutEvent(c.Resolved[i].Event), cutOutcome(c.Resolved[i].Outcome)
	}
	if c.Repair != nil {
		e := a.entry(c.Repair.Number)
		e.Repairs = append(e.Repairs, cutRepair(c.Repair.Repair))
	}
	for i := range c.Received {
		a.receive(&c.Received[i])
	}
	for _, number := range c.Taken {
		for i := range a.inbox {
			if a.inbox[i].Number == number {
				a.inbox[i].Taken = true
			}
		}
	}
}

func (a *active) accept(from *store.Entry) {
	a.entries = append(a.entries, *from)
	e := &a.entries[len(a.entries)-1]
	e.Event, e.AcceptedAt, e.Outcome = cutEvent(from.Event), cut(from.AcceptedAt), cutOutcome(from.Outcome)
	e.CallerKey = strings.Clone(from.CallerKey)
	e.Body = bytes.Clone(from.Body)
	e.Repairs = copyAll(from.Repairs, cutRepair)
}

func (a *active) receive(from *store.Message) {
	a.inbox = append(a.inbox, *from)
	m := &a.inbox[len(a.inbox)-1]
	m.Body, m.DeliveryID, m.ReceivedAt = bytes.Clone(from.Body), strings.Clone(from.DeliveryID), cut(from.ReceivedAt)
}

// pack moves to the log what is over: the resolved events before the first unresolved one, and messages taken.
func (s *Store) pack(r *record) {
	a, over := r.active, 0
	for i := range a.entries {
		e := &a.entries[i]
		if e.Outcome.Result == store.Acknowledged {
			e.Body = nil
		}
		if over == i && e.Outcome.Result != 0 {
			s.scratch = r.log.add(instantOf(e.AcceptedAt), s.scratch, func(buf []byte, base instant) []byte {
				return packEntry(buf, base, e)
			})
			over++
		}
	}
	a.entries = slices.Delete(a.entries, 0, over)
	a.inbox = slices.DeleteFunc(a.inbox, func(m store.Message) bool {
		if m.Taken && m.DeliveryID != "" {
			s.scratch = r.log.add(instantOf(m.ReceivedAt), s.scratch, func(buf []byte, base instant) []byte {
				return packMessage(buf, base, &m)
			})
		}
		return m.Taken
	})
	if cap(s.scratch) > 4096 {
		s.scratch = nil
	}
}

// settle gives back what a record no longer needs, and forgets the one that finished first if there are too many.
func (s *Store) settle(r *record) {
	a := r.active
	if r.acknowledged.Terminal() && len(a.entries) == 0 && len(a.inbox) == 0 && !a.place.scheduled() {
		s.finished.push(r)
	}
	if a.quiet() {
		r.active = nil
		s.recycle(a)
	}
	for s.finished.live > s.keep {
		s.forget(s.finished.pop())
	}
}

// forget removes a finished record.
func (s *Store) forget(r *record) {
	if r.active != nil {
		s.letGo(r)
		s.parked.set(r, false)
	}
	delete(r.bot.records, r.id)
	if len(r.bot.records) == 0 {
		delete(s.bots, r.bot.name)
	}
}

// activate returns an empty active, an old one if there is one.
func (s *Store) activate() *active {
	if last := len(s.spare) - 1; last >= 0 {
		a := s.spare[last]
		s.spare = s.spare[:last]
		return a
	}
	return &active{place: place{at: never}}
}

// recycle keeps a few quiet ones for activate.
func (s *Store) recycle(a *active) {
	if len(s.spare) < 256 && cap(a.entries) <= 8 && cap(a.inbox) <= 8 {
		*a = active{entries: a.entries, inbox: a.inbox, place: place{at: never}}
		s.spare = append(s.spare, a)
	}
}

func cutEvent(ev store.Event) store.Event {
	ev.Deadline = cut(ev.Deadline)
	return ev
}

func cutOutcome(o store.Outcome) store.Outcome {
	o.At = cut(o.At)
	return o
}

func cutRepair(r store.Repair) store.Repair {
	return store.Repair{At: cut(r.At), Verb: strings.Clone(r.Verb), By: strings.Clone(r.By), Why: strings.Clone(r.Why)}
}
