package modelcheck

import (
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// read is what one more event of a round does by the regular expression Q*(F|SM*D), cut off anywhere by the
// end. It is written from that expression alone: the monitors must not ask the table they judge.
func read(s fsm.State, k events.Kind) (fsm.State, bool) {
	beforeS := s == fsm.Pending || s == fsm.Queued
	switch {
	case beforeS && k == events.KindEscalationQueueUpdate: // Q*
		return fsm.Queued, true
	case beforeS && k == events.KindEscalationFailed: // F
		return fsm.Failed, true
	case beforeS && k == events.KindEscalationSuccess: // S
		return fsm.Connected, true
	case s == fsm.Connected && k == events.KindMessage: // M*
		return s, true
	case s == fsm.Connected && k == events.KindAgentDisconnect: // D
		return fsm.Ended, true
	}
	return s, false
}

func live(s fsm.State) bool { return s == fsm.Pending || s == fsm.Queued || s == fsm.Connected }
