package main

import (
	"context"
	"errors"
	"testing"

	looplab "github.com/looplab/fsm"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// Both peers hold the whole table: in every state they take and refuse the same kinds as Step, and end in
// the same state.
func TestPeersHoldTheSameTable(t *testing.T) {
	table := fsm.Default()
	for _, s := range fsm.States() {
		for k := events.Kind(1); k.Valid(); k++ {
			want, refusal := table.Step(s, k)

			other := newLooplab(table, s)
			err := other.Event(context.Background(), k.String())
			if errors.As(err, new(looplab.NoTransitionError)) {
				err = nil
			}
			if (err == nil) != (refusal == nil) || other.Current() != want.String() {
				t.Errorf("looplab, %v + %v: state %s, %v; want %v, %v", s, k, other.Current(), err, want, refusal)
			}

			third := newStateless(table, s)
			err = third.Fire(k)
			if (err == nil) != (refusal == nil) || third.MustState() != want {
				t.Errorf("stateless, %v + %v: state %v, %v; want %v, %v", s, k, third.MustState(), err, want, refusal)
			}
		}
	}
}

// The cycle goes through these states, changes the state each time and is closed, on all three sides.
func TestCycle(t *testing.T) {
	table := fsm.Default()
	want := []fsm.State{fsm.Pending, fsm.Queued, fsm.Connected, fsm.Ended}
	state, other, third := cycleStart, newLooplab(table, cycleStart), newStateless(table, cycleStart)
	for i, k := range cycle {
		next, err := table.Step(state, k)
		err = errors.Join(err, other.Event(context.Background(), cycleNames()[i]), third.Fire(k))
		if err != nil {
			t.Fatal(err)
		}
		if next != want[i] || other.Current() != want[i].String() || third.MustState() != want[i] {
			t.Errorf("after %v: %v, %s, %v; want %v three times", k, next, other.Current(), third.MustState(), want[i])
		}
		if next == state {
			t.Errorf("%v changed nothing", k)
		}
		state = next
	}
	if state != cycleStart {
		t.Errorf("the cycle ends in %v", state)
	}
}
