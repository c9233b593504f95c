package gen_test

import (
	"testing"

	"github.com/escalationkit/escalation/escalationtest/gen"
	"github.com/escalationkit/escalation/fsm"
	"pgregory.net/rapid"
)

// TestUse shows what the package is for: a machine of your own, here the one of package fsm, must take
// every event of a legal round. The generator knows the grammar, the machine its table; where they
// differ, rapid reports the shortest round.
func TestUse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := fsm.Pending
		for _, e := range gen.LegalRound().Draw(t, "round") {
			next, err := fsm.Default().Step(state, e.Kind())
			if err != nil {
				t.Fatal(err)
			}
			state = next
		}
	})
}
