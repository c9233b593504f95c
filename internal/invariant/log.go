package invariant

import "github.com/escalationkit/escalation/store"

// nothingBeginsTooLate (I10): in the log, no attempt begins in a round that is closed, in a parked conversation before it was repaired, or
// of an event that an answer settled: acknowledged.
func nothingBeginsTooLate(s *subject) {
	closed, parked := 0, false
	done := map[uint64]bool{}
	for _, n := range s.Log {
		switch n.What {
		case Begun:
			switch {
			case parked:
				s.broken(n.Number, "an attempt begins while the conversation is parked")
			case n.Round <= closed:
				s.broken(n.Number, "an attempt begins in round %d after its end", n.Round)
			case done[n.Number]:
				s.broken(n.Number, "an attempt begins after it was acknowledged")
			}
		case Ended:
			done[n.Number] = done[n.Number] || n.Class == Acknowledged
		case Closed:
			closed, parked = max(closed, n.Round), false
		case Opened:
			closed, parked = max(closed, n.Round-1), false
		case Parked:
			parked = true
		case Repaired, Killed: // a repair may be what could not be noted
			parked = false
		}
	}
}

// account is what the log says of one event.
type account struct {
	begun       int
	ended       [len(classNames)]int
	interrupted int // begun, and the process was killed before the end was noted
}

// read goes through the log: one attempt at a time, and each ends unless the process is killed.
func (s *subject) read() (all map[uint64]*account, kills int) {
	all = map[uint64]*account{}
	of := func(n uint64) *account {
		if all[n] == nil {
			all[n] = &account{}
		}
		return all[n]
	}
	under, lost := uint64(0), false // lost: the begin of the attempt that ends next may not have been noted
	for _, n := range s.Log {
		switch n.What {
		case Begun:
			if under != 0 {
				s.broken(n.Number, "an attempt begins while one of event %d is under way", under)
			}
			of(n.Number).begun++
			under, lost = n.Number, false
		case Ended:
			switch {
			case int(n.Class) >= len(classNames):
				s.broken(n.Number, "an attempt ends with no possible outcome")
				continue
			case under == n.Number:
				of(n.Number).ended[n.Class]++
			case lost && n.Class == Unknown: // the next process says of it that it ended so
				of(n.Number).interrupted--
				of(n.Number).ended[Unknown]++
			default:
				s.broken(n.Number, "an attempt ends that was not under way; event %d is", under)
			}
			under, lost = 0, false
		case Killed:
			kills++
			lost = true
			if under != 0 {
				of(under).interrupted++
			}
			under = 0
		}
	}
	return all, kills
}

// logAgrees (I12): the record has the attempts that the log has, with the same outcomes. Each kill may have kept one attempt, or the
// outcome of one, out of the log, none out of the record.
func logAgrees(s *subject) {
	all, kills := s.read()
	missing := 0
	for i := range s.last.Entries {
		e := &s.last.Entries[i]
		a := all[e.Number]
		if a == nil {
			a = &account{}
		}
		delete(all, e.Number)
		lost := e.Attempts - a.begun
		missing += max(lost, 0)
		open := lost + max(a.interrupted, 0) // attempts that may have ended without a note
		unknown, acked := e.Unknown-a.ended[Unknown], one(acknowledgedByAPI(e))-a.ended[Acknowledged]
		rejected := max(one(e.Outcome.Result == store.Rejected)-a.ended[Rejected], 0)
		switch {
		case lost < 0:
			s.broken(e.Number, "%d attempts are recorded, %d were seen", e.Attempts, a.begun)
		case unknown < 0 || acked < 0:
			s.broken(e.Number, "%d unknown attempts and %v are recorded; %d and %d acknowledged were seen", e.Unknown, e.Outcome.Result,
				a.ended[Unknown], a.ended[Acknowledged])
		case unknown+acked+rejected > open:
			s.broken(e.Number, "%d unknown attempts and %v are recorded; seen were %d, %d acknowledged, %d rejected, and %d that a kill may have hidden",
				e.Unknown, e.Outcome.Result, a.ended[Unknown], a.ended[Acknowledged], a.ended[Rejected], open)
		}
	}
	if missing > kills {
		s.broken(0, "%d attempts are recorded that were not seen, after %d kills", missing, kills)
	}
	for n := range all {
		s.broken(n, "an attempt of it was seen, and it is not there")
	}
}

// logExplainsTrace (I12): every outcome in the log that is an answer was given by the platform as often, and an attempt that
// was not sent did not arrive.
func logExplainsTrace(s *subject) {
	all, _ := s.read()
	s.found = nil // told by logAgrees
	for n, a := range all {
		t, e := s.tallies[n], s.entries[n]
		if e == nil {
			continue
		}
		for _, c := range answers {
			if a.ended[c] > t.answered[c] {
				s.broken(n, "%d attempts ended %v; the platform answered so %d times", a.ended[c], c, t.answered[c])
			}
		}
		if most := e.Attempts - a.ended[NotSent]; t.writes > most {
			s.broken(n, "it arrived %d times in %d attempts that were sent", t.writes, most)
		}
	}
}
