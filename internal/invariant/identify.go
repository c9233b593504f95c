package invariant

import (
	"slices"

	"github.com/escalationkit/escalation/store"
)

// path is one way to put the arrivals so far down to events, by what matters for the next.
type path struct {
	number        uint64 // the highest so far
	writes, taken int    // its arrivals
	late          int    // those of them that came after the end of its round
	answered      [len(classNames)]int
	keyRefused    bool // the last was
}

// way is the best that leads to a path.
type way struct {
	faults int
	from   path
	number uint64 // of the arrival
}

// layer holds the paths over the same arrivals, in the order in which they were found.
type layer struct {
	order []path
	best  map[path]way
}

func (l *layer) put(p path, w way) {
	known, ok := l.best[p]
	if !ok {
		l.order = append(l.order, p)
	}
	if !ok || w.faults < known.faults {
		l.best[p] = w
	}
}

// prune drops the paths that are much worse than the best, so that their number stays small. In a legal world
// the right path is always among the best.
func (l *layer) prune() {
	const slack = 2
	least := l.best[l.order[0]].faults
	for _, p := range l.order {
		least = min(least, l.best[p].faults)
	}
	l.order = slices.DeleteFunc(l.order, func(p path) bool { return l.best[p].faults > least+slack })
}

// identify puts every arrival down to an event with its body, so that as little as possible is wrong. It has to choose
// only where several events have the same body. What it counts as wrong is an estimate that leans on all that the invariants
// look at later: a legal world has a way without any fault.
func (s *subject) identify() {
	s.prepare()
	candidates := s.candidates()
	layers := make([]layer, len(s.Trace)+1)
	layers[0] = layer{[]path{{}}, map[path]way{{}: {}}}
	for i := range s.Trace {
		next := layer{best: map[path]way{}}
		for _, p := range layers[i].order {
			before := layers[i].best[p].faults
			for _, n := range s.plausible(candidates[string(s.Trace[i].Body)], p.number) {
				after, faults := s.follow(p, n, i)
				next.put(after, way{before + faults, p, n})
			}
		}
		next.prune()
		layers[i+1] = next
	}
	final := layers[len(s.Trace)]
	end, least := final.order[0], -1
	for _, p := range final.order {
		if faults := final.best[p].faults + s.left(p, s.last.Conversation.Lane.Last+1); least < 0 || faults < least {
			end, least = p, faults
		}
	}
	s.numbers = make([]uint64, len(s.Trace))
	for i := len(s.Trace) - 1; i >= 0; i-- {
		w := layers[i+1].best[end]
		s.numbers[i], end = w.number, w.from
	}
}

// candidates returns the events by body.
func (s *subject) candidates() map[string][]uint64 {
	all := map[string][]uint64{}
	for n, bodies := range s.bodies {
		for _, b := range bodies {
			if of := all[string(b)]; s.entries[n] != nil && !slices.Contains(of, n) {
				all[string(b)] = append(of, n)
			}
		}
	}
	for _, of := range all {
		slices.Sort(of)
	}
	return all
}

// hints are what the rest of the world says of where an arrival belongs.
type hints struct {
	log    map[uint64]*account
	opened []int                     // rounds that were open before each arrival, the highest
	ended  []int                     // rounds that had ended, the highest
	stored []map[uint64]*store.Entry // the first read after each arrival; nil if there is none but the last
}

func (s *subject) prepare() {
	h := hints{opened: make([]int, len(s.Trace)), ended: make([]int, len(s.Trace)), stored: make([]map[uint64]*store.Entry, len(s.Trace))}
	if s.has&Log != 0 {
		h.log, _ = s.read()
		s.found = nil // told later
	}
	for _, t := range s.Turns {
		for i := t.After; i < len(s.Trace); i++ {
			if t.Ended {
				h.ended[i] = max(h.ended[i], t.Round)
			} else {
				h.opened[i] = max(h.opened[i], t.Round)
			}
		}
	}
	from := 0
	for i := range s.Reads[:len(s.Reads)-1] {
		r := &s.Reads[i]
		if r.Arrived == from {
			continue
		}
		entries := map[uint64]*store.Entry{}
		for j := range r.Entries {
			entries[r.Entries[j].Number] = &r.Entries[j]
		}
		for ; from < r.Arrived; from++ {
			h.stored[from] = entries
		}
	}
	s.hints = h
}

// plausible returns of the events with the arrival's body the last before the highest that arrived, that one, and
// those behind it as far as only few that must have arrived lie between. 0 stands for no event.
func (s *subject) plausible(of []uint64, highest uint64) []uint64 {
	if len(of) == 0 {
		return []uint64{0}
	}
	if len(of) == 1 {
		return of
	}
	const most = 2
	at, _ := slices.BinarySearch(of, highest)
	out := slices.Clone(of[max(at-1, 0):at])
	missed := 0
	for _, n := range of[at:] {
		out = append(out, n)
		if missed += one(s.lacks(path{number: n}) > 0); missed > most {
			break
		}
	}
	return out
}

// follow puts one more arrival down to event n, and counts what is wrong with that.
func (s *subject) follow(p path, n uint64, i int) (path, int) {
	a, faults := &s.Trace[i], 0
	switch {
	case n == 0:
		return p, 1
	case n < p.number:
		return p, 2
	case n > p.number:
		faults += s.left(p, n)
		p = path{number: n}
	}
	again := p.keyRefused
	p.keyRefused = a.KeyRefused && !again
	p.writes += one(!again)
	p.taken += one(a.Answer == Acknowledged || a.Answer == Unknown)
	p.answered[a.Answer]++
	e := s.entries[n]
	faults += excess(p, e)
	if stored := s.hints.stored[i]; stored != nil {
		faults += excess(p, stored[n])
	}
	if log := s.hints.log[n]; log != nil {
		faults += one(p.writes > e.Attempts-log.ended[NotSent])
	}
	if s.has&Rounds != 0 {
		p.late += one(e.Round <= s.hints.ended[i] && !again)
		faults += one(e.Round > s.hints.opened[i]) + one(p.late > 1)
	}
	return p, faults
}

// excess counts in how far an event arrived more often than its record admits.
func excess(p path, e *store.Entry) int {
	if e == nil {
		return 1
	}
	return one(p.writes > e.Attempts) + one(p.taken > admitted(&e.Event)+one(acknowledgedByAPI(e)))
}

// left counts what a path, and the events behind it up to another, leave unexplained.
func (s *subject) left(p path, to uint64) int {
	faults := s.lacks(p)
	for n := p.number + 1; n < to; n++ {
		faults += s.lacks(path{number: n})
	}
	return faults
}

// lacks counts what record and log say of the event and its arrivals do not show.
func (s *subject) lacks(p path) (faults int) {
	e := s.entries[p.number]
	if e == nil {
		return 0
	}
	faults = one(acknowledgedByAPI(e) && p.answered[Acknowledged] == 0) + one(e.Outcome.Result == store.Rejected && p.answered[Rejected] == 0)
	if log := s.hints.log[p.number]; log != nil {
		for _, c := range answers {
			faults += one(log.ended[c] > p.answered[c])
		}
	}
	return faults
}

// answers are the outcomes that only an answer brings about.
var answers = []Class{Acknowledged, RefusedScope, RefusedLater, Rejected}
