package fsm

import (
	"fmt"

	"github.com/escalationkit/escalation/events"
)

// TransitionError says that a kind is refused in a state, why, and what would be allowed. The
// errors of one table are shared between calls: treat them as read-only.
type TransitionError struct {
	State   State
	Kind    events.Kind
	Allowed events.KindSet // the outbound kinds that the state allows
	Basis   events.Basis   // of the refusal
	Source  string         // address of the page the refusal rests on; empty if there is none
	Why     string
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("fsm: %v refused in state %v: %s; allowed: %v", e.Kind, e.State, e.Why, e.Allowed)
}
