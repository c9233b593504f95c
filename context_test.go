package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/transport"
)

// inBackground calls Send and returns when the call waits for something.
func inBackground(ctx context.Context, v *escalation.Conversation, e events.Outbound, options ...escalation.Option) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := v.Send(ctx, e, options...)
		done <- err
	}()
	synctest.Wait()
	return done
}

// messageBodies are what messages of these texts travel in, for conversation "123".
func messageBodies(texts ...string) []string {
	var all []string
	for _, text := range texts {
		all = append(all, fmt.Sprintf(`{"platformConversationId":"123","eventType":"message","text":%q}`, text))
	}
	return all
}

// TestCancelledContextLeavesNoHalfState ends the caller's context at each stage of a call. The context bounds
// the waiting: it never takes back what was accepted, and never ends an attempt.
func TestCancelledContextLeavesNoHalfState(t *testing.T) {
	stages := map[string]func(t *testing.T){
		"before": cancelledBefore, "waiting to be decided": cancelledInLine, "while it is decided": cancelledInDecision,
		"waiting for the turn": cancelledWaiting, "during the attempt": cancelledInAttempt,
		"a webhook that is being stored": cancelledWebhook,
	}
	for stage, test := range stages {
		t.Run(stage, func(t *testing.T) { synctest.Test(t, test) })
	}
}

func cancelledBefore(t *testing.T) {
	n := &network{}
	client := newClient(t, n, nil)
	must(t, client, "123", escalate)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client.Conversation("123").Send(ctx, events.EscalationSuccess{})
	wantNothingDone(t, err)
	status, statusErr := client.Conversation("123").Status(t.Context())
	if statusErr != nil || status.Last != 0 || len(n.bodies("123")) != 0 {
		t.Errorf("%d events accepted, %d requests, error %v; want none", status.Last, len(n.bodies("123")), statusErr)
	}
}

func wantNothingDone(t *testing.T, err error) {
	t.Helper()
	_, accepted := errors.AsType[*escalation.SendError](err)
	_, unanswered := errors.AsType[*escalation.UnansweredError](err)
	if accepted || unanswered || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that nothing was done because of the context", err)
	}
}

// cancelledInLine: whoever leaves before the decision has done nothing, and lets nobody in.
func cancelledInLine(t *testing.T) {
	n := &network{}
	busy := make(chan struct{})
	client := newClient(t, n, &escalation.Config{Observers: []escalation.Observer{
		func(_ context.Context, o escalation.Observation) {
			if o.Occasion == escalation.Accepted && o.Number == 2 {
				<-busy // until then no call of the conversation is decided
			}
		},
	}})
	must(t, client, "123", escalate, success)
	v := client.Conversation("123")
	ctx, cancel := context.WithCancel(t.Context())
	first := inBackground(t.Context(), v, events.Message{Text: "first"})
	second := inBackground(ctx, v, events.Message{Text: "given up"})
	third := inBackground(t.Context(), v, events.Message{Text: "third"})
	cancel()
	wantNothingDone(t, <-second)
	close(busy)
	if err := errors.Join(<-first, <-third); err != nil {
		t.Error(err)
	}
	want := append([]string{samples[success].body}, messageBodies("first", "third")...)
	if diff := cmp.Diff(want, n.bodies("123")); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

// cancelledInDecision: the caller cannot know, and learns it by asking again with the same key.
func cancelledInDecision(t *testing.T) {
	n := &network{}
	busy := make(chan struct{})
	client := newClient(t, n, &escalation.Config{Observers: []escalation.Observer{
		func(_ context.Context, o escalation.Observation) {
			if o.Occasion == escalation.Accepted {
				<-busy // it is stored, and the caller does not know yet
			}
		},
	}})
	must(t, client, "123", escalate)
	v := client.Conversation("123")
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan error, 1)
	go func() {
		_, err := v.Accept(ctx, events.EscalationSuccess{}, escalation.WithKey("key 1"))
		asked <- err
	}()
	synctest.Wait()
	cancel()
	err := <-asked
	if unanswered, ok := errors.AsType[*escalation.UnansweredError](err); !ok || unanswered.Kind != success || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want an *UnansweredError because of the context", err)
	}
	close(busy)
	receipt, err := v.Accept(t.Context(), events.EscalationSuccess{}, escalation.WithKey("key 1"))
	if want := (escalation.Receipt{Kind: success, Number: 1, Round: 1, Repeated: true}); err != nil || receipt != want {
		t.Errorf("asked again: %+v, %v; want %+v", receipt, err, want)
	}
	if _, err := v.Wait(t.Context(), 1); err != nil {
		t.Error(err)
	}
	if got := len(n.bodies("123")); got != 1 {
		t.Errorf("%d requests, want one", got)
	}
}

func cancelledWaiting(t *testing.T) {
	n := &network{}
	client := newClient(t, n, nil)
	must(t, client, "123", escalate, success)
	release := make(chan struct{})
	n.answers(func(context.Context, transport.Request) transport.Result { <-release; return acknowledged })
	v := client.Conversation("123")
	ctx, cancel := context.WithCancel(t.Context())
	first := inBackground(t.Context(), v, events.Message{Text: "first"})
	second := inBackground(t.Context(), v, events.Message{Text: "second"})
	third := inBackground(ctx, v, events.Message{Text: "not waited for"})
	fourth := inBackground(t.Context(), v, events.Message{Text: "fourth"})
	cancel()
	synctest.Wait()
	if got := len(n.bodies("123")); got != 2 {
		t.Errorf("%d requests, want success and the first message", got)
	}
	sendErr, ok := errors.AsType[*escalation.SendError](<-third)
	if !ok || !sendErr.Pending() || sendErr.MayHaveArrived || sendErr.Number != 4 || !errors.Is(sendErr, context.Canceled) {
		t.Errorf("got %v, want event 4 pending because of the context", sendErr)
	}
	close(release)
	if err := errors.Join(<-first, <-second, <-fourth); err != nil {
		t.Error(err)
	}
	want := append([]string{samples[success].body}, messageBodies("first", "second", "not waited for", "fourth")...)
	if diff := cmp.Diff(want, n.bodies("123")); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func cancelledInAttempt(t *testing.T) {
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
	done := inBackground(ctx, client.Conversation("123"), events.EscalationSuccess{})
	cancel()
	sendErr, ok := errors.AsType[*escalation.SendError](<-done)
	if !ok || !sendErr.Pending() || !sendErr.MayHaveArrived || sendErr.Attempts != 1 || !errors.Is(sendErr, context.Canceled) {
		t.Fatalf("got %v, want an attempt that goes on", sendErr)
	}
	wantState(t, client.Conversation("123"), fsm.Pending, 1)
	close(release)
	synctest.Wait()
	wantState(t, client.Conversation("123"), fsm.Connected, 1)
	if got := len(n.bodies("123")); got != 1 {
		t.Errorf("%d requests, want one", got)
	}
}

// cancelledWebhook: the sender cannot know, and sends it again. The first copy was taken all the same.
func cancelledWebhook(t *testing.T) {
	busy := make(chan struct{})
	h := &host{}
	client := newClient(t, &network{}, &escalation.Config{OnInbound: h.take, Observers: []escalation.Observer{
		func(_ context.Context, o escalation.Observation) { <-busy },
	}})
	ctx, cancel := context.WithCancel(t.Context())
	received := make(chan error, 1)
	go func() { received <- put(ctx, client, "123", samples[escalate].event) }()
	synctest.Wait()
	cancel()
	err := <-received
	if unanswered, ok := errors.AsType[*escalation.UnansweredError](err); !ok || unanswered.Kind != escalate || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want an *UnansweredError because of the context", err)
	}
	close(busy)
	synctest.Wait()
	wantState(t, client.Conversation("123"), fsm.Pending, 1)
	if len(h.arrivals) != 1 {
		t.Errorf("the host was told %d times, want once", len(h.arrivals))
	}
}

// TestKnownOutcomeIsNotCalledPending ends the caller's context as the answer comes. On one processor the attempt
// has most often ended when the caller looks.
func TestKnownOutcomeIsNotCalledPending(t *testing.T) {
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
