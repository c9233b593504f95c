package fsm_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// machineFollowsTable drives a Machine and, as its model, a bare state moved by Step.
func machineFollowsTable(t *rapid.T) {
	on := rapid.SliceOfDistinct(rapid.SampledFrom(fsm.Switches()), rapid.ID[fsm.Switch]).Draw(t, "switches")
	table, err := fsm.Compile(fsm.Rows(), on...)
	if err != nil {
		t.Fatal(err)
	}
	state := rapid.SampledFrom(fsm.States()).Draw(t, "initial")
	told := 0
	var last fsm.Transition
	observe := func(_ context.Context, tr fsm.Transition) { told, last = told+1, tr }
	m, err := fsm.NewMachine(table, state, observe)
	if err != nil {
		t.Fatal(err)
	}
	heard := 0
	t.Repeat(map[string]func(*rapid.T){
		"fire": func(t *rapid.T) {
			kind := events.Kind(rapid.IntRange(0, events.NumKinds+1).Draw(t, "kind"))
			next, refusal := table.Step(state, kind)
			got, err := m.Fire(context.Background(), kind)
			if (err == nil) != (refusal == nil) {
				t.Fatalf("%v + %v: the machine says %v, the table %v", state, kind, err, refusal)
			}
			if err != nil {
				if err.Error() != refusal.Error() {
					t.Fatalf("the machine explains %q, the table %q", err, refusal)
				}
				return
			}
			want := fsm.Transition{Kind: kind, From: state, To: next}
			if heard++; got != want || last != want {
				t.Fatalf("returned %v, told %v, want %v", got, last, want)
			}
			state = next
		},
		"fire with an ended context": func(t *rapid.T) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if _, err := m.Fire(ctx, escalate); err == nil {
				t.Fatal("taken")
			}
		},
		"fire with a context that ends meanwhile": func(t *rapid.T) {
			kind := rapid.SampledFrom(events.InboundKinds().Kinds()).Draw(t, "kind")
			if _, err := m.Fire(newEndsLater(), kind); err != nil {
				t.Fatal(err)
			}
			state, _ = table.Step(state, kind)
			heard++
		},
		"resume elsewhere": func(t *rapid.T) {
			if m, err = fsm.NewMachine(table, m.State(), observe); err != nil {
				t.Fatal(err)
			}
		},
		"": func(t *rapid.T) {
			if m.State() != state || m.Permitted() != table.Permitted(state) {
				t.Fatalf("state %v, permitted %v; the model is in %v", m.State(), m.Permitted(), state)
			}
			if told != heard {
				t.Fatalf("the observer was told %d times, want %d", told, heard)
			}
		},
	})
}

func TestMachineFollowsTable(t *testing.T) { rapid.Check(t, machineFollowsTable) }

func FuzzMachineFollowsTable(f *testing.F) { f.Fuzz(rapid.MakeFuzz(machineFollowsTable)) }
