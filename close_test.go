package escalation_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport"
)

// clientOver returns a client over a store that the test keeps, to be closed by the test.
func clientOver(t *testing.T, s store.Store, n *network, cfg escalation.Config) *escalation.Client {
	t.Helper()
	cfg.Bot, cfg.Logger = bot, quiet
	client, err := escalation.New(s, n, &cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestCloseWaitsForAttempts [G17]: one attempt is under way, one event waits for its turn.
func TestCloseWaitsForAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, kept := &network{}, memstore.New(nil)
		client := clientOver(t, kept, n, escalation.Config{})
		must(t, client, "123", escalate)
		release := make(chan struct{})
		n.answers(func(context.Context, transport.Request) transport.Result { <-release; return acknowledged })
		sent, waiting, closed := make(chan error, 1), make(chan error, 1), make(chan error, 1)
		go func() { sent <- put(t.Context(), client, "123", events.EscalationSuccess{Agent: "John Smith"}) }()
		synctest.Wait()
		go func() { waiting <- put(t.Context(), client, "123", events.Message{Text: "Hello"}) }()
		synctest.Wait()
		go func() { closed <- client.Close(t.Context()) }()
		synctest.Wait()

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
		left, ok := errors.AsType[*escalation.SendError](<-waiting)
		if !ok || !left.Pending() || left.MayHaveArrived || !errors.Is(left, escalation.ErrClosed) {
			t.Errorf("the event that waited: %v, want it pending because of ErrClosed", left)
		}
		if got := len(n.bodies("123")); got != 1 {
			t.Errorf("%d requests, want the one under way", got)
		}

		next := clientOver(t, kept, n, escalation.Config{})
		if err := next.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{samples[success].body, samples[message].body}, n.bodies("123")); diff != "" {
			t.Errorf("sent after the next start (-want +got):\n%s", diff)
		}
		if err := next.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestCloseWaitsForTheLastAttempt [G17]: of three under way, two end.
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

// TestCloseCutsOffWhenItsContextEnds [G17]: the outcome is recorded, and counted as unknown.
func TestCloseCutsOffWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answer: func(ctx context.Context, _ transport.Request) transport.Result {
			<-ctx.Done()
			return transport.Result{Class: transport.Unknown, Err: ctx.Err()}
		}}
		kept := memstore.New(nil)
		client := clientOver(t, kept, n, escalation.Config{})
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
		sendErr, ok := errors.AsType[*escalation.SendError](<-sent)
		if !ok || !sendErr.Pending() || !sendErr.MayHaveArrived || !errors.Is(sendErr, escalation.ErrClosed) {
			t.Errorf("got %v, want it pending, perhaps arrived, because of ErrClosed", sendErr)
		}

		s, err := kept.Load(t.Context(), store.Key{Bot: bot, Conversation: "123"}, store.Query{})
		if err != nil {
			t.Fatal(err)
		}
		if e := s.Conversation.Lane.Pending[0]; e.Begun || e.Unknown != 1 {
			t.Errorf("stored %+v, want one attempt that ended unknown", e)
		}
	})
}

// TestCloseOfAQuietClientNeedsNoTime [G17]: where nothing is under way nothing can be cut off. An event that waits for
// its next attempt is not under way.
func TestCloseOfAQuietClientNeedsNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		client := newClient(t, n, nil)
		must(t, client, "123", escalate, success)
		n.answers(always(transport.Result{Class: transport.Unknown, Err: errNetwork}))
		if _, err := client.Conversation("123").Accept(t.Context(), events.Message{Text: "Hello"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // it was attempted, and waits for the settle time
		start := time.Now()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for range 2 {
			if err := client.Close(ended); err != nil {
				t.Errorf("got %v, want no error", err)
			}
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("it took %v", took)
		}
	})
}

// TestCloseBetweenDecisionAndAttempt [G17]: an event whose call was let in before Close is accepted, but must not be sent
// after it.
func TestCloseBetweenDecisionAndAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, kept := &network{}, memstore.New(nil)
		var client *escalation.Client
		closing, closed := false, make(chan error, 1)
		client = clientOver(t, kept, n, escalation.Config{Now: func() time.Time {
			if closing { // the client asks for the time before it decides
				closing = false
				go func() { closed <- client.Close(context.Background()) }()
				synctest.Wait() // Close waits for the call
			}
			return time.Now()
		}})
		must(t, client, "123", escalate)
		synctest.Wait()
		closing = true
		err := put(t.Context(), client, "123", samples[success].event)
		sendErr, ok := errors.AsType[*escalation.SendError](err)
		if !ok || !sendErr.Pending() || sendErr.Attempts != 0 || !errors.Is(err, escalation.ErrClosed) || len(n.bodies("123")) != 0 {
			t.Errorf("got %v and %d requests, want the event pending and none", err, len(n.bodies("123")))
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}

		next := clientOver(t, kept, n, escalation.Config{})
		if _, err := next.Conversation("123").Wait(t.Context(), 1); err != nil {
			t.Errorf("after the next start: %v", err)
		}
		if err := next.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestCloseBeginsNoAttempt (G17): the one under way is waited for, and the next one is left to the next process.
func TestCloseBeginsNoAttempt(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		r.line.meanwhile(func(context.Context, sent) { time.Sleep(time.Second) })
		r.accept(v, text("1"), text("2"), text("3"))
		waiting := make(chan error, 1)
		go func() {
			_, err := v.Wait(context.Background(), 3)
			waiting <- err
		}()
		time.Sleep(time.Millisecond)
		if err := r.client.Close(r.Context()); err != nil {
			r.Fatal(err)
		}
		var pending *escalation.SendError
		if err := <-waiting; !errors.As(err, &pending) || !pending.Pending() || !errors.Is(err, escalation.ErrClosed) {
			r.Errorf("who waits is told %v", err)
		}
		time.Sleep(time.Hour)
		r.equal("results", []string{"1 acknowledged", "2 acknowledged", "3 none", "4 none"}, r.results("c"))
		r.equal("attempts", []string{"escalationSuccess", "1"}, r.line.texts("c"))
	})
}

// TestCloseCutsOff (G17): at its deadline Close ends the attempt, records it as unknown, and says so.
func TestCloseCutsOff(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		r.line.meanwhile(func(ctx context.Context, _ sent) { <-ctx.Done() })
		r.accept(v, text("1"))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		var cut *escalation.CloseError
		if err := r.client.Close(ctx); !errors.As(err, &cut) || cut.Unknown != 1 {
			r.Errorf("Close says %v", err)
		}
		if took := time.Since(began); took != 3*time.Second {
			r.Errorf("it took %v", took)
		}
		s, err := r.mem.Load(r.Context(), store.Key{Bot: bot, Conversation: "c"}, store.Query{})
		if err != nil || s.Conversation.Lane.Attempting() || s.Conversation.Lane.Pending[0].Unknown != 1 {
			r.Errorf("recorded %+v, %v", s.Conversation.Lane, err)
		}
	})
}

// TestCloseIsNoFailureOfTheStore: the clock is in the store when Close ends its call. Operators alert on what is logged then.
func TestCloseIsNoFailureOfTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		client, err := escalation.New(slowClaims{memstore.New(nil)}, &network{}, &escalation.Config{
			Bot: bot, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		must(t, client, "123", escalate, success)
		synctest.Wait()
		if err := client.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if log.Len() > 0 {
			t.Errorf("logged: %s", &log)
		}
	})
}

// slowClaims is a store whose Claim takes as long as it may.
type slowClaims struct{ store.Store }

func (slowClaims) Claim(ctx context.Context, _ int, _ time.Duration) ([]store.Key, time.Duration, error) {
	<-ctx.Done()
	return nil, 0, ctx.Err()
}
