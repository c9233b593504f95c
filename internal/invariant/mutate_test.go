package invariant_test

import (
	"math/rand/v2"
	"slices"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

// corruption spoils a legal world in one place, so that an invariant is broken for certain, and reports whether it
// found such a place.
type corruption func(c *spoiled) bool

// spoiled is a copy of a world with one conversation.
type spoiled struct {
	*rand.Rand
	w    *invariant.World
	c    *invariant.Conversation
	last *invariant.Read
}

func spoil(w invariant.World, r *rand.Rand) *spoiled {
	c := w.Conversations[0]
	c.Reads = slices.Clone(c.Reads)
	for i := range c.Reads {
		read := &c.Reads[i]
		read.Entries = slices.Clone(read.Entries)
		read.Untaken = slices.Clone(read.Untaken)
		read.Conversation.Lane.Pending = slices.Clone(read.Conversation.Lane.Pending)
	}
	c.Trace, c.Turns, c.Calls = slices.Clone(c.Trace), slices.Clone(c.Turns), slices.Clone(c.Calls)
	c.Replaced, c.Results, c.Log = slices.Clone(c.Replaced), slices.Clone(c.Results), slices.Clone(c.Log)
	c.Webhooks, c.Taken = slices.Clone(c.Webhooks), slices.Clone(c.Taken)
	w.Conversations = []invariant.Conversation{c}
	s := &spoiled{Rand: r, w: &w, c: &w.Conversations[0]}
	s.last = &s.c.Reads[len(s.c.Reads)-1]
	return s
}

func (s *spoiled) lane() *store.Lane { return &s.last.Conversation.Lane }

// entry draws one of the entries that fit.
func (s *spoiled) entry(fits func(*store.Entry) bool) *store.Entry {
	return draw(s.Rand, s.last.Entries, fits)
}

func draw[T any](r *rand.Rand, all []T, fits func(*T) bool) *T {
	var some []*T
	for i := range all {
		if fits(&all[i]) {
			some = append(some, &all[i])
		}
	}
	if len(some) == 0 {
		return nil
	}
	return some[r.IntN(len(some))]
}

// distinct: its body is in the conversation once.
func distinct(k events.Kind) bool {
	return k != events.KindEscalationFailed && k != events.KindAgentDisconnect
}

// number tells of which event an arrival is, by its body; 0 if several have it.
func (s *spoiled) number(a *invariant.Arrival) uint64 {
	for _, c := range s.c.Calls {
		if string(c.Body) == string(a.Body) && c.Answer == invariant.Granted && distinct(c.Kind) {
			return c.Number
		}
	}
	for _, r := range s.c.Replaced {
		if string(r.Body) == string(a.Body) && distinct(s.last.Entries[r.Number-1].Kind) {
			return r.Number
		}
	}
	return 0
}

// answered counts the arrivals of an event, those with the answer.
func (s *spoiled) answered(n uint64, fits func(invariant.Class) bool) int {
	count := 0
	for i := range s.c.Trace {
		if s.number(&s.c.Trace[i]) == n && fits(s.c.Trace[i].Answer) {
			count++
		}
	}
	return count
}

func isAck(c invariant.Class) bool { return c == invariant.Acknowledged }
func mayBeTaken(c invariant.Class) bool {
	return c == invariant.Acknowledged || c == invariant.Unknown
}

// proof is the only arrival that shows that its event was acknowledged.
func (s *spoiled) proof(a *invariant.Arrival) bool {
	n := s.number(a)
	// Of an event that nobody was told of, other arrivals may not be told by their bodies.
	return n != 0 && isAck(a.Answer) && acked(&s.last.Entries[n-1]) && s.answered(n, isAck) == 1 && s.answeredCall(n) != nil
}

func acked(e *store.Entry) bool {
	return e.Outcome.Result == store.Acknowledged && !e.Outcome.Marked
}

func pending(e *store.Entry) bool { return e.Outcome.Result == 0 }

func some(*store.Entry) bool { return true }

func (s *spoiled) kills() int {
	n := 0
	for _, note := range s.c.Log {
		if note.What == invariant.Killed {
			n++
		}
	}
	return n
}

func (s *spoiled) insert(at int, a invariant.Arrival) {
	s.c.Trace = slices.Insert(s.c.Trace, at, a)
	s.shift(at, 1)
}

func (s *spoiled) remove(at int) {
	s.c.Trace = slices.Delete(s.c.Trace, at, at+1)
	s.shift(at, -1)
}

// shift moves what counts arrivals.
func (s *spoiled) shift(at, by int) {
	for i := range s.c.Turns {
		if s.c.Turns[i].After > at {
			s.c.Turns[i].After += by
		}
	}
	for i := range s.c.Reads {
		if s.c.Reads[i].Arrived > at {
			s.c.Reads[i].Arrived += by
		}
	}
}

// at is the place of an element in its slice.
func at[T any](all []T, p *T) int {
	for i := range all {
		if &all[i] == p {
			return i
		}
	}
	return -1
}

// both changes an event in the history and in the lane.
func (s *spoiled) both(e *store.Entry, change func(*store.Event)) {
	change(&e.Event)
	for i := range s.lane().Pending {
		if p := &s.lane().Pending[i]; p.Number == e.Number {
			change(p)
		}
	}
}

func otherState(r *rand.Rand, but fsm.State) fsm.State {
	for {
		if s := fsm.State(r.IntN(fsm.NumStates)); s != but {
			return s
		}
	}
}
