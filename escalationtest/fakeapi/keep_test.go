package fakeapi_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

func TestKeepForgetsTheOldest(t *testing.T) {
	s, _ := newPair(t, &fakeapi.Config{Keep: 3})
	play(t, s, "EMMMMM") // five violations
	play(t, s, "SMM")
	play(t, s, "WW")
	must(t, s.WaitWebhooks(bounded(t), 3))
	must(t, s.WaitRequests(bounded(t), 8))
	must(t, s.WaitWidget(bounded(t), "c1", 10))
	play(t, s, "L")
	must(t, s.WaitWebhooks(bounded(t), 4))

	var got []string
	for _, r := range s.Requests() {
		got = append(got, fmt.Sprint("request ", r.N))
	}
	for _, v := range s.Violations() {
		got = append(got, fmt.Sprint("violation of ", v.N))
	}
	for _, r := range s.Webhooks() {
		got = append(got, fmt.Sprint("webhook ", r.N))
	}
	for _, l := range s.Widget("c1") {
		got = append(got, fmt.Sprint(l.By, " ", l.N))
	}
	want := []string{
		"request 6", "request 7", "request 8", "violation of 3", "violation of 4", "violation of 5",
		"webhook 2", "webhook 3", "webhook 4", "crm 8", "visitor 0", "visitor 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(s.Conversation("c1")) != 3 {
		t.Error("another number of records by conversation")
	}
	if err := s.Redeliver(t.Context(), 1); err == nil {
		t.Error("a forgotten webhook was sent again")
	}
	must(t, s.Redeliver(t.Context(), 2))
}

// Conversations are forgotten in the order in which something last happened in them, and never in a live round.
func TestKeepForgetsConversationsWithoutARound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newPair(t, &fakeapi.Config{Keep: 2, Lag: time.Second})
		must(t, s.Escalate("live", ""))
		must(t, s.Write("a", "Hi"))
		must(t, s.Write("b", "Hi"))
		must(t, s.Write("a", "Hi"))
		must(t, s.Write("c", "Hi"))
		if diff := cmp.Diff([]string{"live", "a", "c"}, s.Conversations()); diff != "" {
			t.Error(diff)
		}
		if s.Widget("b") != nil || s.State("b") != (fakeapi.State{}) {
			t.Error("not wholly forgotten")
		}
		must(t, s.Write("b", "Hi")) // anew
		must(t, s.NextWebhookFor("late", fakeapi.WebhookFault{}, fakeapi.WebhookFault{Delay: time.Hour}))
		must(t, s.Escalate("late", ""))
		must(t, s.Leave("late"))                                    // but its webhook is still to be sent
		serve(s, strings.Replace(message, "c1", "lagging", 1), nil) // still to take effect
		must(t, s.Write("d", "Hi"))                                 // pushes the idle ones out
		must(t, s.Write("e", "Hi"))                                 //
		if diff := cmp.Diff([]string{"live", "late", "lagging", "d", "e"}, s.Conversations()); diff != "" {
			t.Error(diff)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		// The message out of the blue has begun a round, but does not keep its conversation for ever.
		if diff := cmp.Diff([]string{"live", "late", "lagging"}, s.Conversations()); diff != "" {
			t.Error(diff)
		}
		must(t, s.Leave("live"))
		synctest.Wait()
		if diff := cmp.Diff([]string{"live", "late"}, s.Conversations()); diff != "" {
			t.Error(diff)
		}
		must(t, s.Escalate("lagging", ""))
		if got := s.State("lagging").Round; got != 1 {
			t.Errorf("a forgotten conversation goes on with round %d", got)
		}
		must(t, s.Escalate("late", "")) // was idle, and is live again
		serve(s, strings.Replace(message, "c1", "stray", 1), nil)
		time.Sleep(time.Minute)
		must(t, s.Escalate("other", ""))
		s.BeginRound("stray") // was not begun by the visitor, and now is
		for _, id := range []string{"f", "g", "h"} {
			must(t, s.Write(id, "Hi"))
		}
		if diff := cmp.Diff([]string{"late", "lagging", "stray", "other", "g", "h"}, s.Conversations()); diff != "" {
			t.Error(diff)
		}
	})
}

// Where every event waits for the next one, none takes effect.
func TestKeepForgetsEventsThatWaitForTheNext(t *testing.T) {
	var shown []fakeapi.Line
	s := newServer(t, &fakeapi.Config{Keep: 2, OnLine: func(l fakeapi.Shown) { shown = append(shown, l.Line) }})
	must(t, s.Always(fakeapi.Fault{AfterNext: true}))
	for _, text := range []string{"1", "2", "3", "4"} {
		serve(s, event("message", `"text":"`+text+`"`), nil)
	}
	s.ClearFaults()
	serve(s, success, nil)
	if diff := cmp.Diff("John Smith joined | John Smith: 3 | John Smith: 4", texts(shown)); diff != "" {
		t.Error(diff)
	}
}

// inUse is the memory that is reachable.
func inUse() uint64 {
	runtime.GC()
	runtime.GC() // what the first one's finalizers kept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Ten thousand events, each with its webhooks, lines and violations: as much memory is in use in the end as after a tenth.
func TestKeepKeepsMemoryFlat(t *testing.T) {
	observed := 0
	c := new(crm)
	count := func() { observed++ }
	s := newServer(t, &fakeapi.Config{
		Keep: 50, Webhook: c.reached(), Lag: time.Microsecond,
		OnRequest: func(fakeapi.Record) { count() }, OnAnswer: func(fakeapi.Record) { count() },
		OnWebhook: func(fakeapi.WebhookRecord) { count() }, OnLine: func(fakeapi.Shown) { count() },
	})
	text := strings.Repeat("x", 1000)
	ctx := t.Context() // not bounded: under the race detector this takes a while
	events, webhooks, lines := 0, 0, 0
	conversation := func(i int) {
		id := fmt.Sprint("c", i)
		must(t, s.Escalate(id, ""))
		for _, event := range []string{message, success, message, message, message} { // the first one too early
			serve(s, strings.NewReplacer("c1", id, "Hello", text).Replace(event), nil)
			must(t, s.Write(id, text))
			must(t, s.Write("always", text)) // to the bot
			events++
		}
		must(t, s.WaitWidget(ctx, id, 10))
		must(t, s.Leave(id))
		webhooks += 7
		lines += 5 + 5 + 10
		must(t, s.WaitWebhooks(ctx, webhooks))
		c.mu.Lock()
		c.bodies = nil
		c.mu.Unlock()
	}
	for i := range 200 {
		conversation(i)
	}
	before := inUse()
	for i := range 2000 {
		conversation(200 + i)
	}
	after := inUse()
	if events != 11000 || len(s.Requests()) != 50 || len(s.Webhooks()) != 50 || len(s.Violations()) != 50 || len(s.Conversations()) != 50 || len(s.Widget("always")) != 50 {
		t.Errorf("%d events; kept: %d requests, %d webhooks, %d violations, %d conversations, %d lines",
			events, len(s.Requests()), len(s.Webhooks()), len(s.Violations()), len(s.Conversations()), len(s.Widget("always")))
	}
	if after > before+512<<10 {
		t.Errorf("%d KiB in use after %d events, %d KiB after a tenth", after>>10, events, before>>10)
	}
	must(t, s.Close())
	if want := 2*events + webhooks + lines; observed != want {
		t.Errorf("%d calls of observers, want %d", observed, want)
	}
}
