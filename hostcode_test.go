package escalation_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/transport"
)

// The client calls the host's own code: rules, observers, OnInbound, and the transport. Its faults are logged and
// stay where they happen; a conversation left behind would end the bubble of a test in deadlock.

// panicsLogged reports how many panics of one kind of code were logged.
func panicsLogged(log *bytes.Buffer, where string) int {
	n := 0
	for line := range strings.Lines(log.String()) {
		quoted, plain := `where="`+where+`"`, "where="+where+" "
		if strings.Contains(line, "code of the host panicked") && (strings.Contains(line, quoted) || strings.Contains(line, plain)) {
			n++
		}
	}
	return n
}

func loggingTo(log *bytes.Buffer) *slog.Logger { return slog.New(slog.NewTextHandler(log, nil)) }

// TestPanickingObserverChangesNothing: what it was told of is stored, and goes on as if nothing had been.
func TestPanickingObserverChangesNothing(t *testing.T) {
	for _, occasion := range []escalation.Occasion{
		escalation.Received, escalation.Refused, escalation.Accepted, escalation.Attempting, escalation.Attempted, escalation.Resolved,
	} {
		t.Run(occasion.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				n := &network{}
				client := newClient(t, n, &escalation.Config{Logger: loggingTo(&log), Observers: []escalation.Observer{
					func(_ context.Context, o escalation.Observation) {
						if o.Occasion == occasion {
							panic("the observer's own fault")
						}
					},
				}})
				must(t, client, "123", escalate)
				checkRefusal(t, put(t.Context(), client, "123", samples[message].event), fsm.Pending, message)
				must(t, client, "123", success)
				wantState(t, client.Conversation("123"), fsm.Connected, 1)
				if got := panicsLogged(&log, "observer"); got != 1 {
					t.Errorf("%d faults were logged, want one:\n%s", got, &log)
				}
			}) // Close, at the end of the test, waits for no attempt that never began
		})
	}
}

// TestPanickingRuleAcceptsNothing: the caller gets ErrPanicked, and other events of the conversation are decided.
func TestPanickingRuleAcceptsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		set, err := rules.Strict(rules.Rule{ID: "own", Check: func(_ rules.Facts, e events.Outbound) error {
			if e == (events.EscalationQueueUpdate{}) {
				panic("the rule's own fault")
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		n := &network{}
		client := newClient(t, n, &escalation.Config{Rules: set, Logger: loggingTo(&log)})
		must(t, client, "123", escalate)
		if err := put(t.Context(), client, "123", events.EscalationQueueUpdate{}); !errors.Is(err, escalation.ErrPanicked) {
			t.Errorf("got %v, want ErrPanicked", err)
		}
		must(t, client, "123", success)
		wantState(t, client.Conversation("123"), fsm.Connected, 1)
		if diff := cmp.Diff([]string{samples[success].body}, n.bodies("123")); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
		if got := panicsLogged(&log, "rule"); got != 1 {
			t.Errorf("%d faults were logged, want one:\n%s", got, &log)
		}
	})
}

// TestPanickingHostIsOfferedTheEventAgain: a panic is as good as an error.
func TestPanickingHostIsOfferedTheEventAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		start := time.Now()
		var offers []offer
		client := newClient(t, &network{}, &escalation.Config{Logger: loggingTo(&log),
			OnInbound: func(_ context.Context, in escalation.Inbound) error {
				offers = append(offers, offer{time.Since(start), in.Number, in.Again, in.Repeat})
				if len(offers) == 1 {
					panic("the host's own fault")
				}
				return nil
			}})
		must(t, client, "123", escalate)
		wantState(t, client.Conversation("123"), fsm.Pending, 1) // it was stored before
		must(t, client, "123", success)                          // and nothing waits for the host
		pass(time.Second)
		if diff := cmp.Diff([]offer{{0, 1, false, false}, {time.Second, 1, true, false}}, offers); diff != "" {
			t.Errorf("offered (-want +got):\n%s", diff)
		}
		if got := panicsLogged(&log, "inbound function"); got != 1 {
			t.Errorf("%d faults were logged, want one:\n%s", got, &log)
		}
	})
}

// TestPanickingTransportHasToldNothing: the event may have arrived, so it is sent again after the settle time.
func TestPanickingTransportHasToldNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		calls := 0
		n := &network{answer: func(context.Context, transport.Request) transport.Result {
			if calls++; calls == 1 {
				panic("the transport's own fault")
			}
			return acknowledged
		}}
		client := newClient(t, n, &escalation.Config{Logger: loggingTo(&log)})
		must(t, client, "123", escalate)
		start := time.Now()
		result, err := client.Conversation("123").Send(t.Context(), events.EscalationSuccess{})
		want := escalation.Result{Kind: success, Number: 1, Round: 1, State: fsm.Connected, Status: 200, Attempts: 2, MayBeDuplicate: true}
		if took := time.Since(start); err != nil || result != want || took != escalation.DefaultSettle {
			t.Errorf("got %+v, %v after %v; want %+v after the settle time", result, err, took, want)
		}
		if got := panicsLogged(&log, "transport"); got != 1 {
			t.Errorf("%d faults were logged, want one:\n%s", got, &log)
		}
	})
}

// TestSlowRuleDelaysNoOther: while a rule is busy with an event, only calls that change the same conversation wait.
func TestSlowRuleDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		set, err := rules.Strict(rules.Rule{ID: "slow", Check: func(_ rules.Facts, e events.Outbound) error {
			if e == (events.EscalationQueueUpdate{QueuePosition: "7"}) {
				<-release
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		client := newClient(t, &network{}, &escalation.Config{Rules: set})
		slow := client.Conversation("slow")
		must(t, client, "slow", escalate)
		first := inBackground(t.Context(), slow, events.EscalationQueueUpdate{QueuePosition: "7"})
		second := inBackground(t.Context(), slow, events.EscalationSuccess{})

		must(t, client, "other", escalate, success, message, disconnect)
		wantState(t, slow, fsm.Pending, 1)
		if err := slow.Explain(t.Context(), events.EscalationSuccess{}); err != nil {
			t.Error(err)
		}
		select {
		case err := <-second:
			t.Errorf("the second call was decided before the first: %v", err)
		default:
		}
		close(release)
		if err := errors.Join(<-first, <-second); err != nil {
			t.Error(err)
		}
		wantState(t, slow, fsm.Connected, 1)
	})
}
