package crash_test

import (
	"context"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/invariant"
)

// observe says what observers are told, in the words of package invariant.
func (s *subject) observe(_ context.Context, o escalation.Observation) {
	note := line{What: noted, Conv: o.ConversationID, Num: o.Number, Rnd: o.Round, Kind: o.Kind}
	switch o.Occasion {
	case escalation.Attempting:
		note.Note = invariant.Begun
	case escalation.Attempted:
		note.Note, note.Cls = invariant.Ended, invariant.Class(o.Result.Class)
	case escalation.Parked:
		note.Note = invariant.Parked
	case escalation.Repaired:
		note.Note = invariant.Repaired
		s.say(note)
		if o.Verb != escalation.Abort {
			return
		}
		note.Note = invariant.Closed
	case escalation.Resolved:
		note = line{What: resulted, Conv: o.ConversationID, Num: o.Number, Res: o.Outcome.Result, Att: o.Attempts, Dup: o.MayBeDuplicate}
	case escalation.Received:
		switch {
		case o.Kind == events.KindWidgetEscalate && s.opens(o):
			note.Note = invariant.Opened
		case o.Kind == events.KindWidgetEndSession && o.From.Live() && o.To == fsm.Ended:
			note.Note = invariant.Closed
		default:
			return
		}
	default:
		return
	}
	s.say(note)
}

// opens reports whether the round is new. What this process sees first of a conversation is taken for that if it may be.
func (s *subject) opens(o escalation.Observation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, known := s.rounds[o.ConversationID]
	s.rounds[o.ConversationID] = o.Round
	return known && o.Round > last || !known && o.To == fsm.Pending
}
