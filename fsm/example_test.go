package fsm_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// Ask the table what an event would do; nothing is kept.
func ExampleTable_Step() {
	next, err := fsm.Default().Step(fsm.Queued, events.KindEscalationSuccess)
	fmt.Println(next, err)

	_, err = fsm.Default().Step(fsm.Queued, events.KindAgentDisconnect)
	fmt.Println(err)
	// Output:
	// connected <nil>
	// fsm: agentDisconnect refused in state queued: no agent is connected who could leave; escalationFailed ends the wait; allowed: escalationQueueUpdate, escalationSuccess, escalationFailed
}

// List what a state allows, for example to grey out the buttons of an agent desk.
func ExampleTable_Permitted() {
	for _, s := range fsm.States() {
		fmt.Printf("%-9v %v\n", s, fsm.Default().Permitted(s)&events.OutboundKinds())
	}
	// Output:
	// none      none
	// pending   escalationQueueUpdate, escalationSuccess, escalationFailed
	// queued    escalationQueueUpdate, escalationSuccess, escalationFailed
	// connected message, agentDisconnect
	// ended     none
	// failed    none
}

// Turn on what no source documents but your agents need.
func ExampleCompile_switches() {
	lenient, err := fsm.Compile(fsm.Rows(), fsm.AgentTransfer, fsm.BackToQueue)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = fsm.Default().Step(fsm.Connected, events.KindEscalationSuccess)
	fmt.Println("a second agent, by default:", err)
	next, err := lenient.Step(fsm.Connected, events.KindEscalationSuccess)
	fmt.Println("a second agent, switched on:", next, err)
	next, err = lenient.Step(fsm.Connected, events.KindEscalationQueueUpdate)
	fmt.Println("back to the queue, switched on:", next, err)
	// Output:
	// a second agent, by default: fsm: escalationSuccess refused in state connected: an agent is connected already; allowed: message, agentDisconnect
	// a second agent, switched on: connected <nil>
	// back to the queue, switched on: queued <nil>
}

// Keep a machine for a conversation, and be told of what it does.
func ExampleMachine() {
	ctx := context.Background()
	report := func(_ context.Context, t fsm.Transition) {
		fmt.Printf("%v: %v -> %v, changed: %v\n", t.Kind, t.From, t.To, t.Changed())
	}
	m, err := fsm.NewMachine(fsm.Default(), fsm.None, report)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, k := range []events.Kind{
		events.KindWidgetEscalate, events.KindEscalationSuccess, events.KindMessage, events.KindAgentDisconnect, events.KindMessage,
	} {
		if _, err := m.Fire(ctx, k); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println("now:", m.State())
	// Output:
	// widgetEscalate: none -> pending, changed: true
	// escalationSuccess: pending -> connected, changed: true
	// message: connected -> connected, changed: false
	// agentDisconnect: connected -> ended, changed: true
	// fsm: message refused in state ended: the round is over; only a new widgetEscalate opens another; allowed: none
	// now: ended
}

// Carry on with a state that was stored, here as text.
func ExampleNewMachine_resume() {
	var stored fsm.State
	if err := stored.UnmarshalText([]byte("connected")); err != nil {
		fmt.Println(err)
		return
	}
	m, err := fsm.NewMachine(fsm.Default(), stored)
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := m.Fire(context.Background(), events.KindWidgetEndSession)
	fmt.Println(t.To, err)
	// Output: ended <nil>
}

// Read the facts of a refusal instead of its text.
func ExampleTransitionError() {
	_, err := fsm.Default().Step(fsm.Pending, events.KindMessage)
	if refusal, ok := errors.AsType[*fsm.TransitionError](err); ok {
		fmt.Println("refused:", refusal.Kind, "in state", refusal.State)
		fmt.Println("because:", refusal.Why)
		fmt.Println("basis:  ", refusal.Basis)
		fmt.Println("source: ", refusal.Source)
		fmt.Println("allowed:", refusal.Allowed.Has(events.KindEscalationSuccess))
	}
	// Output:
	// refused: message in state pending
	// because: no agent is connected yet; escalationSuccess comes first
	// basis:   documented
	// source:  https://developer.zendesk.com/documentation/ai-agents/widget/widget-escalations
	// allowed: true
}
