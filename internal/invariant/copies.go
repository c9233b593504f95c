package invariant

import "github.com/escalationkit/escalation/store"

// admitted is how many copies that nobody knows of the record of an event owns up to.
func admitted(e *store.Event) int { return e.Unknown + one(e.Begun) }

// copiesAreAdmitted (I4): an event arrives at most once for each attempt that is recorded (twice where the key was refused and the
// transport got another), and the platform may have taken it in at most once for each attempt that ended unknown or is
// under way, and once more if it is acknowledged. So a second copy is never a surprise: an attempt is recorded before it is
// written, and an unknown outcome is owned up to. Earlier reads are held against what had arrived by then.
func copiesAreAdmitted(s *subject) {
	for i := range s.Reads {
		r, arrived := &s.Reads[i], s.tallies
		if last := i == len(s.Reads)-1; !last {
			if r.Arrived == 0 {
				continue
			}
			arrived = s.count(r.Arrived)
		}
		recorded := map[uint64]*store.Entry{}
		for j := range r.Entries {
			recorded[r.Entries[j].Number] = &r.Entries[j]
		}
		for n, t := range arrived {
			e := recorded[n]
			switch {
			case n == 0:
			case e == nil:
				s.broken(n, "read %d: it arrived %d times and is not there", i+1, t.writes)
			case t.writes > e.Attempts:
				s.broken(n, "read %d: it arrived %d times in %d attempts", i+1, t.writes, e.Attempts)
			case t.taken > admitted(&e.Event)+one(acknowledgedByAPI(e)):
				s.broken(n, "read %d: it may have been taken in %d times, %d attempts were unknown or under way, it is %v", i+1,
					t.taken, admitted(&e.Event), e.Outcome.Result)
			}
		}
	}
}

// duplicatesAreTold (I4): the result that the caller was told says that there may be a duplicate exactly if the record
// owns up to more than one copy.
func duplicatesAreTold(s *subject) {
	for _, r := range s.Results {
		e := s.entries[r.Number]
		if e == nil {
			continue // I7
		}
		if may := e.Unknown+one(acknowledgedByAPI(e)) > 1; r.MayBeDuplicate != may {
			s.broken(r.Number, "the caller was told of a possible duplicate: %v; unknown attempts %d, result %v", r.MayBeDuplicate,
				e.Unknown, e.Outcome.Result)
		}
	}
}

// acknowledgedArrived (I6): an event that is recorded as acknowledged, not by an operator, arrived and was answered so. The
// library never says that the API took in what it did not see.
func acknowledgedArrived(s *subject) {
	for i := range s.last.Entries {
		e := &s.last.Entries[i]
		if t := s.tallies[e.Number]; acknowledgedByAPI(e) && t.answered[Acknowledged] == 0 {
			s.broken(e.Number, "acknowledged; of its %d arrivals none was answered so", t.writes)
		}
	}
}

// traceIsExplained (I12): every arrival has the body of an accepted event, exactly, and an event is recorded as
// rejected only if the platform rejected it.
func traceIsExplained(s *subject) {
	for i, n := range s.numbers {
		if n == 0 {
			s.broken(0, "arrival %d is of no accepted event", i+1)
		}
	}
	for i := range s.last.Entries {
		e := &s.last.Entries[i]
		if e.Outcome.Result == store.Rejected && s.tallies[e.Number].answered[Rejected] == 0 {
			s.broken(e.Number, "rejected; of its %d arrivals none was answered so", s.tallies[e.Number].writes)
		}
	}
}
