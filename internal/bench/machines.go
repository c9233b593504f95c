package main

import (
	"errors"
	"fmt"

	looplab "github.com/looplab/fsm"
	"github.com/qmuntal/stateless"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// newLooplab returns a looplab machine with every transition of the table, and no callbacks.
func newLooplab(table *fsm.Table, initial fsm.State) *looplab.FSM {
	var descs []looplab.EventDesc
	for _, r := range table.Rows() {
		if !r.Refused {
			descs = append(descs, looplab.EventDesc{Name: r.Kind.String(), Src: []string{r.From.String()}, Dst: r.To.String()})
		}
	}
	return looplab.NewFSM(initial.String(), descs, nil)
}

// newStateless returns a stateless machine with every transition of the table, and no actions. States and
// triggers are one byte wide, which Go turns into an interface without allocating, and triggers
// are not queued: its fastest form.
func newStateless(table *fsm.Table, initial fsm.State) *stateless.StateMachine {
	m := stateless.NewStateMachineWithMode(initial, stateless.FiringImmediate)
	for _, r := range table.Rows() {
		switch {
		case r.Refused:
		case r.From == r.To:
			m.Configure(r.From).Ignore(r.Kind)
		default:
			m.Configure(r.From).Permit(r.Kind, r.To)
		}
	}
	return m
}

// cycle is a way through the table that ends where it began, in state ended, and changes the state with every
// event: no side needs a reset, which would have to be paid for or subtracted.
var cycle = [...]events.Kind{
	events.KindWidgetEscalate,
	events.KindEscalationQueueUpdate,
	events.KindEscalationSuccess,
	events.KindAgentDisconnect,
}

const cycleStart = fsm.Ended

// cycleNames are the kinds of the cycle as looplab names them, made before the measurement.
func cycleNames() (names [len(cycle)]string) {
	for i, k := range cycle {
		names[i] = k.String()
	}
	return names
}

var errNotRefused = errors.New("an event that should be refused was taken")

func errState(got, want any) error {
	return fmt.Errorf("the machine is in state %v, want %v", got, want)
}
