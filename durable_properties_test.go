package escalation_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/internal/durabletest"
)

// The random state machine of package durabletest on memory.

func TestDurableMachine(t *testing.T) { checkInBubble(t, durableMachine) }
func FuzzDurableMachine(f *testing.F) { fuzzInBubble(f, durableMachine) }

func durableMachine(t *rapid.T) { durabletest.Check(t, newMemory()) }
