package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/escalationtest/gen"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
)

// legalBurstsArriveInOrder plays legal conversations side by side, without waiting for anything but the visitor. All
// is taken, and arrives in order; only a queue update with a newer one right behind it need not.
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
		go func() { errs <- w.play(id, sequence) }()
	}
	for range byConversation {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	for id, sequence := range byConversation {
		checkBurst(t, w, id, sequence)
	}
	if violations := w.server.Violations(); len(violations) > 0 {
		t.Fatalf("the fake API saw %v", violations)
	}
}

// play accepts outbound events one right after the other. The visitor does something when all that is over.
func (w world) play(id string, sequence []events.Event) error {
	ctx := context.Background()
	v := w.client.Conversation(id)
	last := uint64(0)
	drain := func() error {
		if last == 0 {
			return nil
		}
		_, err := v.Wait(ctx, last) // nothing comes after it, so that nothing supersedes it
		return err
	}
	for _, event := range sequence {
		if out, ok := event.(events.Outbound); ok {
			receipt, err := v.Accept(ctx, out)
			if err != nil {
				return err
			}
			if receipt.Number != last+1 {
				return fmt.Errorf("number %d after %d", receipt.Number, last)
			}
			last = receipt.Number
			continue
		}
		if err := errors.Join(drain(), w.put(ctx, id, event)); err != nil {
			return err
		}
	}
	return drain()
}

// checkBurst holds the history of a conversation and what arrived against what was played.
func checkBurst(t *rapid.T, w world, id string, sequence []events.Event) {
	var played []events.Outbound
	for _, event := range sequence {
		if out, ok := event.(events.Outbound); ok {
			played = append(played, out)
		}
	}
	entries, err := w.client.Conversation(id).History(context.Background(), 0, len(played)+1)
	if err != nil || len(entries) != len(played) {
		t.Fatalf("%d events in the history, error %v; want %d", len(entries), err, len(played))
	}
	var want []events.Request
	for i, e := range entries {
		update := func(i int) bool { return i < len(played) && played[i].Kind() == events.KindEscalationQueueUpdate }
		switch {
		case e.Number != uint64(i+1):
			t.Fatalf("event %d has number %d", i+1, e.Number)
		case e.Outcome.Result == store.Acknowledged:
			want = append(want, events.Request{ConversationID: id, Event: played[i]})
		case e.Outcome.Result == store.Superseded && update(i) && update(i+1) && e.Outcome.Cause == e.Number+1:
		default:
			t.Fatalf("%v became %+v", played[i].Kind(), e.Outcome)
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

// concurrentSendersKeepOrder lets several senders write to one conversation at once, and the visitor leave in
// the middle. Each sender's messages arrive in its order, without gaps before its first refusal, and at most one
// message arrives after the visitor left.
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

	acknowledged := make([]int, senders)
	var group sync.WaitGroup
	for s := range senders {
		group.Go(func() {
			for i := range each {
				if err := w.put(ctx, "123", events.Message{Text: fmt.Sprintf("%d %d", s, i)}); err != nil {
					return
				}
				acknowledged[s]++
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
	if diff := cmp.Diff(acknowledged, next); diff != "" {
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
