package escalation_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/transport"
)

// TestCancelledContextLeavesNoHalfState [E5] ends the caller's context at each stage of a call.
func TestCancelledContextLeavesNoHalfState(t *testing.T) {
	t.Run("before", func(t *testing.T) {
		n := &network{}
		client := newClient(t, n, nil)
		must(t, client, "123", escalate)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := client.Conversation("123").Send(ctx, events.EscalationSuccess{})
		sendErr, ok := errors.AsType[*escalation.SendError](err)
		if !ok || !sendErr.Pending() || !errors.Is(err, context.Canceled) || len(n.bodies("123")) != 0 {
			t.Errorf("error %v, %d requests; want not sent because of the context, and none", err, len(n.bodies("123")))
		}
		wantState(t, client.Conversation("123"), fsm.Pending, 1)
	})
	t.Run("waiting for the turn", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := &network{}
			client := newClient(t, n, nil)
			must(t, client, "123", escalate, success)
			release := make(chan struct{})
			n.answers(func(context.Context, transport.Request) transport.Result { <-release; return acknowledged })
			send := func(ctx context.Context, text string) <-chan error {
				done := make(chan error, 1)
				go func() {
					_, err := client.Conversation("123").Send(ctx, events.Message{Text: text})
					done <- err
				}()
				synctest.Wait()
				return done
			}
			ctx, cancel := context.WithCancel(t.Context())
			first := send(t.Context(), "first")
			second := send(t.Context(), "second")
			third := send(ctx, "given up")
			fourth := send(t.Context(), "fourth")
			cancel()
			synctest.Wait()
			if got := len(n.bodies("123")); got != 2 {
				t.Errorf("%d requests, want success and the first message: whoever leaves lets nobody in", got)
			}
			sendErr, ok := errors.AsType[*escalation.SendError](<-third)
			if !ok || !sendErr.Pending() || sendErr.MayHaveArrived || !errors.Is(sendErr, context.Canceled) {
				t.Errorf("got %v, want not sent because of the context", sendErr)
			}
			close(release)
			if err := errors.Join(<-first, <-second, <-fourth); err != nil {
				t.Error(err)
			}
			want := []string{samples[success].body,
				`{"platformConversationId":"123","eventType":"message","text":"first"}`,
				`{"platformConversationId":"123","eventType":"message","text":"second"}`,
				`{"platformConversationId":"123","eventType":"message","text":"fourth"}`}
			if diff := cmp.Diff(want, n.bodies("123")); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	})
	t.Run("as the turn comes", func(t *testing.T) {
		n := &network{}
		ctx, cancel := context.WithCancel(t.Context())
		client := newClient(t, n, &escalation.Config{Observers: []escalation.Observer{
			func(_ context.Context, o escalation.Observation) { cancel() },
		}})
		// The observer of the webhook ends its context just before the host's turn, which nobody else has.
		err := client.Receive(ctx, events.Envelope{BotID: bot, ConversationID: "123", Event: events.WidgetEscalate{}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		wantState(t, client.Conversation("123"), fsm.Pending, 1)
		must(t, client, "123", escalate) // the turn was given back
	})
	t.Run("during the attempt", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := &network{}
			client := newClient(t, n, nil)
			must(t, client, "123", escalate)
			release := make(chan struct{})
			n.answers(func(ctx context.Context, _ transport.Request) transport.Result {
				<-release
				if ctx.Err() != nil {
					return transport.Result{Class: transport.Unknown, Err: ctx.Err()}
				}
				return acknowledged
			})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() {
				_, err := client.Conversation("123").Send(ctx, events.EscalationSuccess{})
				done <- err
			}()
			synctest.Wait()
			cancel()
			sendErr, ok := errors.AsType[*escalation.SendError](<-done)
			if !ok || !sendErr.Pending() || !sendErr.MayHaveArrived || !errors.Is(sendErr, context.Canceled) {
				t.Fatalf("got %v, want an attempt that goes on", sendErr)
			}
			wantState(t, client.Conversation("123"), fsm.Pending, 1)
			close(release)
			synctest.Wait()
			wantState(t, client.Conversation("123"), fsm.Connected, 1)
		})
	})
}

// TestKnownOutcomeIsNotCalledUnderway ends the caller's context as the answer comes. On one processor the attempt
// has most often ended when the caller looks; to call it under way then would invite a second copy.
func TestKnownOutcomeIsNotCalledUnderway(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range 1_000 {
		n := &network{}
		client := newClient(t, n, nil)
		must(t, client, "123", escalate)
		ctx, cancel := context.WithCancel(t.Context())
		n.answers(func(context.Context, transport.Request) transport.Result { cancel(); return acknowledged })
		if _, err := client.Conversation("123").Send(ctx, events.EscalationSuccess{}); err == nil {
			return
		}
	}
	t.Error("in 1000 tries the outcome was never told")
}

// TestAttemptHasTheCallersValues: a trace that began with the call goes on in the attempt.
func TestAttemptHasTheCallersValues(t *testing.T) {
	type traceKey struct{}
	var got any
	n := &network{answer: func(ctx context.Context, _ transport.Request) transport.Result {
		got = ctx.Value(traceKey{})
		return acknowledged
	}}
	client := newClient(t, n, nil)
	must(t, client, "123", escalate)
	ctx := context.WithValue(t.Context(), traceKey{}, "trace-1")
	if _, err := client.Conversation("123").Send(ctx, events.EscalationSuccess{}); err != nil {
		t.Fatal(err)
	}
	if got != "trace-1" {
		t.Errorf("the attempt has the value %v, want trace-1", got)
	}
}
