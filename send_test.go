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
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// TestStateMovesOnlyWhenAcknowledged puts every class of outcome to an event that would move the state, again and
// again for two hours.
func TestStateMovesOnlyWhenAcknowledged(t *testing.T) {
	const stillTried = store.Reason(0)
	for _, class := range []struct {
		class transport.Class
		park  store.Reason
		may   bool
		why   string
	}{
		{transport.Unknown, store.HeadTooOld, true, "nobody knows: sent again for half an hour"},
		{transport.NotSent, store.HeadTooOld, false, "nothing left: sent again for half an hour"},
		{transport.RefusedScope, stillTried, false, "the key was refused: the event waits, whatever time it takes"},
		{transport.RefusedLater, store.HeadTooOld, false, "come back later: sent again for half an hour"},
		{transport.Rejected, store.HeadRejected, false, "refused for good, and everything later needs it"},
		{transport.Class(200), store.HeadTooOld, true, "a class that does not exist is no knowledge"},
	} {
		t.Run(class.class.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &network{answer: always(transport.Result{Class: class.class, Status: 499, Err: errNetwork})}
				client := newClient(t, n, nil)
				conversation := client.Conversation("123")
				must(t, client, "123", escalate)
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
				defer cancel()

				_, err := conversation.Send(ctx, events.EscalationSuccess{Agent: "John Smith"})

				wantState(t, conversation, fsm.Pending, 1)
				sendErr, ok := errors.AsType[*escalation.SendError](err)
				if !ok || !sendErr.Pending() {
					t.Fatalf("%s: got %v, want a *SendError for an event that is pending", class.why, err)
				}
				why := errNetwork
				want := escalation.SendError{Kind: success, Number: 1, Round: 1, State: fsm.Pending, MayHaveArrived: class.may}
				if class.park == stillTried {
					why = context.DeadlineExceeded
				} else {
					want.Park = store.Park{Number: 1, Reason: class.park}
				}
				got := *sendErr
				got.Err, got.Attempts, got.Status = nil, 0, 0
				if got != want || !errors.Is(err, why) || sendErr.Attempts != len(n.bodies("123")) {
					t.Errorf("%s: got %+v, want %+v because of %v", class.why, *sendErr, want, why)
				}

				// The event is not lost, and moves the state as soon as it is acknowledged.
				n.answers(nil)
				if class.park != stillTried {
					r := escalation.Repair{Verb: escalation.Retry, Number: 1, By: "Ann", Why: "the network is well again"}
					if err := conversation.Repair(t.Context(), r); err != nil {
						t.Fatal(err)
					}
				}
				result, err := conversation.Wait(t.Context(), 1)
				if err != nil || result.State != fsm.Connected || result.MayBeDuplicate != class.may {
					t.Errorf("%s: in the end %+v, %v", class.why, result, err)
				}
				wantState(t, conversation, fsm.Connected, 1)
			})
		})
	}
	t.Run("acknowledged", func(t *testing.T) {
		client := newClient(t, &network{}, nil)
		must(t, client, "123", escalate)
		got, err := client.Conversation("123").Send(t.Context(), events.EscalationSuccess{})
		want := escalation.Result{Kind: success, Number: 1, Round: 1, State: fsm.Connected, Status: 200, Attempts: 1}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatalf("error %v, result (-want +got):\n%s", err, diff)
		}
		wantState(t, client.Conversation("123"), fsm.Connected, 1)
	})
}

// TestMessageIsAcceptedOnAcceptedSuccess: the guard of Accept looks at what was accepted, the one before an attempt at
// what was acknowledged.
func TestMessageIsAcceptedOnAcceptedSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answer: always(transport.Result{Class: transport.RefusedLater, Status: 429, RetryAfter: time.Minute, Err: errNetwork})}
		client := newClient(t, n, nil)
		must(t, client, "123", escalate)
		v := client.Conversation("123")
		for _, k := range []events.Kind{success, message} {
			if _, err := v.Accept(t.Context(), samples[k].event.(events.Outbound)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		status, err := v.Status(t.Context())
		if err != nil || status.State != fsm.Pending || status.Accepted != fsm.Connected || status.Pending != 2 {
			t.Errorf("%+v, %v; want it pending, connected by what was accepted, two events waiting", status, err)
		}
		if diff := cmp.Diff([]string{samples[success].body}, n.bodies("123")); diff != "" {
			t.Errorf("sent before success was acknowledged (-want +got):\n%s", diff)
		}
		n.answers(nil)
		if _, err := v.Wait(t.Context(), 2); err != nil {
			t.Error(err)
		}
		want := []string{samples[success].body, samples[success].body, samples[message].body}
		if diff := cmp.Diff(want, n.bodies("123")); diff != "" {
			t.Errorf("sent in the end (-want +got):\n%s", diff)
		}
	})
}

// TestMessageWithoutItsSuccessIsNotSent [G6]: a message is accepted behind a success that the API rejects and a person
// drops. Without it nobody is connected.
func TestMessageWithoutItsSuccessIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answer: always(transport.Result{Class: transport.Rejected, Status: 400, Err: errNetwork})}
		client := newClient(t, n, nil)
		must(t, client, "123", escalate)
		v := client.Conversation("123")
		for _, k := range []events.Kind{success, message} {
			if _, err := v.Accept(t.Context(), samples[k].event.(events.Outbound)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		n.answers(nil)
		skip := escalation.Repair{Verb: escalation.Skip, Number: 1, By: "Ann", Why: "no agent is there after all"}
		if err := v.Repair(t.Context(), skip); err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		_, err := v.Wait(t.Context(), 2)
		want := store.Park{Number: 2, Reason: store.HeadStranded, Cause: 1}
		if sendErr, ok := errors.AsType[*escalation.SendError](err); !ok || sendErr.Park != want || sendErr.Attempts != 0 {
			t.Errorf("the message: %v, want it parked as %+v", err, want)
		}
		if diff := cmp.Diff([]string{samples[success].body}, n.bodies("123")); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}

		_, err = v.Accept(t.Context(), events.AgentDisconnect{})
		if stranded, ok := errors.AsType[*escalation.StrandedError](err); !ok || stranded.Cause != 1 {
			t.Errorf("the next event: %v, want a *StrandedError that names event 1", err)
		}
	})
}

func TestTransportWithoutReasonStillGivesAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, &network{answer: always(transport.Result{})}, nil)
		must(t, client, "123", escalate)
		_, err := client.Conversation("123").Send(t.Context(), events.EscalationFailed{})
		const want = "escalation: escalationFailed (event 1) not acknowledged: parked at event 1 (too old) until somebody decides; " +
			"it may have arrived; state pending: the transport gave no reason"
		if err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	})
}

// TestDishonestResults: what breaks the transport's contract is read as less certain, never as more.
func TestDishonestResults(t *testing.T) {
	for _, c := range []struct {
		why        string
		result     transport.Result
		class      transport.Class
		retryAfter time.Duration
		least      time.Duration // until the next attempt
		most       time.Duration
	}{
		{"acknowledged, with an error", transport.Result{Class: transport.Acknowledged, Err: errNetwork},
			transport.Unknown, 0, escalation.DefaultSettle, escalation.DefaultSettle},
		{"to wait for less than no time", transport.Result{Class: transport.RefusedLater, RetryAfter: -1, Err: errNetwork},
			transport.RefusedLater, 0, 0, 250 * time.Millisecond},
		{"to wait for a day", transport.Result{Class: transport.RefusedLater, RetryAfter: 24 * time.Hour, Err: errNetwork},
			transport.RefusedLater, transport.MaxRetryAfter, transport.MaxRetryAfter, transport.MaxRetryAfter},
	} {
		synctest.Test(t, func(t *testing.T) {
			var first escalation.Observation
			n := &network{answer: always(c.result)}
			client := newClient(t, n, &escalation.Config{Observers: []escalation.Observer{
				func(_ context.Context, o escalation.Observation) {
					if o.Occasion == escalation.Attempted && o.Attempts == 1 {
						first = o
						n.answers(nil)
					}
				},
			}})
			must(t, client, "123", escalate)
			start := time.Now()
			result, err := client.Conversation("123").Send(t.Context(), events.EscalationSuccess{})
			if err != nil || result.Attempts != 2 {
				t.Errorf("%s: %+v, %v; want the second attempt acknowledged", c.why, result, err)
			}
			if took := time.Since(start); took < c.least || took > c.most {
				t.Errorf("%s: the second attempt began after %v, want %v to %v", c.why, took, c.least, c.most)
			}
			if first.Result.Class != c.class || first.Result.RetryAfter != c.retryAfter || first.To != fsm.Pending {
				t.Errorf("%s: observed %+v", c.why, first)
			}
		})
	}
}

// TestBurstKeepsCallOrder [G2, G4] sends many messages to one conversation while the first is held up.
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

// TestStuckConversationDelaysNoOther: in the bubble's time nothing passes while others send.
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
	if first.Occasion != escalation.Received || first.Kind != escalate || first.Round != 1 || first.From != fsm.None || first.To != fsm.Pending {
		t.Errorf("first the observers learn %+v, want that round 1 was opened, none -> pending", first)
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
	for i := range 1_000 {
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				receipt, err := client.Conversation(fmt.Sprint(i)).Accept(t.Context(), events.EscalationQueueUpdate{})
				if err != nil || receipt.Round != 1 {
					t.Errorf("%+v, %v; want it accepted in round 1", receipt, err)
				}
			})
		}
		group.Wait()
	}
}

func TestRulesSeeTheLastUpdateOfTheRound(t *testing.T) {
	synctest.Test(t, rulesSeeTheLastUpdateOfTheRound)
}

func rulesSeeTheLastUpdateOfTheRound(t *testing.T) {
	set, err := rules.Strict(rules.MinUpdateGap(10*time.Second), rules.QueuePositionMayNotGrow())
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(t, &network{}, &escalation.Config{Rules: set})
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
		pass(step.wait)
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
