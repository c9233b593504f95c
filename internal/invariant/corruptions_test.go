package invariant_test

import (
	"slices"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

// corruptions of what arrived and of what was told.
var corruptions = map[string]corruption{
	"an arrival is missing": func(s *spoiled) bool {
		a := draw(s.Rand, s.c.Trace, s.proof)
		if a != nil {
			s.remove(at(s.c.Trace, a))
		}
		return a != nil
	},
	"two arrivals change places": func(s *spoiled) bool {
		for i := range len(s.c.Trace) - 1 {
			a, b := s.number(&s.c.Trace[i]), s.number(&s.c.Trace[i+1])
			if a != 0 && b > a {
				s.c.Trace[i], s.c.Trace[i+1] = s.c.Trace[i+1], s.c.Trace[i]
				return true
			}
		}
		return false
	},
	"an arrival comes twice": func(s *spoiled) bool {
		a := draw(s.Rand, s.c.Trace, func(a *invariant.Arrival) bool {
			n := s.number(a)
			if n == 0 || !mayBeTaken(a.Answer) {
				return false
			}
			e := s.last.Entries[n-1]
			admits := e.Unknown
			if e.Begun {
				admits++
			}
			if acked(&e) {
				admits++
			}
			return s.answered(n, mayBeTaken) == admits
		})
		if a != nil {
			s.insert(at(s.c.Trace, a), *a)
		}
		return a != nil
	},
	"an old arrival comes again": func(s *spoiled) bool {
		highest := uint64(0)
		for i := range s.c.Trace {
			highest = max(highest, s.number(&s.c.Trace[i]))
		}
		a := draw(s.Rand, s.c.Trace, func(a *invariant.Arrival) bool { return s.number(a) != 0 && s.number(a) < highest })
		if a != nil {
			s.insert(len(s.c.Trace), *a)
		}
		return a != nil
	},
	"an arrival has another body": func(s *spoiled) bool {
		if len(s.c.Trace) == 0 {
			return false
		}
		a := &s.c.Trace[s.IntN(len(s.c.Trace))]
		a.Body = slices.Clone(a.Body)
		a.Body[s.IntN(len(a.Body))] ^= 0x80
		return true
	},
	"an arrival was answered otherwise": func(s *spoiled) bool {
		a := draw(s.Rand, s.c.Trace, s.proof)
		if a != nil {
			a.Answer = []invariant.Class{invariant.Unknown, invariant.Rejected, invariant.RefusedLater}[s.IntN(3)]
		}
		return a != nil
	},
	"something arrives that was refused": func(s *spoiled) bool {
		c := draw(s.Rand, s.c.Calls, func(c *invariant.Call) bool { return c.Answer == invariant.Refused && distinct(c.Kind) })
		if c != nil {
			s.insert(s.IntN(len(s.c.Trace)+1), invariant.Arrival{Body: c.Body, Answer: invariant.Rejected})
		}
		return c != nil
	},
	"something arrives that was never attempted": func(s *spoiled) bool {
		e := s.entry(func(e *store.Entry) bool { return e.Attempts == 0 && distinct(e.Kind) })
		if e == nil {
			return false
		}
		for _, c := range s.c.Calls {
			if c.Answer == invariant.Granted && c.Number == e.Number {
				s.insert(len(s.c.Trace), invariant.Arrival{Body: c.Body, Answer: invariant.RefusedScope})
				return true
			}
		}
		return false
	},
	"a round is opened too late": func(s *spoiled) bool {
		t := draw(s.Rand, s.c.Turns, func(t *invariant.Turn) bool {
			if t.Ended || t.After >= len(s.c.Trace) {
				return false
			}
			n := s.number(&s.c.Trace[t.After])
			return n != 0 && s.last.Entries[n-1].Round == t.Round
		})
		if t == nil {
			return false
		}
		t.After++
		for i := at(s.c.Turns, t) + 1; i < len(s.c.Turns); i++ {
			s.c.Turns[i].After = max(s.c.Turns[i].After, t.After)
		}
		return true
	},
	"a round ended long ago": func(s *spoiled) bool {
		arrived := map[int][]int{} // by round
		for i := range s.c.Trace {
			if n := s.number(&s.c.Trace[i]); n != 0 && !s.c.Trace[i].KeyRefused && (i == 0 || !s.c.Trace[i-1].KeyRefused) {
				arrived[s.last.Entries[n-1].Round] = append(arrived[s.last.Entries[n-1].Round], i)
			}
		}
		for round, places := range arrived {
			if len(places) > 1 {
				turn := invariant.Turn{After: places[len(places)-2], Round: round, Ended: true}
				i := slices.IndexFunc(s.c.Turns, func(t invariant.Turn) bool { return t.After > turn.After })
				if i < 0 {
					i = len(s.c.Turns)
				}
				s.c.Turns = slices.Insert(s.c.Turns, i, turn)
				return true
			}
		}
		return false
	},
	"a promise that is not there": func(s *spoiled) bool {
		c := draw(s.Rand, s.c.Calls, func(c *invariant.Call) bool { return c.Answer == invariant.Refused })
		if c != nil {
			c.Answer, c.Number, c.Round = invariant.Granted, s.lane().Last+1, s.lane().Round
		}
		return c != nil
	},
	"a promise that nobody had": func(s *spoiled) bool {
		if slices.ContainsFunc(s.c.Calls, func(c invariant.Call) bool { return c.Answer == invariant.Unanswered || c.Repeated }) {
			return false
		}
		c := draw(s.Rand, s.c.Calls, func(c *invariant.Call) bool { return c.Answer == invariant.Granted })
		if c != nil {
			c.Answer = invariant.Refused
		}
		return c != nil
	},
	"two promises change numbers": func(s *spoiled) bool {
		fits := func(c *invariant.Call) bool { return c.Answer == invariant.Granted && !c.Repeated }
		a, b := draw(s.Rand, s.c.Calls, fits), draw(s.Rand, s.c.Calls, fits)
		if a == nil || a == b {
			return false
		}
		a.Number, b.Number = b.Number, a.Number
		return true
	},
	"a promise is given twice": func(s *spoiled) bool {
		c := draw(s.Rand, s.c.Calls, func(c *invariant.Call) bool { return c.Answer == invariant.Granted && !c.Repeated })
		if c != nil {
			s.c.Calls = append(s.c.Calls, *c)
		}
		return c != nil
	},
	"another result is told": func(s *spoiled) bool {
		r := draw(s.Rand, s.c.Results, func(*invariant.Reported) bool { return true })
		if r != nil {
			r.Result = r.Result%7 + 1
		}
		return r != nil
	},
	"other attempts are told": func(s *spoiled) bool {
		r := draw(s.Rand, s.c.Results, func(*invariant.Reported) bool { return true })
		if r != nil {
			r.Attempts++
		}
		return r != nil
	},
	"a duplicate is hidden, or made up": func(s *spoiled) bool {
		r := draw(s.Rand, s.c.Results, func(*invariant.Reported) bool { return true })
		if r != nil {
			r.MayBeDuplicate = !r.MayBeDuplicate
		}
		return r != nil
	},
	"a webhook is lost": func(s *spoiled) bool {
		h := draw(s.Rand, s.c.Webhooks, func(h *invariant.Webhook) bool { return h.Answered && h.Kind == events.KindWidgetMessage })
		if h == nil {
			return false
		}
		s.c.Taken = slices.DeleteFunc(s.c.Taken, func(in invariant.Inbound) bool { return string(in.Body) == string(h.Body) })
		s.last.Untaken = slices.DeleteFunc(s.last.Untaken, func(m store.Message) bool { return string(m.Body) == string(h.Body) })
		return true
	},
	"a webhook from nowhere": func(s *spoiled) bool {
		s.last.Conversation.Inbox.Last++
		s.last.Untaken = append(s.last.Untaken, store.Message{Number: s.last.Conversation.Inbox.Last, Kind: events.KindWidgetMessage, Body: []byte("nobody")})
		return true
	},
	"the end of the round is lost": func(s *spoiled) bool {
		var last *invariant.Webhook
		for i := range s.c.Webhooks {
			if s.c.Webhooks[i].Kind != events.KindWidgetMessage {
				last = &s.c.Webhooks[i]
			}
		}
		if last == nil || last.Kind != events.KindWidgetEndSession || s.lane().Round == 0 {
			return false
		}
		s.lane().Acknowledged, s.lane().Accepted = fsm.Connected, fsm.Connected
		return true
	},
	"an attempt that the log does not have": func(s *spoiled) bool {
		n := draw(s.Rand, s.c.Log, func(n *invariant.Note) bool { return n.What == invariant.Begun })
		if n == nil || s.kills() > 0 {
			return false
		}
		s.c.Log = slices.Delete(s.c.Log, at(s.c.Log, n), at(s.c.Log, n)+1)
		return true
	},
	"an attempt that only the log has": func(s *spoiled) bool {
		n := draw(s.Rand, s.c.Log, func(n *invariant.Note) bool { return n.What == invariant.Begun })
		if n != nil {
			s.c.Log = slices.Insert(s.c.Log, at(s.c.Log, n), *n)
		}
		return n != nil
	},
	"the log has another outcome": func(s *spoiled) bool {
		n := draw(s.Rand, s.c.Log, func(n *invariant.Note) bool {
			return n.What == invariant.Ended && (n.Class == invariant.Acknowledged || n.Class == invariant.Unknown)
		})
		if n == nil || s.kills() > 0 {
			return false
		}
		n.Class = invariant.Acknowledged - n.Class
		return true
	},
	"an attempt begins after a later event's": func(s *spoiled) bool {
		var first, last *invariant.Note
		for i := range s.c.Log {
			if n := &s.c.Log[i]; n.What == invariant.Begun {
				if first == nil {
					first = n
				}
				last = n
			}
		}
		if first == nil || first.Number == last.Number {
			return false
		}
		first.Number, last.Number = last.Number, first.Number
		return true
	},
	"an attempt begins in a parked conversation": func(s *spoiled) bool {
		n := draw(s.Rand, s.c.Log, func(n *invariant.Note) bool { return n.What == invariant.Parked })
		if n == nil {
			return false
		}
		e := s.last.Entries[n.Number-1]
		s.c.Log = slices.Insert(s.c.Log, at(s.c.Log, n)+1, invariant.Note{What: invariant.Begun, Number: e.Number, Round: e.Round})
		return true
	},
	"an attempt begins in a closed round": func(s *spoiled) bool {
		n := draw(s.Rand, s.c.Log, func(n *invariant.Note) bool { return n.What == invariant.Closed && n.Round > 0 })
		e := s.entry(some)
		if n == nil || e == nil {
			return false
		}
		s.c.Log = slices.Insert(s.c.Log, at(s.c.Log, n)+1, invariant.Note{What: invariant.Begun, Number: e.Number, Round: n.Round})
		return true
	},
}
