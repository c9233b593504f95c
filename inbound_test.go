package escalation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// arrival is what a host was told of an inbound event.
type arrival struct {
	Event    events.Inbound
	Round    int
	From, To string
	Repeat   bool
}

// host collects arrivals; its answer decides what it says to them.
type host struct {
	mu       sync.Mutex
	arrivals []arrival
	answer   func(in escalation.Inbound) error
}

func (h *host) take(_ context.Context, in escalation.Inbound) error {
	h.mu.Lock()
	h.arrivals = append(h.arrivals, arrival{in.Event, in.Round, in.From.String(), in.To.String(), in.Repeat})
	answer := h.answer
	h.mu.Unlock()
	if answer == nil {
		return nil
	}
	return answer(in)
}

// TestInboundRepeatsChangeNothing [G13] doubles every inbound event of two rounds.
func TestInboundRepeatsChangeNothing(t *testing.T) {
	h := &host{}
	client := newClient(t, &network{}, &escalation.Config{OnInbound: h.take})
	must(t, client, "123", visitorSays, endSession) // before anything
	must(t, client, "123", escalate, escalate, visitorSays)
	must(t, client, "123", success, escalate, visitorSays, visitorSays)
	must(t, client, "123", endSession, endSession, visitorSays)
	must(t, client, "123", escalate, escalate)

	asks, says, ends := samples[escalate].event.(events.Inbound), samples[visitorSays].event.(events.Inbound), samples[endSession].event.(events.Inbound)
	want := []arrival{
		{says, 0, "none", "none", false}, // nothing is kept of a conversation never opened
		{ends, 0, "none", "none", false},
		{asks, 1, "none", "pending", false},
		{asks, 1, "pending", "pending", true},
		{says, 1, "pending", "pending", false}, // early
		{asks, 1, "connected", "connected", true},
		{says, 1, "connected", "connected", false},
		{says, 1, "connected", "connected", false}, // equal texts are two messages
		{ends, 1, "connected", "ended", false},
		{ends, 1, "ended", "ended", true},
		{says, 1, "ended", "ended", false}, // late
		{asks, 2, "ended", "pending", false},
		{asks, 2, "pending", "pending", true},
	}
	if diff := cmp.Diff(want, h.arrivals); diff != "" {
		t.Errorf("the host was told (-want +got):\n%s", diff)
	}
	wantState(t, client.Conversation("123"), fsm.Pending, 2)
}

// offer is one call of the host.
type offer struct {
	After  time.Duration
	Number uint64
	Again  bool
	Repeat bool
}

// pass lets time go by in a bubble.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// TestHostThatFailedIsToldAgain: Receive is done when the event is stored, and the host gets it until it takes it. An
// event counts as a repeat only after the host took it, and none overtakes another.
func TestHostThatFailedIsToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var offers []offer
		client := newClient(t, &network{}, &escalation.Config{OnInbound: func(_ context.Context, in escalation.Inbound) error {
			offers = append(offers, offer{time.Since(start), in.Number, in.Again, in.Repeat})
			if time.Since(start) < 100*time.Second {
				return errors.New("no agent system")
			}
			return nil
		}})
		if err := put(t.Context(), client, "123", events.WidgetEscalate{}); err != nil {
			t.Errorf("got %v, want nil: it is stored", err)
		}
		wantState(t, client.Conversation("123"), fsm.Pending, 1)
		for range 2 { // the widget repeats itself, and does not wait
			go put(t.Context(), client, "123", events.WidgetEscalate{})
			synctest.Wait()
		}
		pass(time.Hour)
		want := []offer{
			{0, 1, false, false},
			{1 * time.Second, 1, true, false},
			{3 * time.Second, 1, true, false},
			{7 * time.Second, 1, true, false},
			{15 * time.Second, 1, true, false},
			{31 * time.Second, 1, true, false},
			{63 * time.Second, 1, true, false},
			{123 * time.Second, 1, true, false}, // a minute after the one before, no more
			{123 * time.Second, 2, false, true},
			{123 * time.Second, 3, false, true},
		}
		if diff := cmp.Diff(want, offers); diff != "" {
			t.Errorf("the host was told (-want +got):\n%s", diff)
		}
	})
}

// TestSlowHostIsToldOfTheNextRound: the host takes the first escalation only when a second round is open;
// that says nothing about the second.
func TestSlowHostIsToldOfTheNextRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h := &host{answer: func(escalation.Inbound) error { <-release; return nil }}
		client := newClient(t, &network{}, &escalation.Config{OnInbound: h.take})
		for _, kind := range []events.Kind{escalate, endSession, escalate} {
			go put(t.Context(), client, "123", samples[kind].event)
			synctest.Wait()
		}
		wantState(t, client.Conversation("123"), fsm.Pending, 2)
		close(release)
		synctest.Wait()
		asks, ends := samples[escalate].event.(events.Inbound), samples[endSession].event.(events.Inbound)
		want := []arrival{
			{asks, 1, "none", "pending", false},
			{ends, 1, "pending", "ended", false},
			{asks, 2, "ended", "pending", false},
		}
		if diff := cmp.Diff(want, h.arrivals); diff != "" {
			t.Errorf("the host was told (-want +got):\n%s", diff)
		}
	})
}

// TestVisitorEndStopsSending [G7] ends the round while one message is on its way and others wait.
func TestVisitorEndStopsSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		client := newClient(t, n, nil)
		must(t, client, "123", escalate, success)
		release := make(chan struct{})
		n.answers(func(context.Context, transport.Request) transport.Result { <-release; return acknowledged })
		conversation := client.Conversation("123")
		errs := make([]error, 3)
		results := make([]escalation.Result, 3)
		for i := range errs {
			go func() { results[i], errs[i] = conversation.Send(t.Context(), events.Message{Text: fmt.Sprint(i)}) }()
			synctest.Wait()
		}
		must(t, client, "123", endSession) // returns although an attempt is under way
		wantState(t, conversation, fsm.Ended, 1)
		synctest.Wait()
		for i, err := range errs[1:] { // they are told before the attempt ends
			want := escalation.SendError{Kind: message, Number: uint64(i + 3), Round: 1, State: fsm.Ended, Result: store.Cancelled}
			if sendErr, ok := errors.AsType[*escalation.SendError](err); !ok || *sendErr != want {
				t.Errorf("a message that waited: %#v, want %#v", err, want)
			}
		}
		close(release)
		synctest.Wait()
		if errs[0] != nil || results[0].State != fsm.Ended {
			t.Errorf("the message begun before: %+v, %v; want acknowledged, state ended", results[0], errs[0])
		}
		if sent := len(n.bodies("123")); sent != 2 {
			t.Errorf("%d requests, want success and one message", sent)
		}
		wantState(t, conversation, fsm.Ended, 1)
		checkRefusal(t, put(t.Context(), client, "123", samples[message].event), fsm.Ended, message)
	})
}

// TestLateAnswerDoesNotTouchTheNextRound: an attempt of round 1 is acknowledged in round 2.
func TestLateAnswerDoesNotTouchTheNextRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		client := newClient(t, n, nil)
		must(t, client, "123", escalate)
		release := make(chan struct{})
		n.answers(func(context.Context, transport.Request) transport.Result { <-release; return acknowledged })
		conversation := client.Conversation("123")
		var first, second error
		var result escalation.Result
		go func() { result, first = conversation.Send(t.Context(), events.EscalationSuccess{}) }()
		synctest.Wait()
		go func() { _, second = conversation.Send(t.Context(), events.AgentDisconnect{}) }()
		synctest.Wait()
		must(t, client, "123", endSession, escalate)
		close(release)
		synctest.Wait()
		want := escalation.Result{Kind: success, Number: 1, Round: 1, State: fsm.Ended, Status: 200, Attempts: 1}
		if first != nil || result != want {
			t.Errorf("got %+v, %v; want %+v", result, first, want)
		}
		wantSecond := escalation.SendError{Kind: disconnect, Number: 2, Round: 1, State: fsm.Ended, Result: store.Cancelled}
		if sendErr, ok := errors.AsType[*escalation.SendError](second); !ok || *sendErr != wantSecond {
			t.Errorf("got %#v, want %#v", second, wantSecond)
		}
		wantState(t, conversation, fsm.Pending, 2)

		_, late := conversation.Send(t.Context(), events.EscalationSuccess{}, escalation.ForRound(1))
		roundErr, ok := errors.AsType[*escalation.RoundError](late)
		if !ok || *roundErr != (escalation.RoundError{Kind: success, Round: 1, Current: 2}) {
			t.Errorf("meant for round 1: %v, want a *RoundError for round 1 in round 2", late)
		}
		wantState(t, conversation, fsm.Pending, 2)
	})
}

// TestLateFailureTellsOfItsOwnRound: an attempt of round 1 fails in round 2. Nobody needs the event any more, so it
// is not sent again; error and observation speak of round 1, which is over.
func TestLateFailureTellsOfItsOwnRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		n := &network{answer: func(context.Context, transport.Request) transport.Result {
			<-release
			return transport.Result{Class: transport.Unknown, Err: errNetwork}
		}}
		var attempted escalation.Observation
		client := newClient(t, n, &escalation.Config{Observers: []escalation.Observer{
			func(_ context.Context, o escalation.Observation) {
				if o.Occasion == escalation.Attempted {
					attempted = o
				}
			},
		}})
		must(t, client, "123", escalate)
		sent := inBackground(t.Context(), client.Conversation("123"), events.EscalationSuccess{})
		must(t, client, "123", endSession, escalate)
		close(release)
		want := escalation.SendError{
			Kind: success, Number: 1, Round: 1, State: fsm.Ended, Result: store.Cancelled, Attempts: 1, MayHaveArrived: true, Err: errNetwork,
		}
		err := <-sent
		if sendErr, ok := errors.AsType[*escalation.SendError](err); !ok || *sendErr != want {
			t.Errorf("got %#v, want %#v", err, want)
		}
		if attempted.Round != 1 || attempted.From != fsm.Ended || attempted.To != fsm.Ended {
			t.Errorf("observed %+v, want an attempt of round 1, ended", attempted)
		}
		wantState(t, client.Conversation("123"), fsm.Pending, 2)
		pass(time.Hour)
		if got := len(n.bodies("123")); got != 1 {
			t.Errorf("%d requests, want one", got)
		}
	})
}

// TestLateResolutionTellsOfItsOwnRound: From and To are of the observation's round. An attempt of round 1 ends in round
// 2, when round 1 is over.
func TestLateResolutionTellsOfItsOwnRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		n := &network{answer: func(context.Context, transport.Request) transport.Result { <-release; return acknowledged }}
		var resolved escalation.Observation
		client := newClient(t, n, &escalation.Config{Observers: []escalation.Observer{
			func(_ context.Context, o escalation.Observation) {
				if o.Occasion == escalation.Resolved {
					resolved = o
				}
			},
		}})
		must(t, client, "123", escalate)
		sent := inBackground(t.Context(), client.Conversation("123"), events.EscalationSuccess{})
		must(t, client, "123", endSession, escalate)
		close(release)
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		if resolved.Round != 1 || resolved.From != fsm.Ended || resolved.To != fsm.Ended {
			t.Errorf("round %d, %v -> %v; want round 1, ended -> ended", resolved.Round, resolved.From, resolved.To)
		}
	})
}

// TestInboundKeepsItsOrder sends a burst of webhooks to one conversation while the host is slow.
func TestInboundKeepsItsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const burst = 20
		release := make(chan struct{})
		h := &host{answer: func(escalation.Inbound) error { <-release; return nil }}
		client := newClient(t, &network{}, &escalation.Config{OnInbound: h.take})
		var want []arrival
		for i := range burst {
			says := events.WidgetMessage{Text: fmt.Sprint(i)}
			want = append(want, arrival{says, 0, "none", "none", false})
			go put(t.Context(), client, "123", says)
			synctest.Wait()
		}
		if told := len(h.arrivals); told != 1 {
			t.Errorf("the host was told of %d events at once", told)
		}
		close(release)
		synctest.Wait()
		if diff := cmp.Diff(want, h.arrivals); diff != "" {
			t.Errorf("the host was told (-want +got):\n%s", diff)
		}
	})
}

func TestHostMaySendFromItsCallback(t *testing.T) {
	n := &network{}
	client := newClient(t, n, &escalation.Config{OnInbound: func(ctx context.Context, in escalation.Inbound) error {
		_, err := in.Conversation.Send(ctx, events.EscalationQueueUpdate{QueuePosition: "3", WaitingTime: "12"})
		return err
	}})
	must(t, client, "123", escalate)
	if diff := cmp.Diff([]string{samples[queueUpdate].body}, n.bodies("123")); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	wantState(t, client.Conversation("123"), fsm.Queued, 1)
}

func TestReceiveRefusesInvalidEnvelopes(t *testing.T) {
	client := newClient(t, &network{}, nil)
	for _, c := range []struct {
		envelope events.Envelope
		code     events.Code
	}{
		{events.Envelope{ConversationID: "1", Event: events.WidgetEscalate{}}, events.CodeBotID},
		{events.Envelope{BotID: bot, Event: events.WidgetEscalate{}}, events.CodeConversationID},
		{events.Envelope{BotID: bot, ConversationID: "1"}, events.CodeEventType},
		{events.Envelope{BotID: bot, ConversationID: "1", Event: (*events.WidgetEscalate)(nil)}, events.CodeEventType},
		{events.Envelope{BotID: bot, ConversationID: "1", Event: events.WidgetMessage{}}, events.CodeTextRequired},
	} {
		invalid, ok := errors.AsType[*events.InvalidError](client.Receive(t.Context(), c.envelope))
		if !ok || !invalid.Has(c.code) {
			t.Errorf("got %v, want %s", invalid, c.code)
		}
	}
}

func TestBotsDoNotShareConversations(t *testing.T) {
	n := &network{}
	client := newClient(t, n, nil)
	must(t, client, "123", escalate) // for the bot of the config
	other := client.Bot("bot-2").Conversation("123")
	wantState(t, other, fsm.None, 0)
	if err := other.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Send(t.Context(), events.EscalationFailed{}); err != nil {
		t.Fatal(err)
	}
	wantState(t, other, fsm.Failed, 1)
	wantState(t, client.Conversation("123"), fsm.Pending, 1)
	if got := n.requests[0].BotID; got != "bot-2" {
		t.Errorf("sent for bot %q, want bot-2", got)
	}
	if other.ID() != "123" || other.BotID() != "bot-2" {
		t.Errorf("the handle says %q of %q", other.ID(), other.BotID())
	}
}

func TestMessagesWithoutAHostAreWarnedOfOnce(t *testing.T) {
	var log bytes.Buffer
	client := newClient(t, &network{}, &escalation.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	must(t, client, "123", escalate, visitorSays, visitorSays)
	if got := strings.Count(log.String(), "OnInbound is not set"); got != 1 {
		t.Errorf("warned %d times, want once:\n%s", got, &log)
	}
}
