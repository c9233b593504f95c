package integration_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/integration/leak"
	"github.com/escalationkit/escalation/transport"
)

// TestNothingIsLeftBehind plays a story on a stack of its own, takes everything down and looks for any
// goroutine, ours or another's, that is still there.
func TestNothingIsLeftBehind(t *testing.T) {
	for _, c := range []struct {
		why  string
		play func(t *testing.T) *stack
	}{
		{"all goes well", goodPath},
		{"the API stalls and Close runs out of time", stalledAttempts},
		{"callers give up while their attempts are under way", cancelledCallers},
		{"the API cuts connections", cutConnections},
		{"many attempts need a new key at once", sharedRefresh},
		{"the transport is closed while a new key is fetched", refreshCutOff},
		{"senders of webhooks hang up", hangUps},
	} {
		t.Run(c.why, func(t *testing.T) {
			c.play(t).close(t)
			check(t, leak.Find())
		})
	}
}

// TestTheSearchFindsOurs proves that the check above would notice an attempt that nobody waited for.
func TestTheSearchFindsOurs(t *testing.T) {
	s, hold := newStack(t, setup{}), new(fakeapi.Hold)
	v := s.open(t, "1")
	check(t, s.api.Next(fakeapi.Fault{Hold: hold}))
	ctx, giveUp := context.WithCancel(t.Context())
	sent := goSend(ctx, v, events.EscalationSuccess{})
	check(t, hold.Wait(bounded(t), 1))
	giveUp()
	wantPending(t, receive(t, sent, "the call to end"), true, context.Canceled)
	if err := goleak.Find(); err == nil || !strings.Contains(err.Error(), "escalation.(*Client).attempt") {
		t.Errorf("got %v, want the attempt's goroutine", err)
	}
	hold.Release()
}

// goSend sends in the background.
func goSend(ctx context.Context, v *escalation.Conversation, e events.Outbound) <-chan error {
	sent := make(chan error, 1)
	go func() {
		_, err := v.Send(ctx, e)
		sent <- err
	}()
	return sent
}

func goodPath(t *testing.T) *stack {
	s := newStack(t, setup{})
	s.says(t, "1", events.WidgetEscalate{EscalateTo: "sales"})
	v := s.client.Conversation("1")
	send(t, v, events.EscalationQueueUpdate{QueuePosition: "2", WaitingTime: "5"})
	send(t, v, events.EscalationSuccess{Agent: "John"})
	send(t, v, events.Message{Text: "Hello"})
	s.says(t, "1", events.WidgetMessage{Text: "Hi"})
	send(t, v, events.Message{Text: "How can I help?"})
	send(t, v, events.AgentDisconnect{})
	s.wantWidget(t, "1", "You are number 2 in the queue, about 5 minutes", "John joined", "John: Hello",
		"John: How can I help?", "The agent left")
	s.says(t, "1", events.WidgetEscalate{})
	s.says(t, "1", events.WidgetEndSession{})
	wantState(t, v, fsm.Ended)
	return s
}

func stalledAttempts(t *testing.T) *stack {
	s, hold := newStack(t, setup{}), new(fakeapi.Hold)
	check(t, s.api.Always(fakeapi.Fault{Hold: hold}))
	var sent []<-chan error
	for _, id := range []string{"1", "2", "3"} {
		sent = append(sent, goSend(t.Context(), s.open(t, id), events.EscalationSuccess{}))
	}
	check(t, hold.Wait(bounded(t), 3))
	closeErr, ok := errors.AsType[*escalation.CloseError](s.closeClient(past(t)))
	if !ok || closeErr.Unknown != 3 || !errors.Is(closeErr, context.DeadlineExceeded) {
		t.Errorf("got %v, want three unknown outcomes", closeErr)
	}
	for _, c := range sent {
		wantPending(t, receive(t, c, "an attempt cut off"), true, escalation.ErrClosed)
	}
	check(t, s.api.WaitEnded(bounded(t), 3))
	for _, r := range s.api.Requests() {
		if r.End != fakeapi.ClientGone || r.Processed {
			t.Errorf("request %d: %v, processed %v", r.N, r.End, r.Processed)
		}
	}
	return s
}

// cancelledCallers gives up at both levels: a Send of the client, whose attempt goes on and counts, and one of
// the transport, whose attempt ends.
func cancelledCallers(t *testing.T) *stack {
	s := newStack(t, setup{})
	hold := new(fakeapi.Hold)
	check(t, s.api.Always(fakeapi.Fault{Hold: hold}))
	ctx, giveUp := context.WithCancel(t.Context())

	v := s.open(t, "1")
	sent := goSend(ctx, v, events.EscalationSuccess{Agent: "John"})
	direct := make(chan transport.Result, 1)
	go func() {
		direct <- s.network.Send(ctx, transport.Request{
			BotID: bot, ConversationID: "2", Kind: events.KindEscalationFailed,
			Body: []byte(`{"platformConversationId":"2","eventType":"escalationFailed"}`),
		})
	}()
	check(t, hold.Wait(bounded(t), 2))
	giveUp()
	wantPending(t, receive(t, sent, "the call to end"), true, context.Canceled)
	if r := receive(t, direct, "the transport"); r.Class != transport.Unknown || !errors.Is(r.Err, context.Canceled) {
		t.Errorf("the transport said %v, %v", r.Class, r.Err)
	}
	wantState(t, v, fsm.Pending)
	hold.Release()
	if o := receive(t, s.attempts, "the attempt to end"); o.Result.Class != transport.Acknowledged {
		t.Errorf("the attempt ended as %v", o.Result.Class)
	}
	if result := acknowledgedIn(t, v, 1); result.State != fsm.Connected || result.Attempts != 1 {
		t.Errorf("got %+v, want the attempt that went on", result)
	}
	s.wantWidget(t, "1", "John joined")
	return s
}

func cutConnections(t *testing.T) *stack {
	s := newStack(t, setup{})
	v := s.connect(t, "1")
	for _, cut := range []fakeapi.Cut{fakeapi.CutBeforeBody, fakeapi.CutAfterBody} {
		check(t, s.api.Next(fakeapi.Fault{Cut: cut}))
		number, result := s.attempt(t, v, events.Message{Text: "cut off"})
		wantClass(t, result, transport.Unknown, 0)
		if result := acknowledgedIn(t, v, number); result.Attempts != 2 || !result.MayBeDuplicate {
			t.Errorf("got %+v, want it sent again, and perhaps twice", result)
		}
	}
	send(t, v, events.Message{Text: "Hello"})
	s.wantWidget(t, "1", "John joined", "John: cut off", "John: cut off", "John: Hello")
	return s
}
