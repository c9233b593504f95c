package invariant_test

import (
	"bytes"
	"slices"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

// recordCorruptions are corruptions of what the store has.
var recordCorruptions = map[string]corruption{
	"an entry is missing": func(s *spoiled) bool {
		e := s.entry(some)
		if e != nil {
			s.last.Entries = slices.Delete(s.last.Entries, at(s.last.Entries, e), at(s.last.Entries, e)+1)
		}
		return e != nil
	},
	"the last entry was never there": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool { return e.Number == s.lane().Last })
		if e == nil || s.answeredCall(e.Number) == nil {
			return false
		}
		s.last.Entries = s.last.Entries[:len(s.last.Entries)-1]
		s.lane().Last--
		s.lane().Pending = slices.DeleteFunc(s.lane().Pending, func(p store.Event) bool { return p.Number == e.Number })
		return true
	},
	"an entry is renumbered": func(s *spoiled) bool {
		e := s.entry(some)
		if e != nil {
			s.both(e, func(e *store.Event) { e.Number++ })
		}
		return e != nil
	},
	"two entries change numbers": func(s *spoiled) bool {
		a, b := s.entry(some), s.entry(some)
		if a == nil || a == b {
			return false
		}
		a.Number, b.Number = b.Number, a.Number
		return true
	},
	"two entries change contents": func(s *spoiled) bool {
		a, b := s.entry(some), s.entry(some)
		if a == nil || a == b || a.Kind == b.Kind && (!distinct(a.Kind) || bytes.Equal(a.Body, b.Body)) {
			return false // nothing would change
		}
		if s.answeredCall(a.Number) == nil && s.answeredCall(b.Number) == nil {
			return false // nobody was told which is which
		}
		a.Kind, b.Kind, a.Body, b.Body = b.Kind, a.Kind, b.Body, a.Body
		return true
	},
	"an acknowledged event has another result": func(s *spoiled) bool {
		e := s.entry(acked)
		if e != nil {
			e.Outcome.Result = store.Rejected + store.Result(s.IntN(6))
		}
		return e != nil
	},
	"an event is acknowledged by nobody": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool {
			return !pending(e) && !acked(e) && !e.Outcome.Marked && distinct(e.Kind) && s.answered(e.Number, isAck) == 0 && s.answeredCall(e.Number) != nil
		})
		if e != nil {
			e.Outcome.Result, e.Outcome.Cause, e.Body = store.Acknowledged, 0, nil
		}
		return e != nil
	},
	"a result is taken back": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool { return !pending(e) })
		if e != nil {
			e.Outcome = store.Outcome{}
		}
		return e != nil
	},
	"a pending event is forgotten": func(s *spoiled) bool {
		l := s.lane()
		if len(l.Pending) == 0 {
			return false
		}
		i := s.IntN(len(l.Pending))
		l.Pending = slices.Delete(l.Pending, i, i+1)
		return true
	},
	"a resolved event is pending": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool { return !pending(e) })
		if e != nil {
			s.lane().Pending = slices.Insert(s.lane().Pending, 0, e.Event)
		}
		return e != nil
	},
	"an attempt is not recorded": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool { return e.Attempts > 0 && s.kills() == 0 })
		if e != nil {
			s.both(e, func(e *store.Event) { e.Attempts-- })
		}
		return e != nil
	},
	"attempts are recorded that were not made": func(s *spoiled) bool {
		e := s.entry(some)
		if e != nil {
			s.both(e, func(e *store.Event) { e.Attempts += s.kills() + 1 })
		}
		return e != nil
	},
	"an unknown outcome is not owned up to": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool { return e.Unknown > 0 && s.kills() == 0 })
		if e != nil {
			s.both(e, func(e *store.Event) { e.Unknown--; e.Spent = min(e.Spent, e.Unknown) })
		}
		return e != nil
	},
	"an unknown outcome is made up": func(s *spoiled) bool {
		e := s.entry(func(*store.Entry) bool { return s.kills() == 0 })
		if e != nil {
			s.both(e, func(e *store.Event) { e.Unknown++ })
		}
		return e != nil
	},
	"another accepted state": func(s *spoiled) bool {
		s.lane().Accepted = otherState(s.Rand, s.lane().Accepted)
		return true
	},
	"another acknowledged state": func(s *spoiled) bool {
		if s.lane().Acknowledged == fsm.Ended || s.lane().Round == 0 {
			return false // a round may be cut off anywhere
		}
		to := otherState(s.Rand, s.lane().Acknowledged)
		s.lane().Acknowledged = to
		return to != fsm.Ended
	},
	"the revision goes back": func(s *spoiled) bool {
		if len(s.c.Reads) < 2 {
			return false
		}
		s.last.Conversation.Revision = s.c.Reads[len(s.c.Reads)-2].Conversation.Revision - 1
		return s.c.Reads[len(s.c.Reads)-2].Conversation.Revision > 0
	},
	"a commit is lost": func(s *spoiled) bool {
		if len(s.c.Reads) < 2 {
			return false
		}
		stale := s.c.Reads[len(s.c.Reads)-2]
		if stale.Conversation.Lane.Last == s.lane().Last || s.answeredCall(s.lane().Last) == nil {
			return false
		}
		*s.last = stale
		return true
	},
	"the round goes back": func(s *spoiled) bool {
		if s.lane().Round == 0 || len(s.last.Entries) == 0 || s.last.Entries[len(s.last.Entries)-1].Round != s.lane().Round {
			return false
		}
		s.lane().Round--
		return true
	},
	"a body is changed": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool { return e.Body != nil && s.answeredCall(e.Number) != nil })
		if e != nil {
			e.Body = slices.Clone(e.Body)
			e.Body[s.IntN(len(e.Body))] ^= 1
		}
		return e != nil
	},
	"a body is dropped": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool { return e.Body != nil && s.answeredCall(e.Number) != nil })
		if e != nil {
			e.Body = nil
		}
		return e != nil
	},
	"a digest is changed": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool {
			return e.CallerKey != "" && s.answeredCall(e.Number) != nil && len(e.Repairs) == 0
		})
		if e != nil {
			e.Digest[s.IntN(len(e.Digest))] ^= 1
		}
		return e != nil
	},
	"a caller key is lost": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool { return e.CallerKey != "" && s.answeredCall(e.Number) != nil })
		if e != nil {
			e.CallerKey = ""
		}
		return e != nil
	},
	"a kind is changed": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool { return s.answeredCall(e.Number) != nil })
		if e != nil {
			s.both(e, func(e *store.Event) { e.Kind = e.Kind%5 + 1 })
		}
		return e != nil
	},
	"a round is changed": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool { return s.answeredCall(e.Number) != nil })
		if e != nil {
			s.both(e, func(e *store.Event) { e.Round++ })
		}
		return e != nil
	},
	"a park is not listed": func(s *spoiled) bool {
		s.last.Parked = !s.last.Parked
		return true
	},
	"a park without its reason": func(s *spoiled) bool {
		parked := s.lane().Parked()
		s.lane().Park.Reason = 0
		return parked
	},
	"a park at another event": func(s *spoiled) bool {
		parked := s.lane().Parked()
		s.lane().Park.Number++
		return parked
	},
	"an attempt is under way in a parked conversation": func(s *spoiled) bool {
		if !s.lane().Parked() {
			return false
		}
		s.lane().Pending[0].Begun = true
		return true
	},
	"two attempts are under way": func(s *spoiled) bool {
		if len(s.lane().Pending) < 2 {
			return false
		}
		n := s.lane().Pending[1].Number
		s.both(&s.last.Entries[n-1], func(e *store.Event) { e.Begun = true; e.Attempts++ })
		return true
	},
	"an event waits in a round that is over": func(s *spoiled) bool {
		l := s.lane()
		if !l.Acknowledged.Live() || len(l.Pending) == 0 || len(l.Pending) == 1 && l.Pending[0].Begun {
			return false
		}
		l.Acknowledged, l.Accepted = fsm.Ended, fsm.Ended
		return true
	},
	"calm, and something waits": func(s *spoiled) bool {
		if !s.w.Calm || !s.lane().Parked() {
			return false
		}
		s.lane().Park, s.last.Parked = store.Park{}, false
		return true
	},
	"calm, and a webhook waits": func(s *spoiled) bool {
		h := draw(s.Rand, s.c.Webhooks, func(h *invariant.Webhook) bool { return h.Kind == events.KindWidgetMessage })
		if h == nil || !s.w.Calm {
			return false
		}
		s.last.Untaken = []store.Message{{Number: s.last.Conversation.Inbox.Last, Kind: h.Kind, Body: h.Body}}
		return true
	},
	"a queue update superseded by what is no queue update": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool { return e.Outcome.Result == store.Superseded })
		if e != nil {
			e.Outcome.Cause = e.Number - 1
		}
		return e != nil
	},
	"acknowledged by an operator who was never there": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool { return acked(e) && len(e.Repairs) == 0 })
		if e != nil {
			e.Outcome.Marked = true
		}
		return e != nil
	},
}

// answeredCall is the call that promised an event.
func (s *spoiled) answeredCall(n uint64) *invariant.Call {
	return draw(s.Rand, s.c.Calls, func(c *invariant.Call) bool { return c.Answer == invariant.Granted && c.Number == n })
}
