package memstore

import (
	"container/heap"
	"context"
	"math"
	"time"

	"github.com/escalationkit/escalation/store"
)

// place says when a conversation is to be claimed.
type place struct {
	at    time.Duration // since Store.start; never
	turn  uint64        // decides between equal times: who was made due first
	index int           // in dueHeap, from 1; 0 if it is not in there
	// held: Release makes it due. It is in both lists then.
	held       bool
	ofAll, own links
}

// never is later than any time.
const never = time.Duration(math.MaxInt64)

func (p *place) scheduled() bool { return p.index > 0 }

// Claim implements [store.Store].
func (s *Store) Claim(ctx context.Context, limit int, lease time.Duration) ([]store.Key, time.Duration, error) {
	if err := s.lock(ctx); err != nil {
		return nil, 0, err
	}
	defer s.mu.Unlock()
	now := s.elapsed()
	var taken []*record
	for len(s.due) > 0 && len(taken) < limit && s.due[0].active.place.at <= now {
		r := s.due[0]
		s.schedule(r, never)
		taken = append(taken, r)
	}
	next := store.Never
	if len(s.due) > 0 {
		next = max(s.due[0].active.place.at-now, 0)
	}
	if len(taken) == 0 {
		return nil, next, nil
	}
	keys := make([]store.Key, len(taken))
	for i, r := range taken {
		keys[i] = store.Key{Bot: r.bot.name, Conversation: r.id}
		s.schedule(r, after(now, lease))
		s.hold(r)
	}
	return keys, next, nil
}

// Release implements [store.Store]. What is due already is not counted.
func (s *Store) Release(ctx context.Context, botName string, all bool, limit int) (int, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	list := &s.held
	if !all {
		b := s.bots[botName]
		if b == nil {
			return 0, nil
		}
		list = &b.held
	}
	now := s.elapsed()
	released := 0
	for released < limit && list.first != nil {
		r := list.first
		// It is in no list while it is due: the Claim that takes it puts it there again.
		s.letGo(r)
		if r.active.place.at > now {
			s.schedule(r, now)
			released++
		}
	}
	return released, nil
}

// elapsed is the time now.
func (s *Store) elapsed() time.Duration { return s.now().Sub(s.start) }

// after is now+d without overflow. What cannot be told from never is never.
func after(now, d time.Duration) time.Duration {
	d = max(d, 0)
	if now > never-d {
		return never
	}
	return now + d
}

// schedule makes an active record due.
func (s *Store) schedule(r *record, at time.Duration) {
	p := &r.active.place
	was := p.at
	p.at = at
	switch {
	case at == never:
		if p.scheduled() {
			heap.Remove(&s.due, p.index-1)
		}
	case p.scheduled() && was == at:
	default:
		s.turns++
		p.turn = s.turns
		if p.scheduled() {
			heap.Fix(&s.due, p.index-1)
		} else {
			heap.Push(&s.due, r)
		}
	}
}

// hold puts an active record where Release finds it.
func (s *Store) hold(r *record) {
	if !r.active.place.held {
		r.active.place.held = true
		s.held.push(r, (*place).inAll)
		r.bot.held.push(r, (*place).inBot)
	}
}

// letGo undoes hold.
func (s *Store) letGo(r *record) {
	if r.active.place.held {
		r.active.place.held = false
		s.held.remove(r, (*place).inAll)
		r.bot.held.remove(r, (*place).inBot)
	}
}

// dueHeap holds the records that are due some day, the first one first.
type dueHeap []*record

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	a, b := &h[i].active.place, &h[j].active.place
	if a.at != b.at {
		return a.at < b.at
	}
	return a.turn < b.turn
}

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].active.place.index, h[j].active.place.index = i+1, j+1
}

func (h *dueHeap) Push(x any) {
	r := x.(*record)
	*h = append(*h, r)
	r.active.place.index = len(*h)
}

func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	r := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	r.active.place.index = 0
	return r
}
