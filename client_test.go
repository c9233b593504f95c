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
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/webhook"
)

var _ webhook.OnceReceiver = (*escalation.Client)(nil)

func TestNewReportsAllProblems(t *testing.T) {
	_, err := escalation.New(nil, nil, &escalation.Config{
		MaxPending: -1, MaxAttempts: -1, Settle: -1, Observers: []escalation.Observer{nil},
	})
	for _, want := range []string{"store", "transport", "MaxPending", "MaxAttempts", "Settle", "Observers[0]"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func TestObserversSeeEverythingInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so that no time passes
		var seen []escalation.Observation
		n := &network{}
		client := newClient(t, n, &escalation.Config{Observers: []escalation.Observer{
			func(_ context.Context, o escalation.Observation) { seen = append(seen, o) },
		}})
		must(t, client, "123", escalate)
		put(t.Context(), client, "123", events.Message{Text: "early"})
		must(t, client, "123", success)
		rejected := transport.Result{Class: transport.Rejected, Status: 400, Err: errNetwork}
		n.answers(always(rejected))
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
			at(1, escalation.Refused, message, fsm.Pending, fsm.Pending), // changes nothing: the number of the one before
			at(2, escalation.Accepted, success, fsm.Pending, fsm.Pending),
			at(3, escalation.Attempting, success, fsm.Pending, fsm.Pending),
			at(4, escalation.Attempted, success, fsm.Pending, fsm.Connected),
			at(5, escalation.Resolved, success, fsm.Pending, fsm.Connected),
			at(6, escalation.Accepted, message, fsm.Connected, fsm.Connected),
			at(7, escalation.Attempting, message, fsm.Connected, fsm.Connected),
			at(8, escalation.Attempted, message, fsm.Connected, fsm.Connected),
			at(9, escalation.Resolved, message, fsm.Connected, fsm.Connected),
			at(10, escalation.Received, endSession, fsm.Connected, fsm.Ended),
			at(11, escalation.Received, endSession, fsm.Ended, fsm.Ended),
			at(12, escalation.Received, escalate, fsm.Ended, fsm.Pending),
		}
		for i := range want {
			o := &want[i]
			switch o.Occasion {
			case escalation.Attempting, escalation.Attempted, escalation.Resolved:
				o.Attempts = 1
				fallthrough
			case escalation.Accepted:
				o.Number = map[events.Kind]uint64{success: 1, message: 2}[o.Kind]
			}
		}
		want[4].Result, want[8].Result = acknowledged, rejected
		want[5].Outcome = store.Outcome{Result: store.Acknowledged, Status: 200, At: time.Now()}
		want[9].Outcome = store.Outcome{Result: store.Rejected, Status: 400, At: time.Now()}
		want[12].Round = 2
		ignoreText := cmpopts.IgnoreFields(escalation.Observation{}, "Refusal")
		if diff := cmp.Diff(want, seen, ignoreText, cmpopts.EquateErrors()); diff != "" {
			t.Errorf("observations (-want +got):\n%s", diff)
		}
		checkRefusal(t, seen[1].Refusal, fsm.Pending, message)
	})
}

// TestObserversSeeParksAndRepairs: a success that the API rejects waits for a person, who drops it.
func TestObserversSeeParksAndRepairs(t *testing.T) {
	var seen []string
	n := &network{}
	client := newClient(t, n, &escalation.Config{Observers: []escalation.Observer{
		func(_ context.Context, o escalation.Observation) {
			seen = append(seen, fmt.Sprint(o.Seq, o.Occasion, o.Number, o.Park.Number, o.Park.Reason, o.Verb, o.Outcome.Result))
		},
	}})
	must(t, client, "123", escalate)
	n.answers(always(transport.Result{Class: transport.Rejected, Status: 400, Err: errNetwork}))
	put(t.Context(), client, "123", samples[success].event)
	repair := escalation.Repair{Verb: escalation.Skip, Number: 1, By: "Ann", Why: "no agent is there after all"}
	if err := client.Conversation("123").Repair(t.Context(), repair); err != nil {
		t.Fatal(err)
	}
	none := escalation.Verb(0)
	var want []string
	for i, o := range []struct {
		occasion escalation.Occasion
		number   uint64
		park     store.Park
		verb     escalation.Verb
		result   store.Result
	}{
		{escalation.Received, 0, store.Park{}, none, 0},
		{escalation.Accepted, 1, store.Park{}, none, 0},
		{escalation.Attempting, 1, store.Park{}, none, 0},
		{escalation.Attempted, 1, store.Park{}, none, 0},
		{escalation.Parked, 1, store.Park{Number: 1, Reason: store.HeadRejected}, none, 0},
		{escalation.Repaired, 1, store.Park{}, escalation.Skip, 0},
		{escalation.Resolved, 1, store.Park{}, none, store.Skipped},
	} {
		want = append(want, fmt.Sprint(uint64(i+1), o.occasion, o.number, o.park.Number, o.park.Reason, o.verb, o.result))
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("observations (-want +got):\n%s", diff)
	}
}

// TestNothingPrivateIsPrinted [G18] looks for a text, a conversation id and a key of the host in all errors and logs.
func TestNothingPrivateIsPrinted(t *testing.T) {
	for _, logIDs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) { nothingPrivateIsPrinted(t, logIDs) })
	}
}

func nothingPrivateIsPrinted(t *testing.T, logIDs bool) {
	const secretText, secretID = "my card number is 4111", "visitor-7777"
	errHost := errors.New("no agent speaks of " + secretText)
	var log bytes.Buffer
	set, err := rules.Strict(rules.MaxTextLength(5), rules.AgentRequired())
	if err != nil {
		t.Fatal(err)
	}
	n := &network{}
	client := newClient(t, n, &escalation.Config{
		Rules: set, LogConversationIDs: logIDs,
		OnInbound: func(context.Context, escalation.Inbound) error { return errHost },
		Logger:    slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	var errs []error
	try := func(e events.Event) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second) // for webhooks behind the one that is not taken
		defer cancel()
		errs = append(errs, put(ctx, client, secretID, e))
	}
	v := client.Conversation(secretID)
	send := func(e events.Outbound, options ...escalation.Option) {
		_, err := v.Send(t.Context(), e, options...)
		errs = append(errs, v.Explain(t.Context(), e), err)
	}
	try(events.Message{Text: secretText})
	try(events.WidgetEscalate{EscalateTo: secretText})
	try(events.EscalationSuccess{AgentAvatar: "http://" + secretText})
	try(events.EscalationQueueUpdate{QueuePosition: secretText, WaitingTime: secretText})
	n.answers(always(transport.Result{Class: transport.Rejected, Err: errNetwork}))
	send(events.EscalationQueueUpdate{QueuePosition: "1"}, escalation.WithKey(secretText))
	send(events.EscalationQueueUpdate{QueuePosition: "2"}, escalation.WithKey(secretText)) // the key of another event
	send(events.EscalationSuccess{Agent: secretText}, escalation.ForRound(2))
	n.answers(always(transport.Result{Class: transport.Unknown, Err: errNetwork}))
	send(events.EscalationSuccess{Agent: secretText}) // parked after half an hour
	_, err = v.Wait(t.Context(), 2)
	errs = append(errs, err, v.Repair(t.Context(), escalation.Repair{Verb: escalation.Skip, Number: 7, By: secretText, Why: secretText}))
	try(events.WidgetMessage{Text: secretText + "\x00"})
	try(events.WidgetMessage{Text: secretText})

	printed := log.String() + fmt.Sprintf("%v %+v %#v", errs, errs, client.Conversation("other"))
	if strings.Contains(printed, secretText) {
		t.Errorf("a text was printed: %s", printed)
	}
	if got := strings.Contains(printed, secretID); got != logIDs {
		t.Errorf("conversation id printed: %v, want %v\n%s", got, logIDs, printed)
	}
	for _, want := range []string{"parked", "not taken by the host", "escalationSuccess"} {
		if !strings.Contains(printed, want) {
			t.Errorf("%q was not printed: what should be looked at did not happen\n%s", want, printed)
		}
	}
}

func TestUseAfterBadID(t *testing.T) {
	client := newClient(t, &network{}, nil)
	for _, id := range []string{"", "a\x00b", "\xff", strings.Repeat("x", events.MaxFieldBytes+1)} {
		v := client.Conversation(id)
		_, sendErr := v.Send(t.Context(), events.EscalationFailed{})
		_, statusErr := v.Status(t.Context())
		_, acceptErr := v.Accept(t.Context(), events.EscalationFailed{})
		_, waitErr := v.Wait(t.Context(), 1)
		_, historyErr := v.History(t.Context(), 0, 1)
		repairErr := v.Repair(t.Context(), escalation.Repair{Verb: escalation.Abort, By: "Ann", Why: "a test"})
		for _, err := range []error{sendErr, statusErr, acceptErr, waitErr, historyErr, repairErr, v.Open(t.Context()), v.VisitorEnded(t.Context()), v.Explain(t.Context(), events.EscalationFailed{})} {
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

// TestPrintingShowsNoConversation [G18]: nor does it touch what other goroutines write; the race detector tells.
func TestPrintingShowsNoConversation(t *testing.T) {
	client := newClient(t, &network{}, nil)
	var group sync.WaitGroup
	group.Go(func() { must(t, client, "visitor-7777", escalate, success, message) })
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		got := fmt.Sprintf(verb+" "+verb+" "+verb, client, client.Bot("bot-7"), client.Conversation("visitor-7777"))
		if want := "escalation.Client escalation.Bot escalation.Conversation"; got != want {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	group.Wait()
}
