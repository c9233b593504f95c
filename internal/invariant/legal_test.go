package invariant_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/internal/invariant"
)

// TestLegalWorldsPass: what the core does on a network that loses, delays and repeats, with kills between any two steps,
// breaks nothing.
func TestLegalWorldsPass(t *testing.T) { rapid.Check(t, legalWorldsPass) }

func FuzzLegalWorldsPass(f *testing.F) { f.Fuzz(rapid.MakeFuzz(legalWorldsPass)) }

func legalWorldsPass(t *rapid.T) {
	w := legalWorld(t)
	if err := invariant.Check(w).Err(); err != nil {
		t.Fatal(err)
	}
}
