package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/escalationtest/gen"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/oracle"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/store/memstore"
)

// Each property below is a test and a fuzz target.

func TestNothingForbiddenArrives(t *testing.T) { rapid.Check(t, nothingForbiddenArrives) }
func FuzzNothingForbiddenArrives(f *testing.F) { f.Fuzz(rapid.MakeFuzz(nothingForbiddenArrives)) }

func TestTerminalStatesAbsorb(t *testing.T) { rapid.Check(t, terminalStatesAbsorb) }
func FuzzTerminalStatesAbsorb(f *testing.F) { f.Fuzz(rapid.MakeFuzz(terminalStatesAbsorb)) }

func TestExplainAgreesWithSend(t *testing.T) { rapid.Check(t, explainAgreesWithSend) }
func FuzzExplainAgreesWithSend(f *testing.F) { f.Fuzz(rapid.MakeFuzz(explainAgreesWithSend)) }

func TestLegalBurstsArriveInOrder(t *testing.T) { rapid.Check(t, legalBurstsArriveInOrder) }
func FuzzLegalBurstsArriveInOrder(f *testing.F) { f.Fuzz(rapid.MakeFuzz(legalBurstsArriveInOrder)) }

func TestConcurrentSendersKeepOrder(t *testing.T) { rapid.Check(t, concurrentSendersKeepOrder) }
func FuzzConcurrentSendersKeepOrder(f *testing.F) { f.Fuzz(rapid.MakeFuzz(concurrentSendersKeepOrder)) }

// mishap is something that keeps an event from being acknowledged.
type mishap struct {
	name      string
	fault     fakeapi.Fault
	maySend   bool // what the client can know
	processed bool // what really happened
}

var mishaps = []mishap{
	{name: "none"},
	{"rejected", fakeapi.Fault{Status: 400}, false, false},
	{"key refused", fakeapi.Fault{Status: 401}, false, false},
	{"come back later", fakeapi.Fault{Status: 429}, false, false},
	{"server error", fakeapi.Fault{Status: 500}, true, false},
	{"server error after the work was done", fakeapi.Fault{Status: 500, Process: fakeapi.ProcessAnyway}, true, true},
	{"cut before the body was read", fakeapi.Fault{Cut: fakeapi.CutBeforeBody}, true, false},
	{"cut after the work was done", fakeapi.Fault{Cut: fakeapi.CutAfterBody, Process: fakeapi.ProcessAnyway}, true, true},
}

// nothingForbiddenArrives [E1, E2, E4] holds a client against a naive model: a conversation is the history
// of its acknowledged and inbound events, and a regular expression says what may come next. What was sent is
// read at the fake API.
func nothingForbiddenArrives(t *rapid.T) {
	w := newWorld(t, nil)
	id := gen.ConversationID().Draw(t, "conversation")
	conversation := w.client.Conversation(id)
	history := oracle.None()
	lied := false // whether the platform did something that the client could not learn

	send := func(t *rapid.T) {
		event := gen.Outbound().Draw(t, "event")
		m := rapid.SampledFrom(mishaps).Draw(t, "mishap")
		if err := w.server.Next(m.fault); err != nil {
			t.Fatal(err)
		}
		defer w.server.ClearFaults()
		before := len(w.server.Requests())
		_, err := conversation.Send(context.Background(), event)
		arrived := w.server.Requests()[before:]

		if !history.Allows(event.Kind()) {
			if refusal, ok := errors.AsType[*rules.Refusal](err); !ok || !refusal.Breaks("sequence") || len(arrived) != 0 {
				t.Fatalf("%v after %q: error %v, %d arrived; want it refused", event.Kind(), history.Word(), err, len(arrived))
			}
			return
		}
		if len(arrived) != 1 {
			t.Fatalf("%v after %q: %d requests arrived, want one; error %v", event.Kind(), history.Word(), len(arrived), err)
		}
		if m.name == "none" {
			if err != nil {
				t.Fatal(err)
			}
			history.Take(event.Kind())
			checkArrival(t, arrived[0], events.Request{ConversationID: id, Event: event})
			return
		}
		lied = lied || m.processed
		sendErr, ok := errors.AsType[*escalation.SendError](err)
		if !ok || sendErr.MayHaveArrived != m.maySend {
			t.Fatalf("%s: got %v, want a *SendError, may have been sent: %v", m.name, err, m.maySend)
		}
	}
	receive := func(t *rapid.T) {
		event := gen.Inbound().Draw(t, "event")
		if err := w.put(context.Background(), id, event); err != nil {
			t.Fatal(err)
		}
		history.Take(event.Kind())
	}
	t.Repeat(map[string]func(*rapid.T){
		"send": send, "send more": send, "receive": receive,
		"": func(t *rapid.T) {
			status, err := conversation.Status(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if status.State.String() != history.State() || status.Round != history.Rounds() {
				t.Fatalf("state %v, round %d; the model says %s, %d", status.State, status.Round, history.State(), history.Rounds())
			}
			if violations := w.server.Violations(); len(violations) > 0 && !lied {
				t.Fatalf("the fake API saw %v", violations)
			}
		},
	})
}

// checkArrival holds what arrived against what was to be sent.
func checkArrival(t *rapid.T, r fakeapi.Record, want events.Request) {
	if !r.Passed() || len(r.Problems) > 0 {
		t.Fatalf("the fake API objects: %v", r.Problems)
	}
	got, unknown, err := events.DecodeRequest(r.Body)
	if err != nil || len(unknown) > 0 {
		t.Fatalf("the body does not decode: %v, unknown %v", err, unknown)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("arrived (-want +got):\n%s", diff)
	}
}

// terminalStatesAbsorb plays a finished round and then anything outbound: nothing of it may arrive.
func terminalStatesAbsorb(t *rapid.T) {
	w := newWorld(t, nil)
	ctx := context.Background()
	if err := w.put(ctx, "123", events.WidgetEscalate{}); err != nil {
		t.Fatal(err)
	}
	for _, event := range gen.FinishedRound().Draw(t, "round") {
		if err := w.put(ctx, "123", event); err != nil {
			t.Fatal(err)
		}
	}
	before, err := w.client.Conversation("123").Status(ctx)
	if err != nil || !before.State.Terminal() {
		t.Fatalf("state %v after a finished round, error %v", before.State, err)
	}
	sent := len(w.server.Requests())
	for _, event := range rapid.SliceOf(gen.Outbound()).Draw(t, "after the end") {
		if err := w.put(ctx, "123", event); err == nil {
			t.Fatalf("%v was taken after the end", event.Kind())
		}
	}
	after, err := w.client.Conversation("123").Status(ctx)
	if err != nil || after != before || len(w.server.Requests()) != sent {
		t.Fatalf("%+v became %+v, %d requests more, error %v", before, after, len(w.server.Requests())-sent, err)
	}
}

// explainAgreesWithSend [E8] asks before every call, with all built-in rules on and invalid events among the
// valid ones.
func explainAgreesWithSend(t *rapid.T) {
	set, err := rules.Strict(rules.AgentRequired(), rules.MaxTextLength(20), rules.QueuePositionMayNotGrow(), rules.UpdateChanges())
	if err != nil {
		t.Fatal(err)
	}
	client, err := escalation.New(memstore.New(nil), &network{}, &escalation.Config{Bot: bot, Rules: set, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	conversation := client.Conversation("123")
	for range rapid.IntRange(1, 20).Draw(t, "length") {
		if rapid.IntRange(0, 3).Draw(t, "inbound") == 0 {
			if err := put(ctx, client, "123", gen.Inbound().Draw(t, "in")); err != nil {
				t.Fatal(err)
			}
			continue
		}
		event := gen.AnyOutbound().Draw(t, "out")
		explained := conversation.Explain(ctx, event)
		_, err := conversation.Send(ctx, event)
		if fmt.Sprint(explained) != fmt.Sprint(err) {
			t.Fatalf("explained: %v\nsent:      %v", explained, err)
		}
	}
	if err := client.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// legalBurstsArriveInOrder plays legal conversations side by side. All is taken, and arrives as it was sent.
func legalBurstsArriveInOrder(t *rapid.T) {
	w := newWorld(t, nil)
	type conversation struct{ bot, id string }
	names := map[conversation]string{} // the fake knows one bot: other ids take the place of the others
	byConversation := map[string][]events.Event{}
	for _, a := range gen.Burst().Draw(t, "burst") {
		c := conversation{a.BotID, a.ConversationID}
		if names[c] == "" {
			names[c] = fmt.Sprint("conversation ", len(names))
		}
		byConversation[names[c]] = append(byConversation[names[c]], a.Event)
	}
	errs := make(chan error, len(byConversation))
	for id, sequence := range byConversation {
		go func() {
			var err error
			for _, event := range sequence {
				err = errors.Join(err, w.put(context.Background(), id, event))
			}
			errs <- err
		}()
	}
	for range byConversation {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	for id, sequence := range byConversation {
		var want []events.Request
		for _, event := range sequence {
			if out, ok := event.(events.Outbound); ok {
				want = append(want, events.Request{ConversationID: id, Event: out})
			}
		}
		records := w.server.Conversation(id)
		if len(records) != len(want) {
			t.Fatalf("%d arrived, want %d", len(records), len(want))
		}
		for i, r := range records {
			checkArrival(t, r, want[i])
		}
	}
	if violations := w.server.Violations(); len(violations) > 0 {
		t.Fatalf("the fake API saw %v", violations)
	}
}

// concurrentSendersKeepOrder [E3, E6] lets several senders write to one conversation at once, and the
// visitor leave in the middle. Each sender's messages arrive in its order, without gaps before its first
// refusal, and at most one message arrives after the visitor left.
func concurrentSendersKeepOrder(t *rapid.T) {
	w := newWorld(t, nil)
	ctx := context.Background()
	for _, event := range []events.Event{events.WidgetEscalate{}, events.EscalationSuccess{}} {
		if err := w.put(ctx, "123", event); err != nil {
			t.Fatal(err)
		}
	}
	senders := rapid.IntRange(2, 5).Draw(t, "senders")
	each := rapid.IntRange(1, 8).Draw(t, "messages each")
	leavesAfter := rapid.IntRange(0, senders*each).Draw(t, "visitor leaves after")

	accepted := make([]int, senders)
	var group sync.WaitGroup
	for s := range senders {
		group.Go(func() {
			for i := range each {
				if err := w.put(ctx, "123", events.Message{Text: fmt.Sprintf("%d %d", s, i)}); err != nil {
					return
				}
				accepted[s]++
			}
		})
	}
	left := make(chan int, 1) // requests that had arrived when the end was taken
	group.Go(func() {
		waiting, cancel := context.WithCancel(ctx)
		defer cancel()
		if err := w.server.WaitRequests(waiting, 1+leavesAfter); err != nil {
			t.Error(err)
		}
		if err := w.put(ctx, "123", events.WidgetEndSession{}); err != nil {
			t.Error(err)
		}
		left <- len(w.server.Requests())
	})
	group.Wait()

	records := w.server.Conversation("123")[1:]
	next := make([]int, senders)
	for _, r := range records {
		var s, i int
		if _, err := fmt.Sscanf(r.Fields["text"], "%d %d", &s, &i); err != nil {
			t.Fatal(err)
		}
		if i != next[s] {
			t.Fatalf("sender %d: message %d arrived where %d was next", s, i, next[s])
		}
		next[s]++
	}
	if diff := cmp.Diff(accepted, next); diff != "" {
		t.Fatalf("acknowledged and arrived differ (-acknowledged +arrived):\n%s", diff)
	}
	if late := 1 + len(records) - <-left; late > 1 {
		t.Fatalf("%d messages arrived after the visitor's end was taken", late)
	}
	for _, v := range w.server.Violations() {
		if !strings.Contains(v.Reason.String(), "visitor") {
			t.Fatalf("the fake API saw %v", v)
		}
	}
}
