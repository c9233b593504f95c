package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/escalationtest/gen"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/oracle"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport"
)

// Each property below is a test and a fuzz target.

func TestNothingForbiddenArrives(t *testing.T) { checkInBubble(t, nothingForbiddenArrives) }
func FuzzNothingForbiddenArrives(f *testing.F) { fuzzInBubble(f, nothingForbiddenArrives) }

func TestTerminalStatesAbsorb(t *testing.T) { checkInBubble(t, terminalStatesAbsorb) }
func FuzzTerminalStatesAbsorb(f *testing.F) { fuzzInBubble(f, terminalStatesAbsorb) }

func TestExplainAgreesWithSend(t *testing.T) { checkInBubble(t, explainAgreesWithSend) }
func FuzzExplainAgreesWithSend(f *testing.F) { fuzzInBubble(f, explainAgreesWithSend) }

func TestLegalBurstsArriveInOrder(t *testing.T) { checkInBubble(t, legalBurstsArriveInOrder) }
func FuzzLegalBurstsArriveInOrder(f *testing.F) { fuzzInBubble(f, legalBurstsArriveInOrder) }

func TestConcurrentSendersKeepOrder(t *testing.T) { checkInBubble(t, concurrentSendersKeepOrder) }
func FuzzConcurrentSendersKeepOrder(f *testing.F) { fuzzInBubble(f, concurrentSendersKeepOrder) }

// mishap is something that keeps an attempt from being acknowledged.
type mishap struct {
	name    string
	fault   fakeapi.Fault
	unknown bool // what the client can know; otherwise it knows that nothing arrived
	final   bool // whether trying again is pointless
}

// GoString is what rapid prints.
func (m mishap) GoString() string { return m.name }

var mishaps = []mishap{
	{name: "rejected", fault: fakeapi.Fault{Status: 400}, final: true},
	{name: "key refused", fault: fakeapi.Fault{Status: 401}},
	{name: "come back later", fault: fakeapi.Fault{Status: 429}},
	{name: "server error", fault: fakeapi.Fault{Status: 500}, unknown: true},
	{name: "server error after the work was done", fault: fakeapi.Fault{Status: 500, Process: fakeapi.ProcessAnyway}, unknown: true},
	{name: "cut before the body was read", fault: fakeapi.Fault{Cut: fakeapi.CutBeforeBody}, unknown: true},
	{name: "cut after the work was done", fault: fakeapi.Fault{Cut: fakeapi.CutAfterBody, Process: fakeapi.ProcessAnyway}, unknown: true},
}

// fate is what has to become of an event.
type fate struct {
	result   store.Result // 0: the conversation is parked
	reason   store.Reason
	attempts int
	unknown  int
}

// fateOf says what becomes of an allowed event when its first attempts meet with these mishaps, and later ones
// with none.
func fateOf(kind events.Kind, met []mishap) fate {
	var f fate
	for _, m := range met {
		f.attempts++
		if m.unknown {
			f.unknown++
		}
		switch {
		case m.final && (kind == events.KindMessage || kind == events.KindEscalationQueueUpdate):
			f.result = store.Rejected // nothing later needs it
			return f
		case m.final:
			f.reason = store.HeadRejected
			return f
		case kind == events.KindEscalationQueueUpdate && f.unknown == 2:
			f.result = store.Expired // sent again once
			return f
		case kind == events.KindMessage && f.unknown == 3:
			f.reason = store.HeadUnknown // a person has to say whether the visitor may see it again
			return f
		}
	}
	f.attempts++
	f.result = store.Acknowledged
	return f
}

// nothingForbiddenArrives holds a client against a naive model: a conversation is the history of its acknowledged
// and inbound events, and a regular expression says what may come next. What was sent is read at the fake API,
// whatever went wrong on the way.
func nothingForbiddenArrives(t *rapid.T) {
	w := newWorld(t, nil)
	ctx := context.Background()
	id := gen.ConversationID().Draw(t, "conversation")
	conversation := w.client.Conversation(id)
	history := oracle.None()
	round := 0
	maybeOver := false // an event that ends the round was given up, and may have arrived as far as the client knows

	// repair decides about a parked event. Whoever does so has looked at the widget.
	repair := func(t *rapid.T, number uint64, event events.Outbound, seen bool) {
		verbs := []escalation.Verb{escalation.Retry, escalation.Replace, escalation.Abort, escalation.Skip}
		if seen {
			verbs[3] = escalation.MarkAcknowledged
		}
		r := escalation.Repair{Verb: rapid.SampledFrom(verbs).Draw(t, "verb"), Number: number, By: "a person", Why: "a property"}
		if r.Verb == escalation.Replace {
			if event.Kind() == events.KindMessage {
				event = events.Message{Text: "in other words"}
			}
			r.Event = event
		}
		if err := conversation.Repair(ctx, r); err != nil {
			t.Fatal(err)
		}
		_, err := conversation.Wait(ctx, number)
		switch r.Verb {
		case escalation.Skip:
			skipped := wantResult(t, err, store.Skipped)
			ends := event.Kind() == events.KindEscalationFailed || event.Kind() == events.KindAgentDisconnect
			maybeOver = maybeOver || ends && skipped.MayHaveArrived
			return
		case escalation.Abort:
			wantResult(t, err, store.Cancelled)
			history.Take(events.KindWidgetEndSession)
			return
		case escalation.Retry, escalation.Replace:
			all := w.server.Requests()
			checkArrival(t, all[len(all)-1], events.Request{ConversationID: id, Event: event})
		}
		if err != nil {
			t.Fatal(err)
		}
		history.Take(event.Kind())
	}
	send := func(t *rapid.T) {
		event := gen.Outbound().Draw(t, "event")
		met := rapid.SliceOfN(rapid.SampledFrom(mishaps), 0, 4).Draw(t, "mishaps")
		for _, m := range met {
			if err := w.server.Next(m.fault); err != nil {
				t.Fatal(err)
			}
		}
		before := len(w.server.Requests())
		result, err := conversation.Send(ctx, event)
		w.server.ClearFaults()
		arrived := w.server.Requests()[before:]

		if !history.Allows(event.Kind()) {
			if refusal, ok := errors.AsType[*rules.Refusal](err); !ok || !refusal.Breaks("sequence") || len(arrived) != 0 {
				t.Fatalf("%v after %q: error %v, %d arrived; want it refused", event.Kind(), history.Word(), err, len(arrived))
			}
			return
		}
		want := fateOf(event.Kind(), met)
		if len(arrived) != want.attempts {
			t.Fatalf("%v: %d requests arrived, want %d; error %v", event.Kind(), len(arrived), want.attempts, err)
		}
		for _, r := range arrived {
			if r.Body != nil { // it was read
				checkArrival(t, r, events.Request{ConversationID: id, Event: event})
			}
		}
		if want.result == store.Acknowledged {
			if err != nil || result.Attempts != want.attempts || result.MayBeDuplicate != (want.unknown > 0) {
				t.Fatalf("got %+v, %v; want %+v", result, err, want)
			}
			history.Take(event.Kind())
			return
		}
		sendErr := wantResult(t, err, want.result)
		if sendErr.Park.Reason != want.reason || sendErr.Attempts != want.attempts || sendErr.MayHaveArrived != (want.unknown > 0) {
			t.Fatalf("got %+v, want %+v", sendErr, want)
		}
		if want.reason != 0 {
			seen := slices.ContainsFunc(arrived, func(r fakeapi.Record) bool { return r.Processed })
			repair(t, sendErr.Number, event, seen)
		}
	}
	receive := func(t *rapid.T) {
		event := gen.Inbound().Draw(t, "event")
		if event.Kind() == events.KindWidgetEscalate && maybeOver && history.Live() {
			history.Take(events.KindWidgetEndSession) // the widget would not ask again otherwise
			w.server.BeginRound(id)
		}
		if err := w.put(ctx, id, event); err != nil {
			t.Fatal(err)
		}
		history.Take(event.Kind())
	}
	t.Repeat(map[string]func(*rapid.T){
		"send": send, "send more": send, "receive": receive,
		"": func(t *rapid.T) {
			status, err := conversation.Status(ctx)
			if err != nil {
				t.Fatal(err)
			}
			maybeOver = maybeOver && history.Live() && status.Round == round
			round = status.Round
			if status.State.String() != history.State() || status.Accepted != status.State || status.Round != history.Rounds() {
				t.Fatalf("state %v, round %d; the model says %s, %d", status.State, status.Round, history.State(), history.Rounds())
			}
			for _, v := range w.server.Violations() {
				if !v.Repeat { // an event sent again because nobody could know
					t.Fatalf("the fake API saw %v", v)
				}
			}
		},
	})
}

// wantResult wants an event that was accepted and not acknowledged.
func wantResult(t *rapid.T, err error, want store.Result) *escalation.SendError {
	sendErr, ok := errors.AsType[*escalation.SendError](err)
	if !ok || sendErr.Result != want {
		t.Fatalf("got %v, want a *SendError with result %v", err, want)
	}
	return sendErr
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

// explainAgreesWithSend asks before every call, with all built-in rules on, invalid events among the valid ones, and
// an API that rejects some: then a conversation may be parked, or refuse what would have been allowed after success.
func explainAgreesWithSend(t *rapid.T) {
	set, err := rules.Strict(rules.AgentRequired(), rules.MaxTextLength(20), rules.QueuePositionMayNotGrow(), rules.UpdateChanges())
	if err != nil {
		t.Fatal(err)
	}
	n := &network{}
	client, err := escalation.New(memstore.New(nil), n, &escalation.Config{Bot: bot, Rules: set, Logger: quiet, MaxPending: 3})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	t.Cleanup(func() { // also where the fuzzer's input ends early
		if err := client.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	conversation := client.Conversation("123")
	for range rapid.IntRange(1, 20).Draw(t, "length") {
		if rapid.IntRange(0, 3).Draw(t, "inbound") == 0 {
			if err := put(ctx, client, "123", gen.Inbound().Draw(t, "in")); err != nil {
				t.Fatal(err)
			}
			continue
		}
		answer := acknowledged
		if rapid.IntRange(0, 5).Draw(t, "rejected") == 0 {
			answer = transport.Result{Class: transport.Rejected, Status: 400, Err: errNetwork}
		}
		n.answers(always(answer))
		event := gen.AnyOutbound().Draw(t, "out")
		explained := conversation.Explain(ctx, event)
		_, err := conversation.Send(ctx, event)
		if _, accepted := errors.AsType[*escalation.SendError](err); accepted {
			err = nil // what became of it is another matter
		}
		if fmt.Sprint(explained) != fmt.Sprint(err) {
			t.Fatalf("explained: %v\nsent:      %v", explained, err)
		}
	}
}
