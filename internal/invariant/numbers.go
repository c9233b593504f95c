package invariant

import (
	"slices"

	"github.com/escalationkit/escalation/store"
)

// numbersGapFree (I1): entries are numbered 1, 2, 3, … up to the last number that the conversation gave out, and the
// pending ones stand in that order. A gap is an event that was lost, a number twice an order that nobody knows.
func numbersGapFree(s *subject) {
	for i := range s.Reads {
		r := &s.Reads[i]
		for j, e := range r.Entries {
			if e.Number != uint64(j+1) {
				s.broken(e.Number, "read %d: entry %d of the history", i+1, j+1)
			}
		}
		if l := &r.Conversation.Lane; l.Last != uint64(len(r.Entries)) {
			s.broken(l.Last, "read %d: the last number given out, with %d entries", i+1, len(r.Entries))
		}
		last := uint64(0)
		for _, e := range r.Conversation.Lane.Pending {
			if e.Number <= last {
				s.broken(e.Number, "read %d: pending behind event %d", i+1, last)
			}
			last = e.Number
		}
	}
}

// numbersFollowCalls (I1): of two calls of Accept one of which had returned before the other began, the first has the lower
// number. Without that a caller who waits for each call could not count on any order.
func numbersFollowCalls(s *subject) {
	var byBegin, byEnd []*Call
	for i := range s.Calls {
		if c := &s.Calls[i]; c.Answer == Granted && !c.Repeated {
			byBegin, byEnd = append(byBegin, c), append(byEnd, c)
		}
	}
	slices.SortFunc(byBegin, func(a, b *Call) int { return a.Began.Compare(b.Began) })
	slices.SortFunc(byEnd, func(a, b *Call) int { return a.Ended.Compare(b.Ended) })
	highest, ended := uint64(0), 0
	for _, c := range byBegin {
		for ; ended < len(byEnd) && byEnd[ended].Ended.Before(c.Began); ended++ {
			highest = max(highest, byEnd[ended].Number)
		}
		if c.Number <= highest {
			s.broken(c.Number, "its call began after the one of event %d had returned", highest)
		}
	}
}

// nothingGoesBack (I9): from one read to the next no number of the conversation decreases, what an event is does not
// change, and where the revision is the same nothing is different. Going back means that a commit was lost or overwritten.
func nothingGoesBack(s *subject) {
	for i := 1; i < len(s.Reads); i++ {
		was, is := &s.Reads[i-1], &s.Reads[i]
		wasC, isC := &was.Conversation, &is.Conversation
		for _, n := range []struct {
			name    string
			was, is uint64
		}{
			{"revision", wasC.Revision, isC.Revision},
			{"last number", wasC.Lane.Last, isC.Lane.Last},
			{"head", head(&wasC.Lane), head(&isC.Lane)},
			{"round", uint64(wasC.Lane.Round), uint64(isC.Lane.Round)},
			{"observation", wasC.Seq, isC.Seq},
			{"webhook", wasC.Inbox.Last, isC.Inbox.Last},
		} {
			if n.is < n.was {
				s.broken(0, "read %d: %s %d after %d", i+1, n.name, n.is, n.was)
			} else if n.is != n.was && wasC.Revision == isC.Revision {
				s.broken(0, "read %d: %s %d after %d in the same revision", i+1, n.name, n.is, n.was)
			}
		}
		if l := &isC.Lane; l.Round == wasC.Lane.Round && wasC.Lane.Acknowledged.Terminal() && l.Acknowledged != wasC.Lane.Acknowledged {
			s.broken(0, "read %d: round %d is %v after it was %v", i+1, l.Round, l.Acknowledged, wasC.Lane.Acknowledged)
		}
		s.entriesStay(i, was, is)
	}
}

func (s *subject) entriesStay(i int, was, is *Read) {
	for _, p := range pairs(was, is) {
		a, b := p[0], p[1]
		switch {
		case a.Kind != b.Kind || a.Round != b.Round || a.CallerKey != b.CallerKey || !a.AcceptedAt.Equal(b.AcceptedAt):
			s.broken(b.Number, "read %d: kind, round, caller key or time of acceptance are not what they were", i+1)
		case b.Attempts < a.Attempts || b.Unknown < a.Unknown || len(b.Repairs) < len(a.Repairs):
			s.broken(b.Number, "read %d: %d attempts, %d unknown, %d repairs after %d, %d, %d", i+1,
				b.Attempts, b.Unknown, len(b.Repairs), a.Attempts, a.Unknown, len(a.Repairs))
		}
	}
}

// pairs returns the entries that two reads both have.
func pairs(was, is *Read) [][2]*store.Entry {
	byNumber := map[uint64]*store.Entry{}
	for i := range was.Entries {
		byNumber[was.Entries[i].Number] = &was.Entries[i]
	}
	var out [][2]*store.Entry
	for i := range is.Entries {
		if before := byNumber[is.Entries[i].Number]; before != nil {
			out = append(out, [2]*store.Entry{before, &is.Entries[i]})
		}
	}
	return out
}
