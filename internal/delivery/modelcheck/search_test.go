package modelcheck

import (
	"os"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// clean runs a search that must come to its end without a violation.
func clean(t *testing.T, cfg Config, atLeast int) {
	t.Helper()
	r := Search(cfg)
	t.Log(r)
	if r.Violation != nil {
		for i, line := range r.Trace {
			t.Logf("%3d  %s", i+1, line)
		}
		t.Fatal("the trace above breaks an invariant")
	}
	if !r.Exhausted || r.States < atLeast {
		t.Errorf("exhausted: %v with %d states, want all, at least %d", r.Exhausted, r.States, atLeast)
	}
	notIdle(t, cfg, &r.Reached)
}

// notIdle checks that the search met every step, answer, result and reason that its budget allows.
func notIdle(t *testing.T, cfg Config, r *Reached) {
	t.Helper()
	for o, name := range opNames {
		if r.Steps[name] == 0 && (op(o) != opVisitorEnds || cfg.Budget.Ends > 0) {
			t.Errorf("no step %q", name)
		}
	}
	for _, c := range transport.Classes() {
		if r.Classes[c] == 0 {
			t.Errorf("no answer %v", c)
		}
	}
	for x := store.Acknowledged; x.Valid(); x++ {
		if r.Results[x] == 0 {
			t.Errorf("no result %v", x)
		}
	}
	for x := store.HeadRejected; x <= store.HeadStranded; x++ {
		twice := cfg.Budget.Faults > 1 || cfg.Policy.Kinds[events.KindMessage].Unknowns == 1
		if r.Reasons[x] == 0 && (x != store.HeadUnknown || twice) {
			t.Errorf("never parked as %v", x)
		}
	}
}

func config(t *testing.T, o delivery.Options) Config {
	t.Helper()
	cfg, err := New(Policy(o))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// small is one round of two events with one fault and two repairs.
func small(cfg Config) Config {
	cfg.Budget.Opens, cfg.Budget.Ends = 1, 0
	return cfg
}

// TestSearch visits every state of a small model, and under ESCALATION_HEAVY=1 every state of larger ones.
func TestSearch(t *testing.T) {
	if os.Getenv("ESCALATION_HEAVY") == "" {
		clean(t, small(config(t, delivery.Options{})), 100_000)
		return
	}
	t.Run("default", func(t *testing.T) {
		cfg, err := Default()
		if err != nil {
			t.Fatal(err)
		}
		clean(t, cfg, 1_000_000)
	})
	t.Run("three events", func(t *testing.T) {
		cfg := small(config(t, delivery.Options{}))
		cfg.Budget.Accepts = 3
		clean(t, cfg, 2_000_000)
	})
	t.Run("two faults", func(t *testing.T) {
		cfg := small(config(t, delivery.Options{}))
		cfg.Budget.Faults = 2
		clean(t, cfg, 3_000_000)
	})
	t.Run("hold and halt", func(t *testing.T) {
		clean(t, small(config(t, delivery.Options{HoldMessages: true, HaltOnRejected: true})), 100_000)
	})
}

// TestSearchIsDeterministic: two searches find the same, to the last figure.
func TestSearchIsDeterministic(t *testing.T) {
	cfg := config(t, delivery.Options{})
	cfg.Limit = 10_000
	a, b := Search(cfg), Search(cfg)
	a.Took, b.Took = 0, 0
	if a.String() != b.String() || a.States != cfg.Limit || a.Exhausted {
		t.Errorf("two searches up to %d states:\n%v\n%v", cfg.Limit, a, b)
	}
}
