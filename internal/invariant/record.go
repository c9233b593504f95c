package invariant

import (
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
)

// recordAgrees (I12): what the record says of one event fits together: counters, result, cause, repairs, and the copy of the event
// in the lane. A record that contradicts itself cannot be believed in anything.
func recordAgrees(s *subject) {
	for i := range s.Reads {
		r := &s.Reads[i]
		l := &r.Conversation.Lane
		all := map[uint64]*store.Entry{}
		round := 1
		for j := range r.Entries {
			e := &r.Entries[j]
			all[e.Number] = e
			if e.Round < round || e.Round > l.Round || !e.Kind.Outbound() {
				s.broken(e.Number, "read %d: %v of round %d behind one of round %d; the conversation is in round %d", i+1, e.Kind, e.Round, round, l.Round)
			}
			round = max(round, e.Round)
			s.counters(i+1, e)
		}
		for j := range r.Entries {
			s.outcome(i+1, &r.Entries[j], all)
		}
		for _, p := range l.Pending {
			if e := all[p.Number]; e != nil && !same(e.Event, p) {
				s.broken(p.Number, "read %d: the history says otherwise of it than the lane", i+1)
			}
		}
		if b := all[l.Broken]; l.Broken != 0 && (b == nil || b.Outcome.Result == 0 || b.Outcome.Result == store.Acknowledged || b.Round != l.Round) {
			s.broken(l.Broken, "read %d: said to have ended without its effect in round %d", i+1, l.Round)
		}
	}
}

// counters: every attempt ended somehow or is under way, and is counted once at most; of those that cost nothing only
// the ones since the last repair are. What may still be sent, or be asked for, has its body.
func (s *subject) counters(read int, e *store.Entry) {
	ended := e.Unknown + e.Free + one(acknowledgedByAPI(e)) + one(e.Outcome.Result == store.Rejected)
	switch {
	case min(e.Attempts, e.Unknown, e.Spent, e.Free) < 0 || e.Spent > e.Unknown || ended+one(e.Begun) > e.Attempts:
		s.broken(e.Number, "read %d: %d attempts, of which %d unknown, %d spent, %d free, under way: %v, %v", read,
			e.Attempts, e.Unknown, e.Spent, e.Free, e.Begun, e.Outcome.Result)
	case e.Begun && e.Outcome.Result != 0:
		s.broken(e.Number, "read %d: under way, and %v", read, e.Outcome.Result)
	case e.Body == nil && e.Outcome.Result != store.Acknowledged:
		s.broken(e.Number, "read %d: its body is gone, and it is not acknowledged", read)
	}
}

func (s *subject) outcome(read int, e *store.Entry, all map[uint64]*store.Entry) {
	o := e.Outcome
	repaired := len(e.Repairs) > 0
	switch {
	case o.Result == 0:
		if o != (store.Outcome{}) {
			s.broken(e.Number, "read %d: half an outcome", read)
		}
	case o.Marked && (o.Result != store.Acknowledged || !repaired), o.Result == store.Skipped && !repaired:
		s.broken(e.Number, "read %d: %v, marked: %v, after %d repairs", read, o.Result, o.Marked, len(e.Repairs))
	case o.Result == store.Superseded:
		by := all[o.Cause]
		if by == nil || o.Cause <= e.Number || e.Kind != events.KindEscalationQueueUpdate || by.Kind != e.Kind || by.Round != e.Round {
			s.broken(e.Number, "read %d: %v superseded by event %d", read, e.Kind, o.Cause)
		}
	case o.Result == store.Stranded:
		if by := all[o.Cause]; by == nil || o.Cause >= e.Number || by.Outcome.Result == 0 || by.Outcome.Result == store.Acknowledged {
			s.broken(e.Number, "read %d: stranded by event %d", read, o.Cause)
		}
	case o.Cause != 0:
		s.broken(e.Number, "read %d: %v by event %d", read, o.Result, o.Cause)
	}
}

// same compares two events, deadlines as instants.
func same(a, b store.Event) bool {
	equal := a.Deadline.Equal(b.Deadline)
	a.Deadline = b.Deadline
	return equal && a == b
}
