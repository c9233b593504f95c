package escalation_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

// The client calls the host's own code: rules, observers, OnInbound. Its faults stay where they happen.

// TestPanicLeavesNoTurnBehind: net/http recovers from the panics of its handlers, and the program goes on. So
// must the conversation.
func TestPanicLeavesNoTurnBehind(t *testing.T) {
	panics := map[string]func(o escalation.Observation) bool{
		"when received":   func(o escalation.Observation) bool { return o.Occasion == escalation.Received },
		"when refused":    func(o escalation.Observation) bool { return o.Occasion == escalation.Refused },
		"when attempting": func(o escalation.Observation) bool { return o.Occasion == escalation.Attempting },
	}
	for why, panicAt := range panics {
		t.Run(why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				armed := false
				n := &network{}
				client := newClient(t, n, &escalation.Config{Observers: []escalation.Observer{
					func(_ context.Context, o escalation.Observation) {
						if armed && panicAt(o) {
							panic("the observer's own fault")
						}
					},
				}})
				must(t, client, "123", escalate)
				armed = true
				recovered := 0
				for _, k := range []events.Kind{visitorSays, message, queueUpdate} {
					func() {
						defer func() {
							if recover() != nil {
								recovered++
							}
						}()
						_ = put(t.Context(), client, "123", samples[k].event)
					}()
				}
				armed = false
				if recovered != 1 {
					t.Fatalf("the caller saw %d panics, want one", recovered)
				}
				must(t, client, "123", success, visitorSays, message) // a turn left behind would end the bubble in deadlock
				wantState(t, client.Conversation("123"), fsm.Connected, 1)
			}) // Close, at the end of the test, waits for no attempt that never began
		})
	}
}

func TestPanickingRuleAndHostLeaveNoTurnBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		armed := true
		fault := func() {
			if armed {
				panic("the host's own fault")
			}
		}
		set, err := rules.Strict(rules.Rule{ID: "own", Check: func(rules.Facts, events.Outbound) error { fault(); return nil }})
		if err != nil {
			t.Fatal(err)
		}
		client := newClient(t, &network{}, &escalation.Config{Rules: set,
			OnInbound: func(context.Context, escalation.Inbound) error { fault(); return nil }})
		for _, k := range []events.Kind{escalate, success} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%v: the panic did not reach the caller", k)
					}
				}()
				_ = put(t.Context(), client, "123", samples[k].event)
			}()
		}
		armed = false
		must(t, client, "123", escalate, success, message)
		wantState(t, client.Conversation("123"), fsm.Connected, 1)
	})
}

// TestSlowRuleDelaysNoOther [E3]: a call gives its conversation back while a rule is busy with another event
// of it. Neither that call nor other conversations wait for the rule.
func TestSlowRuleDelaysNoOther(t *testing.T) {
	opened, busy, release := make(chan struct{}), make(chan struct{}), make(chan struct{})
	set, err := rules.Strict(rules.Rule{ID: "slow", Check: func(rules.Facts, events.Outbound) error {
		close(busy)
		<-release
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(t, &network{}, &escalation.Config{Rules: set, Observers: []escalation.Observer{
		func(_ context.Context, o escalation.Observation) {
			if o.Occasion == escalation.Received {
				close(opened)
				<-busy // Open has still to give the conversation back
			}
		},
	}})
	slow := client.Conversation("slow")
	open, sent, other := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() { open <- slow.Open(context.Background()) }()
	<-opened
	go func() {
		_, err := slow.Send(context.Background(), events.EscalationSuccess{})
		sent <- err
	}()
	<-busy
	go func() {
		err := <-open
		_, statusErr := client.Conversation("other").Status(context.Background())
		other <- errors.Join(err, statusErr)
	}()
	select {
	case err := <-other:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second): // only when the test fails
		t.Error("the others wait for the rule")
	}
	close(release)
	if err := <-sent; err != nil {
		t.Error(err)
	}
}
