package invariant

import (
	"bytes"
	"slices"
)

// explain finds for every entry the call that it comes from, and the bodies that it may have been sent with. An
// entry that was promised has its promise; the others are put down to calls that ended without an answer, each to
// another one.
func (s *subject) explain() {
	s.origin, s.bodies = map[uint64]*Call{}, map[uint64][][]byte{}
	var open []*Call
	for i := range s.Calls {
		c := &s.Calls[i]
		switch {
		case c.Answer == Unanswered:
			open = append(open, c)
		case c.Answer == Granted && s.origin[c.Number] == nil:
			s.origin[c.Number] = c
			s.bodies[c.Number] = append(s.bodies[c.Number], c.Body)
		}
	}
	var left []uint64
	for n, e := range s.entries {
		if s.origin[n] == nil {
			left = append(left, n)
		}
		if e.Body != nil {
			s.bodies[n] = append(s.bodies[n], e.Body)
		}
	}
	for _, r := range s.Replaced {
		s.bodies[r.Number] = append(s.bodies[r.Number], r.Body)
	}
	slices.Sort(left)
	s.match(left, open)
}

// match gives as many entries as possible a call each, by augmenting paths.
func (s *subject) match(left []uint64, open []*Call) {
	holder := make([]uint64, len(open)) // of each call
	var give func(n uint64, tried []bool) bool
	give = func(n uint64, tried []bool) bool {
		for i, c := range open {
			if tried[i] || !s.fits(n, c) {
				continue
			}
			tried[i] = true
			if holder[i] == 0 || give(holder[i], tried) {
				holder[i] = n
				return true
			}
		}
		return false
	}
	for _, n := range left {
		give(n, make([]bool, len(open)))
	}
	for i, n := range holder {
		if n != 0 {
			s.origin[n] = open[i]
		}
	}
	for _, n := range left { // which of several calls is not known if the body is gone
		for _, c := range open {
			if s.fits(n, c) {
				s.bodies[n] = append(s.bodies[n], c.Body)
			}
		}
	}
}

// fits reports whether an entry may come from a call.
func (s *subject) fits(n uint64, c *Call) bool {
	e := s.entries[n]
	same := e.Body == nil || bytes.Equal(e.Body, c.Body)
	for _, r := range s.Replaced {
		same = same || r.Number == n
	}
	return same && e.Kind == c.Kind && e.CallerKey == c.CallerKey && (c.Round == 0 || e.Round == c.Round)
}
