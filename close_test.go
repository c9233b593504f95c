package escalation_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport"
)

// TestCloseWaitsForAttempts [E10]: one attempt is under way, one call waits for its turn.
func TestCloseWaitsForAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		client, err := escalation.New(memstore.New(nil), n, &escalation.Config{Bot: bot, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		must(t, client, "123", escalate)
		release := make(chan struct{})
		n.answers(func(context.Context, transport.Request) transport.Result { <-release; return acknowledged })
		sent, waiting, closed := make(chan error, 1), make(chan error, 1), make(chan error, 1)
		go func() { sent <- put(t.Context(), client, "123", events.EscalationSuccess{}) }()
		synctest.Wait()
		go func() { waiting <- put(t.Context(), client, "123", events.Message{Text: "too late"}) }()
		synctest.Wait()
		go func() { closed <- client.Close(t.Context()) }()
		synctest.Wait()

		if err := <-waiting; !errors.Is(err, escalation.ErrClosed) {
			t.Errorf("the waiting call: %v, want ErrClosed", err)
		}
		for _, event := range []events.Event{events.EscalationFailed{}, events.WidgetEscalate{}} {
			if err := put(t.Context(), client, "456", event); !errors.Is(err, escalation.ErrClosed) {
				t.Errorf("%v after Close: %v, want ErrClosed", event.Kind(), err)
			}
		}
		select {
		case err := <-closed:
			t.Fatalf("Close did not wait for the attempt: %v", err)
		default:
		}
		close(release)
		if err := errors.Join(<-sent, <-closed, client.Close(t.Context())); err != nil {
			t.Error(err)
		}
		if got := len(n.bodies("123")); got != 1 {
			t.Errorf("%d requests, want the one under way", got)
		}
	})
}

// TestCloseWaitsForTheLastAttempt [E10]: of three under way, two end.
func TestCloseWaitsForTheLastAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		n := &network{answer: func(context.Context, transport.Request) transport.Result { <-release; return acknowledged }}
		client := newClient(t, n, nil)
		for _, id := range []string{"a", "b", "c"} {
			must(t, client, id, escalate)
			go put(t.Context(), client, id, events.EscalationFailed{})
		}
		synctest.Wait()
		closed := false
		go func() {
			if err := client.Close(t.Context()); err != nil {
				t.Error(err)
			}
			closed = true
		}()
		for range 3 {
			synctest.Wait()
			if closed {
				t.Fatal("Close did not wait")
			}
			release <- struct{}{}
		}
		synctest.Wait()
		if !closed {
			t.Error("Close still waits")
		}
	})
}

// TestCloseCutsOffWhenItsContextEnds [E10]: the outcome is recorded, and counted as unknown.
func TestCloseCutsOffWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answer: func(ctx context.Context, _ transport.Request) transport.Result {
			<-ctx.Done()
			return transport.Result{Class: transport.Unknown, Err: ctx.Err()}
		}}
		client, err := escalation.New(memstore.New(nil), n, &escalation.Config{Bot: bot, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		must(t, client, "123", escalate)
		sent := make(chan error, 1)
		go func() { sent <- put(t.Context(), client, "123", events.EscalationSuccess{}) }()
		synctest.Wait()
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		closeErr, ok := errors.AsType[*escalation.CloseError](client.Close(ctx))
		if !ok || closeErr.Unknown != 1 || !errors.Is(closeErr, context.DeadlineExceeded) {
			t.Errorf("got %v, want one unknown outcome", closeErr)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("Close took %v, want its context's 1s and not the attempt's own limit", took)
		}
		if sendErr, ok := errors.AsType[*escalation.SendError](<-sent); !ok || !sendErr.MayHaveArrived {
			t.Errorf("got %v, want an unknown outcome", sendErr)
		}
	})
}

// TestCloseOfAQuietClientNeedsNoTime [E10]: where nothing is under way nothing can be cut off.
func TestCloseOfAQuietClientNeedsNoTime(t *testing.T) {
	client := newClient(t, &network{}, nil)
	must(t, client, "123", escalate, success)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		if err := client.Close(ended); err != nil {
			t.Errorf("got %v, want no error", err)
		}
	}
}

// TestCloseBetweenDecisionAndAttempt [E10]: a call that was let in before Close must not send after it.
func TestCloseBetweenDecisionAndAttempt(t *testing.T) {
	n := &network{}
	var client *escalation.Client
	closing := false
	client, err := escalation.New(memstore.New(nil), n, &escalation.Config{Bot: bot, Now: func() time.Time {
		if closing { // the rules ask for the time in the middle of a decision
			if err := client.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}
		return time.Now()
	}})
	if err != nil {
		t.Fatal(err)
	}
	must(t, client, "123", escalate)
	closing = true
	if err := put(t.Context(), client, "123", events.EscalationSuccess{}); !errors.Is(err, escalation.ErrClosed) || len(n.bodies("123")) != 0 {
		t.Errorf("got %v and %d requests, want ErrClosed and none", err, len(n.bodies("123")))
	}
}
