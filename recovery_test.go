package escalation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
)

// story is a round with a webhook of each kind, told by a process that may end anywhere. It returns which events were
// accepted: those that the caller was told of.
func story(r *rig, c *escalation.Client, repeated bool) (told []string) {
	inbound := func(k events.Kind) {
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		_ = c.ReceiveOnce(ctx, events.Envelope{BotID: bot, ConversationID: "c", Event: samples[k].event.(events.Inbound)}, k.String())
	}
	accept := func(name string, e events.Outbound) {
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		receipt, err := c.Conversation("c").Accept(ctx, e, escalation.WithKey(name))
		if err == nil && (repeated || !receipt.Repeated) {
			told = append(told, name)
		}
	}
	inbound(events.KindWidgetEscalate)
	accept("joined", events.EscalationSuccess{})
	accept("1", text("1"))
	time.Sleep(time.Second)
	inbound(events.KindWidgetMessage)
	accept("2", text("2"))
	accept("3", text("3"))
	time.Sleep(time.Second)
	accept("left", events.AgentDisconnect{})
	time.Sleep(time.Second)
	return told
}

// TestProcessEndsAnywhere: a process ends before or after each of its commits. The next one, with nothing but Start, loses nothing that
// a caller was told of (G1), keeps the order (G4), counts what was begun as unknown (G9), and hands every webhook that
// was stored to the host (G12). The rest of the story, told again, finds its place by key and delivery id.
func TestProcessEndsAnywhere(t *testing.T) {
	for _, lost := range []bool{false, true} {
		n, total := 0, 0 // the first time nothing fails
		for ; n <= total; n++ {
			t.Run(fmt.Sprintf("commit %d lost %v", n, lost), func(t *testing.T) {
				var taken []events.Kind
				cfg := &escalation.Config{OnInbound: func(_ context.Context, in escalation.Inbound) error {
					taken = append(taken, in.Event.Kind())
					return nil
				}}
				inBubble(t, cfg, func(r *rig) {
					r.line.next("c", acknowledged, answerUnknown)
					dead := false
					end := func(c storeCall) error {
						if dead = dead || n > 0 && c.N == n; dead {
							return errDown
						}
						return nil
					}
					if lost {
						// What comes after the one that took effect does not.
						r.faults.fail(func(storeCall) error {
							if dead {
								return errDown
							}
							return nil
						}, end)
					} else {
						r.faults.fail(end, nil)
					}
					told := story(r, r.client, false)
					if n == 0 {
						total = r.faults.commits()
					}
					ctx, cancel := context.WithTimeout(r.Context(), time.Second)
					_ = r.client.Close(ctx)
					cancel()

					s, err := r.mem.Load(r.Context(), store.Key{Bot: bot, Conversation: "c"}, store.Query{})
					if err != nil {
						r.Fatal(err)
					}
					left := s.Conversation.Lane
					_, next := r.process(cfg)
					if err := next.Start(r.Context()); err != nil {
						r.Fatal(err)
					}
					time.Sleep(time.Minute)
					r.client = next
					if left.Attempting() {
						entries, err := r.mem.History(r.Context(), store.Key{Bot: bot, Conversation: "c"}, left.Pending[0].Number-1, 1)
						if err != nil || entries[0].Unknown <= left.Pending[0].Unknown {
							r.Errorf("the attempt that was left is not counted as unknown: %+v, %v", entries, err)
						}
					}
					for i, name := range told {
						receipt, err := next.Conversation("c").Accept(r.Context(), what(name), escalation.WithKey(name))
						if err != nil || !receipt.Repeated || receipt.Number != uint64(i+1) {
							r.Errorf("%s was accepted as %d, now %+v, %v", name, i+1, receipt, err)
						}
					}
					if s := r.status(r.conv("c")); s.Pending != 0 || s.Inbox != 0 || s.Park.Reason != 0 {
						r.Errorf("Start did not take up everything: %+v", s)
					}
					r.equal("the story told again", []string{"joined", "1", "2", "3", "left"}, story(r, next, true))
					time.Sleep(time.Minute)
					r.equal("results", []string{"1 acknowledged", "2 acknowledged", "3 acknowledged", "4 acknowledged", "5 acknowledged"},
						r.results("c"))
					r.equal("order", []string{"escalationSuccess", "1", "2", "3", "agentDisconnect"}, slices.Compact(r.line.texts("c")))
					// At most once more, if the process ended after the host took it and before that was stored.
					if got := slices.Compact(slices.Clone(taken)); !slices.Equal(got, []events.Kind{events.KindWidgetEscalate, events.KindWidgetMessage}) {
						r.Errorf("webhooks: %v", taken)
					}
				})
			})
		}
		if total < 10 {
			t.Errorf("only %d commits", total)
		}
	}
}

// what is the event of the story with a name.
func what(name string) events.Outbound {
	switch name {
	case "joined":
		return events.EscalationSuccess{}
	case "left":
		return events.AgentDisconnect{}
	}
	return text("%s", name)
}

// commits is how many commits there were.
func (f *failing) commits() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// abandon leaves a conversation behind with an attempt under way and one event behind it, and returns the next process.
func abandon(r *rig, cfg *escalation.Config) *escalation.Client {
	v := r.open("c", true)
	r.line.meanwhile(func(_ context.Context, s sent) {
		if s.What == "a" && s.At == 0 {
			r.faults.down(true)
		}
	})
	r.accept(v, text("a"))
	_, _ = v.Accept(r.Context(), text("b"))
	time.Sleep(time.Second)
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	_ = r.client.Close(ctx)
	_, r.client = r.process(cfg)
	return r.client
}

// TestWhoTakesUp: Start, or the first call that changes something in whatever conversation; a call that only reads
// does not.
func TestWhoTakesUp(t *testing.T) {
	for _, tc := range []struct {
		name string
		call func(r *rig) error
		at   []time.Duration
		why  string
	}{
		{"Start", func(r *rig) error { return r.client.Start(r.Context()) }, seconds(0, 6), "it is what Start is for"},
		{"Open of another", func(r *rig) error { return r.conv("other").Open(r.Context()) }, seconds(0, 6), "the first call does it"},
		{"Wait", func(r *rig) error { _, err := r.conv("c").Wait(r.Context(), 2); return err }, seconds(0, 6), "nobody would ever answer otherwise"},
		{"Status", func(r *rig) error { _, err := r.conv("c").Status(r.Context()); return err }, seconds(0), "a tool may look without sending"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, nil, func(r *rig) {
				abandon(r, nil)
				if err := tc.call(r); err != nil {
					r.Fatal(err)
				}
				time.Sleep(time.Minute)
				r.equal(tc.why, tc.at, r.line.times("c", "a"))
			})
		})
	}
}

// TestStartTellsOfTheStore: and a later call makes up for it.
func TestStartTellsOfTheStore(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.faults.down(true)
		if err := r.client.Start(r.Context()); err == nil || !strings.Contains(err.Error(), errDown.Error()) {
			r.Errorf("Start says %v", err)
		}
		r.faults.down(false)
		for range 2 { // repeating it is harmless
			if err := r.client.Start(r.Context()); err != nil {
				r.Error(err)
			}
		}
	})
}

// TestRestartWhileParked: nobody is sent anything, and the repair is for the next process as well.
func TestRestartWhileParked(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", false)
		r.line.next("c", answerRejected)
		r.accept(v, events.EscalationSuccess{}, text("a"))
		time.Sleep(time.Second)
		if err := r.client.Close(r.Context()); err != nil {
			r.Fatal(err)
		}
		_, r.client = r.process(nil)
		if err := r.client.Start(r.Context()); err != nil {
			r.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		v = r.conv("c")
		r.parkedAt(v, store.Park{Number: 1, Reason: store.HeadRejected})
		r.equal("attempts", []string{"escalationSuccess"}, r.line.texts("c"))
		if err := v.Repair(r.Context(), escalation.Repair{Verb: escalation.Retry, Number: 1, By: "ann", Why: "mended"}); err != nil {
			r.Fatal(err)
		}
		time.Sleep(time.Second)
		r.equal("results", []string{"1 acknowledged", "2 acknowledged"}, r.results("c"))
	})
}
