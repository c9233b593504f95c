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

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport"
)

func TestNewReportsAllProblems(t *testing.T) {
	_, err := escalation.New(memstore.New(nil), nil, &escalation.Config{MaxPending: -1, Observers: []escalation.Observer{nil}})
	for _, want := range []string{"transport", "MaxPending", "Observers[0]"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
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

// TestPrintingShowsNoConversation [E11]: nor does it touch what other goroutines write; the race detector tells.
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
