package escalation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/transport"
)

func TestNewReportsAllProblems(t *testing.T) {
	_, err := escalation.New(nil, &escalation.Config{AttemptTimeout: -1, KeepFinished: -1, Observers: []escalation.Observer{nil}})
	for _, want := range []string{"transport", "AttemptTimeout", "KeepFinished", "Observers[0]"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

// TestFinishedConversationsAreForgotten [E9] with room for two.
func TestFinishedConversationsAreForgotten(t *testing.T) {
	client := newClient(t, &network{}, &escalation.Config{KeepFinished: 2})
	must(t, client, "live", escalate)
	must(t, client, "a", escalate, failed)
	must(t, client, "b", escalate, success, disconnect)
	must(t, client, "a", escalate, failed) // its second round finishes after b's first
	must(t, client, "c", escalate, endSession)

	wantState(t, client.Conversation("b"), fsm.None, 0)
	wantState(t, client.Conversation("a"), fsm.Failed, 2)
	wantState(t, client.Conversation("c"), fsm.Ended, 1)
	wantState(t, client.Conversation("live"), fsm.Pending, 1)

	must(t, client, "a", escalate) // live again: it no longer counts
	must(t, client, "d", escalate, failed)
	wantState(t, client.Conversation("c"), fsm.Ended, 1)
	wantState(t, client.Conversation("d"), fsm.Failed, 1)
	wantState(t, client.Conversation("a"), fsm.Pending, 3)
}

// TestMemoryDoesNotGrowWithFinishedConversations also asks after conversations that never were.
func TestMemoryDoesNotGrowWithFinishedConversations(t *testing.T) {
	client := newClient(t, discard{}, &escalation.Config{KeepFinished: 100})
	round := func(n int) uint64 {
		for i := range n {
			id := fmt.Sprint(n, "-", i)
			must(t, client, id, escalate, success, disconnect)
			wantState(t, client.Conversation("never opened "+id), fsm.None, 0)
			if _, err := client.Conversation("refused "+id).Send(t.Context(), events.Message{Text: "x"}); err == nil {
				t.Fatal("sent to a conversation never opened")
			}
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := round(1_000)
	after := round(20_000)
	const slack = 1 << 20 // 20 000 conversations would need several times as much
	if after > before+slack {
		t.Errorf("heap grew from %d to %d bytes", before, after)
	}
}

type discard struct{}

func (discard) Send(context.Context, transport.Request) transport.Result { return acknowledged }

// TestCloseWaitsForAttempts [E10]: one attempt is under way, one call waits for its turn.
func TestCloseWaitsForAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		client, err := escalation.New(n, &escalation.Config{Bot: bot})
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

// TestCloseCutsOffWhenItsContextEnds [E10]: the outcome is recorded, and counted as unknown.
func TestCloseCutsOffWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answer: func(ctx context.Context, _ transport.Request) transport.Result {
			<-ctx.Done()
			return transport.Result{Class: transport.Unknown, Err: ctx.Err()}
		}}
		client, err := escalation.New(n, &escalation.Config{Bot: bot})
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
		if sendErr, ok := errors.AsType[*escalation.SendError](<-sent); !ok || !sendErr.MayHaveBeenSent() {
			t.Errorf("got %v, want an unknown outcome", sendErr)
		}
	})
}

// TestCloseBetweenDecisionAndAttempt [E10]: a call that was let in before Close must not send after it.
func TestCloseBetweenDecisionAndAttempt(t *testing.T) {
	n := &network{}
	var client *escalation.Client
	closing := false
	client, err := escalation.New(n, &escalation.Config{Bot: bot, Now: func() time.Time {
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

// TestFinishedConversationIsKeptWhileInUse [E3, E9]: to forget it would give a new round a second queue
// beside the attempt that is still under way.
func TestFinishedConversationIsKeptWhileInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		client := newClient(t, n, &escalation.Config{KeepFinished: 1})
		must(t, client, "busy", escalate)
		release := make(chan struct{})
		n.answers(func(_ context.Context, r transport.Request) transport.Result {
			if r.ConversationID == "busy" {
				<-release
			}
			return acknowledged
		})
		go put(t.Context(), client, "busy", events.EscalationSuccess{})
		synctest.Wait()
		must(t, client, "busy", endSession)
		must(t, client, "other", escalate, failed)
		must(t, client, "another", escalate, failed)
		wantState(t, client.Conversation("busy"), fsm.Ended, 1)
		close(release)
		synctest.Wait()
		must(t, client, "last", escalate, failed)
		wantState(t, client.Conversation("busy"), fsm.None, 0)
	})
}

func TestObserversSeeEverythingInOrder(t *testing.T) {
	var seen []escalation.Observation
	n := &network{}
	client := newClient(t, n, &escalation.Config{Observers: []escalation.Observer{
		func(_ context.Context, o escalation.Observation) { seen = append(seen, o) },
	}})
	must(t, client, "123", escalate)
	put(t.Context(), client, "123", events.Message{Text: "early"})
	must(t, client, "123", success)
	n.answers(always(transport.Result{Class: transport.Rejected, Status: 400, Err: errNetwork}))
	put(t.Context(), client, "123", events.Message{Text: "rejected"})
	must(t, client, "123", endSession)
	conversation := client.Conversation("123")
	if err := errors.Join(conversation.VisitorEnded(t.Context()), conversation.Open(t.Context())); err != nil {
		t.Fatal(err)
	}

	at := func(seq uint64, occasion escalation.Occasion, kind events.Kind, from, to fsm.State) escalation.Observation {
		return escalation.Observation{Seq: seq, Bot: bot, ConversationID: "123", Round: 1, Occasion: occasion, Kind: kind, From: from, To: to}
	}
	want := []escalation.Observation{
		at(1, escalation.Received, escalate, fsm.None, fsm.Pending),
		at(2, escalation.Refused, message, fsm.Pending, fsm.Pending),
		at(3, escalation.Attempting, success, fsm.Pending, fsm.Pending),
		at(4, escalation.Attempted, success, fsm.Pending, fsm.Connected),
		at(5, escalation.Attempting, message, fsm.Connected, fsm.Connected),
		at(6, escalation.Attempted, message, fsm.Connected, fsm.Connected),
		at(7, escalation.Received, endSession, fsm.Connected, fsm.Ended),
		at(8, escalation.Received, endSession, fsm.Ended, fsm.Ended),
		at(9, escalation.Received, escalate, fsm.Ended, fsm.Pending),
	}
	want[8].Round = 2
	want[3].Result = acknowledged
	want[5].Result = transport.Result{Class: transport.Rejected, Status: 400, Err: errNetwork}
	ignoreText := cmpopts.IgnoreFields(escalation.Observation{}, "Refusal")
	if diff := cmp.Diff(want, seen, ignoreText, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("observations (-want +got):\n%s", diff)
	}
	checkRefusal(t, seen[1].Refusal, fsm.Pending, message)
}

// TestNothingPrivateIsPrinted [E11] looks for a text and a conversation id in all errors and logs.
func TestNothingPrivateIsPrinted(t *testing.T) {
	const secretText, secretID = "my card number is 4111", "visitor-7777"
	var log bytes.Buffer
	set, err := rules.Strict(rules.MaxTextLength(5), rules.AgentRequired())
	if err != nil {
		t.Fatal(err)
	}
	for _, logIDs := range []bool{false, true} {
		log.Reset()
		n := &network{}
		client := newClient(t, n, &escalation.Config{
			Rules: set, LogConversationIDs: logIDs,
			Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		var errs []error
		try := func(e events.Event) { errs = append(errs, put(t.Context(), client, secretID, e)) }
		try(events.Message{Text: secretText})
		try(events.WidgetEscalate{EscalateTo: secretText})
		try(events.EscalationSuccess{AgentAvatar: "http://" + secretText})
		try(events.EscalationQueueUpdate{QueuePosition: secretText, WaitingTime: secretText})
		n.answers(always(transport.Result{Class: transport.Unknown, Err: errNetwork}))
		try(events.EscalationSuccess{Agent: secretText})
		try(events.WidgetMessage{Text: secretText + "\x00"})
		try(events.WidgetMessage{Text: secretText})

		printed := log.String() + fmt.Sprintf("%v %+v %#v", errs, errs, client.Conversation("other"))
		if strings.Contains(printed, secretText) {
			t.Errorf("a text was printed: %s", printed)
		}
		if got := strings.Contains(printed, secretID); got != logIDs {
			t.Errorf("conversation id printed: %v, want %v\n%s", got, logIDs, printed)
		}
	}
}

func TestUseAfterBadID(t *testing.T) {
	client := newClient(t, &network{}, nil)
	for _, id := range []string{"", "a\x00b", "\xff", strings.Repeat("x", events.MaxFieldBytes+1)} {
		v := client.Conversation(id)
		_, sendErr := v.Send(t.Context(), events.EscalationFailed{})
		_, statusErr := v.Status(t.Context())
		for _, err := range []error{sendErr, statusErr, v.Open(t.Context()), v.VisitorEnded(t.Context()), v.Explain(t.Context(), events.EscalationFailed{})} {
			if _, ok := errors.AsType[*events.InvalidError](err); !ok {
				t.Errorf("id of %d bytes: got %v, want an *events.InvalidError", len(id), err)
			}
		}
	}
}

func TestNilAndPointerEventsAreRefused(t *testing.T) {
	client := newClient(t, &network{}, nil)
	must(t, client, "123", escalate)
	for _, event := range []events.Outbound{nil, (*events.Message)(nil), &events.EscalationSuccess{}} {
		_, err := client.Conversation("123").Send(t.Context(), event)
		refusal, ok := errors.AsType[*rules.Refusal](err)
		if !ok || !refusal.Breaks("event-type") {
			t.Errorf("%T: got %v, want a refusal by event-type", event, err)
		}
	}
}
