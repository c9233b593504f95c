package fsm_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

func TestRefusalCarriesItsFacts(t *testing.T) {
	_, err := fsm.Default().Step(fsm.Queued, message)
	want := &fsm.TransitionError{
		State: fsm.Queued, Kind: message,
		Allowed: events.NewKindSet(queueUpdate, success, failed),
		Basis:   events.Documented, Source: events.SourceGuide,
		Why: "no agent is connected yet; escalationSuccess comes first",
	}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	const text = "fsm: message refused in state queued: no agent is connected yet; escalationSuccess comes first; " +
		"allowed: escalationQueueUpdate, escalationSuccess, escalationFailed"
	if err.Error() != text {
		t.Errorf("text is %q", err)
	}
}

// What a refusal names as allowed is what Step allows, outbound only: inbound events happen to the caller.
func TestEveryRefusalNamesWhatIsAllowed(t *testing.T) {
	for _, table := range []*fsm.Table{fsm.Default(), compile(t, fsm.Rows(), fsm.Switches()...)} {
		for _, s := range fsm.States() {
			var allowed events.KindSet
			for _, k := range events.OutboundKinds().Kinds() {
				if _, err := table.Step(s, k); err == nil {
					allowed |= events.NewKindSet(k)
				}
			}
			for _, k := range events.OutboundKinds().Kinds() {
				_, err := table.Step(s, k)
				if te, ok := err.(*fsm.TransitionError); ok && te.Allowed != allowed {
					t.Errorf("%v + %v names %v, want %v", s, k, te.Allowed, allowed)
				}
			}
		}
	}
}

func TestStepOutsideTheTable(t *testing.T) {
	const strange = "there is no such state or kind"
	inConnected := events.NewKindSet(message, disconnect)
	for _, c := range []struct {
		state   fsm.State
		kind    events.Kind
		allowed events.KindSet
		why     string
	}{
		{255, message, 0, "no such state"},
		{6, message, 0, "one past the last state"},
		{fsm.Connected, 255, inConnected, "no such kind; the state is known, so what it allows is too"},
		{fsm.Connected, 9, inConnected, "one past the last kind"},
		{fsm.Connected, 0, inConnected, "the zero kind names no event"},
		{255, 255, 0, "neither"},
	} {
		next, err := fsm.Default().Step(c.state, c.kind)
		want := &fsm.TransitionError{State: c.state, Kind: c.kind, Allowed: c.allowed, Why: strange}
		if diff := cmp.Diff(error(want), err); diff != "" || next != c.state {
			t.Errorf("%s: state %v (-want +got):\n%s", c.why, next, diff)
		}
	}
	for _, s := range []fsm.State{6, 255} {
		if got := fsm.Default().Permitted(s); got != 0 {
			t.Errorf("state %d permits %v", s, got)
		}
	}
}

func TestStepDoesNotAllocate(t *testing.T) {
	table := fsm.Default()
	for why, k := range map[string]events.Kind{"allowed": message, "refused": success} {
		if n := testing.AllocsPerRun(1000, func() { _, _ = table.Step(fsm.Connected, k) }); n != 0 {
			t.Errorf("%s: %v allocations", why, n)
		}
	}
}

// Every pair is asked many times in changing order: an answer that depended on earlier questions
// would differ.
func TestStepIsPure(t *testing.T) {
	table := fsm.Default()
	type answer struct {
		next fsm.State
		err  error
	}
	first := map[cell]answer{}
	for stride := range 47 {
		for i := range 48 {
			n := i * (stride + 1) % 48
			at := cell{fsm.State(n / 8), events.Kind(n%8 + 1)}
			next, err := table.Step(at.state, at.kind)
			if before, asked := first[at]; asked && before != (answer{next, err}) {
				t.Fatalf("%v: %v, %v; before: %v", at, next, err, before)
			}
			first[at] = answer{next, err}
		}
	}
	if len(first) != 48 {
		t.Errorf("asked %d cells of 48", len(first))
	}
}
