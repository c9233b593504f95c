package invariant

import (
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// acceptedIsFold (I8): the accepted state is the acknowledged state followed by the pending events of the round, those left out that are
// not legal. Accept is guarded by it: an agent's next event must be judged by what will be, not by a promise that broke.
func acceptedIsFold(s *subject) {
	for i := range s.Reads {
		l := &s.Reads[i].Conversation.Lane
		var kinds []events.Kind
		for _, e := range l.Pending {
			if e.Round == l.Round {
				kinds = append(kinds, e.Kind)
			}
		}
		if want := s.fold(l.Acknowledged, kinds); l.Accepted != want {
			s.broken(0, "read %d: accepted is %v; %v followed by %d pending events is %v", i+1, l.Accepted, l.Acknowledged, len(kinds), want)
		}
	}
}

// stateAgrees (I12): the acknowledged state is where the acknowledged events of the round lead, or ended if the round was cut off.
func stateAgrees(s *subject) {
	for i := range s.Reads {
		r := &s.Reads[i]
		l := &r.Conversation.Lane
		if l.Round == 0 {
			if l.Acknowledged != fsm.None || l.Last != 0 {
				s.broken(0, "read %d: %v, with %d events, and no round was opened", i+1, l.Acknowledged, l.Last)
			}
			continue
		}
		var kinds []events.Kind
		for _, e := range r.Entries {
			if e.Round == l.Round && e.Outcome.Result == store.Acknowledged {
				kinds = append(kinds, e.Kind)
			}
		}
		if want := s.fold(fsm.Pending, kinds); l.Acknowledged != want && l.Acknowledged != fsm.Ended {
			s.broken(0, "read %d: round %d is %v; what is acknowledged makes it %v", i+1, l.Round, l.Acknowledged, want)
		}
	}
}

// overMeansOver (I10): where the round is over nothing waits to be sent, and of an earlier round nothing ever does: only an attempt
// that had begun is still awaited. No attempt is under way at an event behind the head or in a parked conversation.
func overMeansOver(s *subject) {
	for i := range s.Reads {
		l := &s.Reads[i].Conversation.Lane
		for j, e := range l.Pending {
			over := e.Round != l.Round || !l.Acknowledged.Live()
			switch {
			case over && !(e.Begun && j == 0):
				s.broken(e.Number, "read %d: pending in round %d; the conversation is in round %d, %v", i+1, e.Round, l.Round, l.Acknowledged)
			case j > 0 && (e.Begun || e.Attempts > 0):
				s.broken(e.Number, "read %d: attempted %d times, and the head is %d", i+1, e.Attempts, head(l))
			case e.Begun && l.Parked():
				s.broken(e.Number, "read %d: under way, and the conversation is parked", i+1)
			}
		}
	}
}

// parkedStandsStill (I10): an event at which the conversation was parked in one read has no more attempts in the next, unless an
// operator repaired it between; nor has one that had its result.
func parkedStandsStill(s *subject) {
	for i := 1; i < len(s.Reads); i++ {
		park := s.Reads[i-1].Conversation.Lane.Park
		for _, p := range pairs(&s.Reads[i-1], &s.Reads[i]) {
			a, b := p[0], p[1]
			if b.Attempts == a.Attempts {
				continue
			}
			if a.Outcome.Result != 0 {
				s.broken(b.Number, "read %d: %d attempts after %d; it was %v before", i+1, b.Attempts, a.Attempts, a.Outcome.Result)
			} else if park.Reason != 0 && park.Number == a.Number && len(a.Repairs) == len(b.Repairs) {
				s.broken(b.Number, "read %d: %d attempts after %d; it was parked and not repaired", i+1, b.Attempts, a.Attempts)
			}
		}
	}
}

// endedRoundsFallSilent (I10): after the end of a round was committed at most one event of it arrives, once: the one that was under way.
func endedRoundsFallSilent(s *subject) {
	over, after := 0, map[int]int{} // rounds up to over have ended; arrivals of each since
	turns := s.Turns
	keyRefused := uint64(0)
	for i, n := range s.numbers {
		for ; len(turns) > 0 && turns[0].After <= i; turns = turns[1:] {
			if turns[0].Ended {
				over = max(over, turns[0].Round)
			}
		}
		e := s.entries[n]
		again := n == keyRefused
		keyRefused = 0
		if e == nil || e.Round > over {
			continue
		}
		if s.Trace[i].KeyRefused {
			keyRefused = n
		}
		if !again {
			after[e.Round]++
		}
		if after[e.Round] > 1 {
			s.broken(n, "arrival %d is the second of round %d after its end", i+1, e.Round)
		}
	}
}
