package invariant

import (
	"slices"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// firstArrivalsInOrder (I2): in the order of their first arrivals, events have rising numbers. The visitor reads them in
// that order.
func firstArrivalsInOrder(s *subject) {
	highest := uint64(0)
	for i, n := range s.numbers {
		if n == 0 || s.tallies[n].firstSeen != i {
			continue
		}
		if n < highest {
			s.broken(n, "it first arrives after event %d", highest)
		}
		highest = max(highest, n)
	}
}

// skipsAreRecorded (I2): when an event arrives every earlier one has its result. An event that is still pending while a
// later one arrived was overtaken.
func skipsAreRecorded(s *subject) {
	if len(s.numbers) == 0 {
		return
	}
	highest := slices.Max(s.numbers)
	for _, e := range s.last.Entries {
		if e.Number < highest && e.Outcome.Result == 0 {
			s.broken(e.Number, "it is still pending, and event %d has arrived", highest)
		}
	}
}

// arrivalsFollowProtocol (I2): an event that arrives is one that the protocol Q*(F|SM*D) allows after the events of its round
// that are acknowledged, messages apart (I5). After an operator's wrong word the platform may think otherwise, the record may not.
func arrivalsFollowProtocol(s *subject) {
	for n := range s.tallies {
		e := s.entries[n]
		if e == nil || e.Kind == events.KindMessage {
			continue
		}
		if before := s.before(e, everything); !s.allows(before, e.Kind) {
			s.broken(n, "%v arrives in round %d, which is %v by what is acknowledged", e.Kind, e.Round, before)
		}
	}
}

// before returns the state of an event's round before it, by the acknowledged events that count. Messages change nothing.
func (s *subject) before(e *store.Entry, counts func(*store.Entry) bool) fsm.State {
	var kinds []events.Kind
	for _, b := range s.moves[e.Round] {
		if b.Number < e.Number && counts(b) {
			kinds = append(kinds, b.Kind)
		}
	}
	return s.fold(fsm.Pending, kinds)
}

func everything(*store.Entry) bool { return true }

func (s *subject) allows(from fsm.State, k events.Kind) bool {
	_, ok := s.step(from, k)
	return ok
}

// nothingOldArrives (I3): once an event has arrived none with a lower number arrives, not even a copy that was held up. The
// settle wait after an unknown outcome is there for this; a world in which copies are held up longer breaks it.
func nothingOldArrives(s *subject) {
	highest := uint64(0)
	for i, n := range s.numbers {
		if n != 0 && n < highest {
			s.broken(n, "arrival %d, after event %d had arrived", i+1, highest)
		}
		highest = max(highest, n)
	}
}

// nothingOldBegins (I3): in the log, no attempt begins for an event lower than one that was attempted before. It is the half of I3
// that lies with us and not with the network.
func nothingOldBegins(s *subject) {
	highest := uint64(0)
	for _, n := range s.Log {
		if n.What != Begun {
			continue
		}
		if n.Number < highest {
			s.broken(n.Number, "an attempt begins after event %d was attempted", highest)
		}
		highest = max(highest, n.Number)
	}
}

// messagesReachAnAgent (I5): when a message arrives, its round is connected: by the record, with every event acknowledged
// before it, and by the platform, with those of them only that had arrived and were answered so, or that an operator
// vouched for. A message without an agent is shown to a visitor to whom nobody talks.
func messagesReachAnAgent(s *subject) {
	answered := map[uint64]bool{}
	for i, n := range s.numbers {
		if e := s.entries[n]; e != nil && e.Kind == events.KindMessage {
			record := s.before(e, everything)
			platform := s.before(e, func(b *store.Entry) bool {
				return b.Outcome.Marked || answered[b.Number]
			})
			if !s.allows(record, e.Kind) {
				s.broken(n, "arrival %d: its round is %v by what is acknowledged", i+1, record)
			} else if !s.allows(platform, e.Kind) {
				s.broken(n, "arrival %d: its round is %v by what had arrived", i+1, platform)
			}
		}
		answered[n] = answered[n] || s.Trace[i].Answer == Acknowledged
	}
}

// roundsOpenFirst (I5): no event arrives before the widget opened its round: there is nobody to connect.
func roundsOpenFirst(s *subject) {
	for i, n := range s.numbers {
		e := s.entries[n]
		if e == nil {
			continue
		}
		opened := slices.ContainsFunc(s.Turns, func(t Turn) bool { return !t.Ended && t.Round == e.Round && t.After <= i })
		if !opened {
			s.broken(n, "arrival %d, before round %d was opened", i+1, e.Round)
		}
	}
}
