package rules_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

// The default rules refuse and explain: every broken rule at once, with what it rests on.
func ExampleStrict() {
	set, err := rules.Strict()
	if err != nil {
		fmt.Println(err)
		return
	}
	waiting := rules.Facts{State: fsm.Queued}
	decision := set.Decide(waiting, events.EscalationSuccess{Agent: "Ann"})
	fmt.Println("allowed, next:", decision.Next)

	err = set.Decide(waiting, events.Message{}).Err()
	if refusal, ok := errors.AsType[*rules.Refusal](err); ok {
		for _, v := range refusal.Violations {
			fmt.Printf("%s (%v): %v\n", v.Rule, v.Basis, v.Source)
		}
		fmt.Println("instead:", refusal.Allowed)
	}
	// Output:
	// allowed, next: connected
	// sequence (documented): https://developer.zendesk.com/documentation/ai-agents/widget/widget-escalations
	// text-required (documented): https://developer.zendesk.com/api-reference/ai-agents/widget-escalation/widget-escalation/
	// instead: escalationQueueUpdate, escalationSuccess, escalationFailed
}

// Lenient allows what no source documents, such as a transfer to another agent.
func ExampleLenient() {
	set, err := rules.Lenient()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Decide(rules.Facts{State: fsm.Connected}, events.EscalationSuccess{Agent: "Bob"}).Err())
	// Output: <nil>
}

// Add an optional rule of this package to the default ones.
func ExampleQueuePositionMayNotGrow() {
	set, err := rules.Strict(rules.QueuePositionMayNotGrow())
	if err != nil {
		fmt.Println(err)
		return
	}
	facts := rules.Facts{State: fsm.Queued, LastUpdate: events.EscalationQueueUpdate{QueuePosition: "3"}}
	fmt.Println(set.Decide(facts, events.EscalationQueueUpdate{QueuePosition: "5"}).Err())
	// Output: rules: escalationQueueUpdate refused in state queued: queue-position-may-not-grow: queuePosition is greater than in the update before; allowed: escalationQueueUpdate, escalationSuccess, escalationFailed
}

// Write a rule of your own. The error is yours; errors.Is finds it in the refusal.
func ExampleRule() {
	errInternal := errors.New("text mentions an internal host")
	noInternalHosts := rules.Rule{
		ID:      "no-internal-hosts",
		Summary: "text names no host of the company's own network",
		Kinds:   events.NewKindSet(events.KindMessage),
		Check: func(_ rules.Facts, e events.Outbound) error {
			if m, ok := e.(events.Message); ok && strings.Contains(m.Text, ".corp.example") {
				return errInternal
			}
			return nil
		},
	}
	set, err := rules.Strict(noInternalHosts)
	if err != nil {
		fmt.Println(err)
		return
	}
	talking := rules.Facts{State: fsm.Connected}
	fmt.Println(set.Decide(talking, events.Message{Text: "See our help pages."}).Err())
	err = set.Decide(talking, events.Message{Text: "See wiki.corp.example."}).Err()
	fmt.Println(err)
	fmt.Println(errors.Is(err, errInternal))
	// Output:
	// <nil>
	// rules: message refused in state connected: no-internal-hosts: text mentions an internal host; allowed: message, agentDisconnect
	// true
}

// Grey out the buttons of an agent desk.
func ExampleSet_Allowed() {
	set, err := rules.Strict()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Allowed(fsm.Connected))
	// Output: message, agentDisconnect
}
