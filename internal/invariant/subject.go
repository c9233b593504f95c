package invariant

import (
	"fmt"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
)

// subject is one conversation on the bench.
type subject struct {
	language
	*Conversation
	has  Ability
	last *Read // nil without Record

	entries map[uint64]*store.Entry // of the last read
	moves   map[int][]*store.Entry  // by round: the acknowledged ones but messages
	bodies  map[uint64][][]byte     // that the event may have been sent with
	origin  map[uint64]*Call        // the call that explains the entry
	numbers []uint64                // of the event of each arrival; 0 if it is none's
	hints   hints
	tallies map[uint64]tally // of the whole trace

	judging ID
	found   []Violation
}

// tally counts the arrivals of one event.
type tally struct {
	writes    int // attempts that it takes to explain them
	taken     int // that the platform may have taken in
	answered  [len(classNames)]int
	firstSeen int // place of the first in the trace
}

func newSubject(w *World, c *Conversation, has Ability) *subject {
	s := &subject{language: w.language(), Conversation: c, has: has, entries: map[uint64]*store.Entry{}, moves: map[int][]*store.Entry{}}
	if has&Record == 0 {
		return s
	}
	s.last = &c.Reads[len(c.Reads)-1]
	for i := range s.last.Entries {
		e := &s.last.Entries[i]
		if s.entries[e.Number] == nil {
			s.entries[e.Number] = e
		}
		if e.Outcome.Result == store.Acknowledged && e.Kind != events.KindMessage {
			s.moves[e.Round] = append(s.moves[e.Round], e)
		}
	}
	if has&Calls != 0 {
		s.explain()
	}
	if has&onTrace == onTrace {
		s.identify()
		s.tallies = s.count(len(s.Trace))
	}
	return s
}

// count tallies the first arrivals of the trace by event.
func (s *subject) count(first int) map[uint64]tally {
	all := map[uint64]tally{}
	keyRefused := map[uint64]bool{} // the last arrival was: the next may belong to the same attempt
	for i, n := range s.numbers[:first] {
		a := &s.Trace[i]
		t, seen := all[n]
		if !seen {
			t.firstSeen = i
		}
		if keyRefused[n] {
			keyRefused[n] = false
		} else {
			t.writes++
			keyRefused[n] = a.KeyRefused
		}
		if a.Answer == Acknowledged || a.Answer == Unknown {
			t.taken++
		}
		t.answered[a.Answer]++
		all[n] = t
	}
	return all
}

// acknowledgedByAPI: and not by an operator.
func acknowledgedByAPI(e *store.Entry) bool {
	return e.Outcome.Result == store.Acknowledged && !e.Outcome.Marked
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// head is the lowest number without a result.
func head(l *store.Lane) uint64 {
	if len(l.Pending) == 0 {
		return l.Last + 1
	}
	return l.Pending[0].Number
}

func (s *subject) broken(number uint64, format string, args ...any) {
	s.found = append(s.found, Violation{s.judging, s.Key, number, fmt.Sprintf(format, args...)})
}

// contradictions are mistakes of the suite that filled the world.
func contradictions(w *World) []Violation {
	var found []Violation
	keys := map[store.Key]bool{}
	for i := range w.Conversations {
		c := &w.Conversations[i]
		bad := func(yes bool, what string) {
			if yes {
				found = append(found, Violation{0, c.Key, 0, what})
			}
		}
		undeclared := func(a Ability, n int) {
			bad(n > 0 && w.Knows&a == 0, "data are given that Knows does not declare: "+a.String())
		}
		bad(keys[c.Key], "it is in the world twice")
		keys[c.Key] = true
		bad(w.Knows&Record != 0 && len(c.Reads) == 0, "it was never read")
		undeclared(Record, len(c.Reads))
		undeclared(Trace, len(c.Trace))
		undeclared(Rounds, len(c.Turns))
		undeclared(Calls, len(c.Calls)+len(c.Replaced))
		undeclared(Results, len(c.Results))
		undeclared(Webhooks, len(c.Webhooks)+len(c.Taken))
		undeclared(Log, len(c.Log))
		arrived := 0
		for _, r := range c.Reads[:max(len(c.Reads)-1, 0)] {
			bad(r.Arrived < arrived || w.Knows&Trace != 0 && r.Arrived > len(c.Trace), "a read counts arrivals that the trace does not have")
			arrived = r.Arrived
		}
		after := 0
		for _, t := range c.Turns {
			bad(t.After < after || t.After > len(c.Trace), "a turn is out of its place in the trace")
			after = t.After
		}
		for _, a := range c.Trace {
			bad(int(a.Answer) >= len(classNames) || a.Answer == NotSent, "an arrival has no possible answer")
		}
	}
	return found
}
