package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
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

// TestStateMovesOnlyWhenAcknowledged [E4] puts every class of outcome to an event that would move the state.
func TestStateMovesOnlyWhenAcknowledged(t *testing.T) {
	for _, class := range []struct {
		class transport.Class
		want  fsm.State
		may   bool
		why   string
	}{
		{transport.Acknowledged, fsm.Connected, true, "taken in"},
		{transport.Unknown, fsm.Pending, true, "nobody knows"},
		{transport.NotSent, fsm.Pending, false, "nothing left"},
		{transport.RefusedScope, fsm.Pending, false, "the key was refused"},
		{transport.RefusedLater, fsm.Pending, false, "come back later"},
		{transport.Rejected, fsm.Pending, false, "the event was refused"},
		{transport.Class(200), fsm.Pending, true, "a class that does not exist is no knowledge"},
	} {
		t.Run(class.class.String(), func(t *testing.T) {
			result := transport.Result{Class: class.class, Status: 499, RetryAfter: time.Minute, Err: errNetwork}
			if class.class == transport.Acknowledged {
				result = acknowledged
			}
			client := newClient(t, &network{answer: always(result)}, nil)
			conversation := client.Conversation("123")
			must(t, client, "123", escalate)

			got, err := conversation.Send(t.Context(), events.EscalationSuccess{})

			wantState(t, conversation, class.want, 1)
			if class.class == transport.Acknowledged {
				want := escalation.Result{Kind: success, Round: 1, State: fsm.Connected, Status: 200}
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Fatalf("%s: error %v, result (-want +got):\n%s", class.why, err, diff)
				}
				return
			}
			sendErr, ok := errors.AsType[*escalation.SendError](err)
			if !ok || !errors.Is(err, errNetwork) {
				t.Fatalf("%s: got %v, want a *SendError around the transport's error", class.why, err)
			}
			if sendErr.MayHaveArrived != class.may || sendErr.Kind != success ||
				sendErr.Round != 1 || sendErr.State != fsm.Pending || sendErr.Status != 499 {
				t.Errorf("%s: wrong facts: %+v", class.why, *sendErr)
			}
		})
	}
}

func TestTransportWithoutReasonStillGivesAnError(t *testing.T) {
	client := newClient(t, &network{answer: always(transport.Result{})}, nil)
	must(t, client, "123", escalate)
	_, err := client.Conversation("123").Send(t.Context(), events.EscalationFailed{})
	const want = "escalation: escalationFailed not acknowledged (unknown; it may have been sent) in state pending: the transport gave no reason"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// TestDishonestResults: what breaks the transport's contract is read as less certain, never as more.
func TestDishonestResults(t *testing.T) {
	for _, c := range []struct {
		why        string
		result     transport.Result
		class      transport.Class
		retryAfter time.Duration
	}{
		{"acknowledged, with an error", transport.Result{Class: transport.Acknowledged, Err: errNetwork}, transport.Unknown, 0},
		{"to wait for less than no time", transport.Result{Class: transport.RefusedLater, RetryAfter: -1, Err: errNetwork}, transport.RefusedLater, 0},
		{"to wait for a day", transport.Result{Class: transport.RefusedLater, RetryAfter: 24 * time.Hour, Err: errNetwork}, transport.RefusedLater, transport.MaxRetryAfter},
	} {
		client := newClient(t, &network{answer: always(c.result)}, nil)
		must(t, client, "123", escalate)
		_, err := client.Conversation("123").Send(t.Context(), events.EscalationSuccess{})
		sendErr, ok := errors.AsType[*escalation.SendError](err)
		if !ok || !sendErr.Pending() {
			t.Errorf("%s: %+v", c.why, err)
		}
		wantState(t, client.Conversation("123"), fsm.Pending, 1)
	}
}

// TestBurstKeepsCallOrder [E3] sends many messages to one conversation while the first is held up.
func TestBurstKeepsCallOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const burst = 50
		n := &network{}
		client := newClient(t, n, nil)
		must(t, client, "123", escalate, success)
		release := make(chan struct{})
		n.answers(func(context.Context, transport.Request) transport.Result { <-release; return acknowledged })

		var want []string
		want = append(want, n.bodies("123")...)
		for i := range burst {
			text := fmt.Sprintf("message %d", i)
			want = append(want, fmt.Sprintf(`{"platformConversationId":"123","eventType":"message","text":%q}`, text))
			go func() {
				if _, err := client.Conversation("123").Send(t.Context(), events.Message{Text: text}); err != nil {
					t.Error(err)
				}
			}()
			synctest.Wait() // the call has joined the queue before the next is made
		}
		status, err := client.Conversation("123").Status(t.Context())
		if err != nil || status.Pending != burst {
			t.Errorf("pending %d, error %v; want %d", status.Pending, err, burst)
		}
		close(release)
		synctest.Wait()
		if diff := cmp.Diff(want, n.bodies("123")); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

// TestStuckConversationDelaysNoOther [E3]: in the bubble's time nothing passes while others send.
func TestStuckConversationDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		n := &network{answer: func(_ context.Context, r transport.Request) transport.Result {
			if r.ConversationID != "stuck" {
				return acknowledged
			}
			<-release
			return acknowledged
		}}
		client := newClient(t, n, nil)
		must(t, client, "stuck", escalate)
		go client.Conversation("stuck").Send(t.Context(), events.EscalationSuccess{})
		synctest.Wait()

		start := time.Now()
		for i := range 100 {
			id := fmt.Sprint("free ", i)
			must(t, client, id, escalate, success, message)
		}
		if passed := time.Since(start); passed != 0 {
			t.Errorf("others waited %v", passed)
		}
	})
}

func TestImplicitOpen(t *testing.T) {
	n := &network{}
	var first escalation.Observation
	client := newClient(t, n, &escalation.Config{ImplicitOpen: true, Observers: []escalation.Observer{
		func(_ context.Context, o escalation.Observation) {
			if o.Seq == 1 {
				first = o
			}
		},
	}})
	conversation := client.Conversation("123")
	if err := conversation.Explain(t.Context(), events.Message{Text: "early"}); err == nil {
		t.Error("a message was allowed before success")
	}
	wantState(t, conversation, fsm.None, 0)
	must(t, client, "123", success, message)
	wantState(t, conversation, fsm.Connected, 1)
	want := escalation.Observation{Seq: 1, Bot: bot, ConversationID: "123", Round: 1,
		Occasion: escalation.Attempting, Kind: success, From: fsm.None, To: fsm.Pending}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("the observers learn of the opening (-want +got):\n%s", diff)
	}
}

// TestImplicitOpenTakesABurst: calls that join before the first has opened the round belong to it.
func TestImplicitOpenTakesABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		n := &network{answer: func(context.Context, transport.Request) transport.Result { <-release; return acknowledged }}
		client := newClient(t, n, &escalation.Config{ImplicitOpen: true})
		for _, k := range []events.Kind{queueUpdate, success, message, disconnect} {
			go func() {
				if err := put(t.Context(), client, "123", samples[k].event); err != nil {
					t.Errorf("%v: %v", k, err)
				}
			}()
			synctest.Wait()
		}
		close(release)
		synctest.Wait()
		wantState(t, client.Conversation("123"), fsm.Ended, 1)
	})
}

// TestImplicitOpenNeverConfusesRounds lets first calls race: none of them may be taken for one of a round
// before the first.
func TestImplicitOpenNeverConfusesRounds(t *testing.T) {
	client := newClient(t, &network{}, &escalation.Config{ImplicitOpen: true})
	for i := range 2_000 {
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if _, err := client.Conversation(fmt.Sprint(i)).Send(t.Context(), events.EscalationQueueUpdate{}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
}

func TestRulesSeeTheLastUpdateOfTheRound(t *testing.T) {
	set, err := rules.Strict(rules.MinUpdateGap(10*time.Second), rules.QueuePositionMayNotGrow())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	client := newClient(t, &network{}, &escalation.Config{Rules: set, Now: func() time.Time { return now }})
	conversation := client.Conversation("123")
	for _, step := range []struct {
		wait     time.Duration
		event    events.Event
		want     []string
		whatever string
	}{
		{0, events.WidgetEscalate{}, nil, "a round begins"},
		{0, events.NewEscalationQueueUpdate(3, 0), nil, "the first update"},
		{9 * time.Second, events.NewEscalationQueueUpdate(4, 0), []string{"queue-update-gap", "queue-position-may-not-grow"}, "too soon and backwards"},
		{time.Second, events.NewEscalationQueueUpdate(2, 0), nil, "10 s after the first, which still counts"},
		{10 * time.Second, events.NewEscalationQueueUpdate(0, time.Minute), nil, "no position, so none that grows"},
		{10 * time.Second, events.NewEscalationQueueUpdate(3, 0), []string{"queue-position-may-not-grow"}, "the visitor was told 2"},
		{0, events.WidgetEndSession{}, nil, "the round ends"},
		{0, events.WidgetEscalate{}, nil, "the next begins"},
		{0, events.NewEscalationQueueUpdate(9, 0), nil, "updates of the round before do not count"},
	} {
		now = now.Add(step.wait)
		err := put(t.Context(), client, "123", step.event)
		var broken []string
		if refusal, ok := errors.AsType[*rules.Refusal](err); ok {
			broken = refusal.Rules()
		}
		if diff := cmp.Diff(step.want, broken); diff != "" || (err != nil) != (step.want != nil) {
			t.Errorf("%s: error %v, rules (-want +got):\n%s", step.whatever, err, diff)
		}
	}
	wantState(t, conversation, fsm.Queued, 2)
}
