package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

// TestNumbersHaveNoGap (G2, G3): bursts of allowed and refused events to one conversation from many callers. The
// numbers are 2, 3, 4, …, nothing refused is stored, and the order on the line is that of the numbers.
func TestNumbersHaveNoGap(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		const callers, each = 20, 10
		v := r.open("c", true)
		byNumber := make([]string, callers*each)
		answers := make(chan func(), callers*each*2)
		for i := range callers {
			go func() {
				for j := range each {
					name := fmt.Sprintf("%d/%d", i, j)
					receipt, err := v.Accept(context.Background(), text("%s", name))
					answers <- func() {
						if err != nil || receipt.Number < 2 || receipt.Number > callers*each+1 {
							r.Errorf("%+v, %v", receipt, err)
							return
						}
						byNumber[receipt.Number-2] = name
					}
					_, refused := v.Accept(context.Background(), events.EscalationFailed{}) // not while an agent is connected
					answers <- func() {
						if refusal := (*rules.Refusal)(nil); !errors.As(refused, &refusal) {
							r.Errorf("escalationFailed: %v", refused)
						}
					}
				}
			}()
		}
		for range cap(answers) {
			(<-answers)()
		}
		time.Sleep(time.Minute)
		if slices.Contains(byNumber, "") {
			r.Errorf("the numbers have gaps: %q", byNumber)
		}
		r.equal("order", append([]string{"escalationSuccess"}, byNumber...), r.line.texts("c"))
		next := map[string]string{}
		for _, name := range byNumber { // a caller's own events keep their order
			who, which, _ := strings.Cut(name, "/")
			if which <= next[who] && next[who] != "" {
				r.Errorf("%s after %s/%s", name, who, next[who])
			}
			next[who] = which
		}
		if n := len(r.results("c")); n != callers*each+1 {
			r.Errorf("%d entries", n)
		}
	})
}

// TestRefusedIsNotStored (G3): whatever refuses it.
func TestRefusedIsNotStored(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		never, v := r.conv("never opened"), r.open("c", false)
		ended, cancel := context.WithCancel(r.Context())
		cancel()
		for _, tc := range []struct {
			name string
			v    *escalation.Conversation
			ctx  context.Context
			e    events.Outbound
			opts []escalation.Option
			want any
			why  string
		}{
			{"never opened", never, r.Context(), events.EscalationSuccess{}, nil, new(*rules.Refusal), "no visitor asked for an agent"},
			{"no agent yet", v, r.Context(), text("a"), nil, new(*rules.Refusal), "the guard says no"},
			{"invalid", v, r.Context(), events.EscalationQueueUpdate{QueuePosition: "first"}, nil, new(*rules.Refusal), "a rule says no"},
			{"no event", v, r.Context(), nil, nil, new(*rules.Refusal), "there is nothing to send"},
			{"another round", v, r.Context(), events.EscalationSuccess{}, []escalation.Option{escalation.ForRound(2)},
				new(*escalation.RoundError), "it was written for another one"},
			{"round 0", v, r.Context(), events.EscalationSuccess{}, []escalation.Option{escalation.ForRound(0)},
				new(*escalation.RoundError), "the caller saw it before it was opened"},
			{"bad id", r.conv(""), r.Context(), events.EscalationSuccess{}, nil, new(*events.InvalidError), "nothing could carry it"},
			{"long key", v, r.Context(), events.EscalationSuccess{}, []escalation.Option{escalation.WithKey(strings.Repeat("k", 256))}, nil,
				"a key is no document"},
			{"ctx over", v, ended, events.EscalationSuccess{}, nil, nil, "the caller is gone"},
		} {
			receipt, err := tc.v.Accept(tc.ctx, tc.e, tc.opts...)
			if err == nil || tc.want != nil && !errors.As(err, tc.want) {
				r.Errorf("%s: %+v, %v (%T), want %T: %s", tc.name, receipt, err, err, tc.want, tc.why)
			}
			if tc.ctx == ended && !errors.Is(err, context.Canceled) {
				r.Errorf("%s: %v: %s", tc.name, err, tc.why)
			}
		}
		time.Sleep(time.Minute)
		if got := append(r.results("c"), r.results("never opened")...); len(got) != 0 || len(r.line.attempts("")) != 0 {
			r.Errorf("stored: %q", got)
		}
		if s := r.status(v); s.Last != 0 || s.Accepted != s.State {
			r.Errorf("%+v", s)
		}
	})
}

// TestHostCommitsMeanwhile (G3, G20): while an attempt is under way, and the conversation in memory therefore, the host accepts
// an event in a transaction of its own. Every call knows of it at once.
func TestHostCommitsMeanwhile(t *testing.T) {
	calls := map[string]func(*rig, *escalation.Conversation) error{
		"Accept":  func(r *rig, v *escalation.Conversation) error { _, err := v.Accept(r.Context(), text("a")); return err },
		"Explain": func(r *rig, v *escalation.Conversation) error { return v.Explain(r.Context(), text("a")) },
		"Status": func(r *rig, v *escalation.Conversation) error {
			if s := r.status(v); s.Accepted != fsm.Connected || s.Pending != 2 {
				return fmt.Errorf("%+v", s)
			}
			return nil
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(r *rig) {
				r.line.meanwhile(func(context.Context, sent) { time.Sleep(10 * time.Second) })
				v := r.open("c", false)
				r.accept(v, events.EscalationQueueUpdate{QueuePosition: "1"})
				if _, err := v.AcceptIn(r.Context(), r.mem, events.EscalationSuccess{}); err != nil {
					r.Fatal(err)
				}
				if err := call(r, v); err != nil {
					r.Error(err)
				}
			})
		})
	}
}

// TestAcceptedStateRunsAhead: an agent can connect and write before the network knows of it.
func TestAcceptedStateRunsAhead(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", false)
		r.line.meanwhile(func(context.Context, sent) { time.Sleep(time.Second) })
		r.accept(v, events.EscalationSuccess{}, text("a"), events.AgentDisconnect{})
		if time.Since(r.start) != 0 {
			r.Errorf("Accept waited %v", time.Since(r.start))
		}
		if err := v.Explain(r.Context(), text("b")); err == nil {
			r.Error("a message is allowed after the agent's leave was accepted")
		}
		if s := r.status(v); s.State.String() != "pending" || s.Accepted.String() != "ended" || s.Pending != 3 || s.Last != 3 {
			r.Errorf("%+v", s)
		}
		time.Sleep(time.Minute)
		if s := r.status(v); s.State != s.Accepted || s.Pending != 0 {
			r.Errorf("%+v", s)
		}
	})
}

// TestKeys (G14): one entry and one answer for a key, whatever happened meanwhile.
func TestKeys(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		hold := make(chan struct{})
		r.line.meanwhile(func(context.Context, sent) { <-hold })
		first, err := v.Accept(r.Context(), text("a"), escalation.WithKey("k"))
		if err != nil || first.Repeated {
			r.Fatal(first, err)
		}
		repeated := func(when string) {
			r.Helper()
			want := first
			want.Repeated = true
			if got, err := r.conv("c").Accept(r.Context(), text("a"), escalation.WithKey("k")); err != nil || got != want {
				r.Errorf("%s: %+v, %v", when, got, err)
			}
			var other *escalation.KeyError
			if got, err := r.conv("c").Accept(r.Context(), text("b"), escalation.WithKey("k")); !errors.As(err, &other) || other.Number != 2 {
				r.Errorf("%s, another body: %+v, %v", when, got, err)
			}
			if got, err := r.conv("c").Accept(r.Context(), events.AgentDisconnect{}, escalation.WithKey("k")); !errors.As(err, &other) {
				r.Errorf("%s, another kind: %+v, %v", when, got, err)
			}
		}
		repeated("while it is sent")
		close(hold)
		r.line.meanwhile(nil)
		synctest.Wait()
		repeated("after it was acknowledged")
		if res, err := v.Send(r.Context(), text("a"), escalation.WithKey("k")); err != nil || res.Number != 2 {
			r.Errorf("Send gives %+v, %v", res, err)
		}
		r.accept(r.open("d", true), text("elsewhere"))
		if got, err := r.conv("d").Accept(r.Context(), text("b"), escalation.WithKey("k")); err != nil || got.Repeated {
			r.Errorf("another conversation: %+v, %v", got, err)
		}
		if err := v.VisitorEnded(r.Context()); err != nil {
			r.Fatal(err)
		}
		repeated("after the round, where a message is refused otherwise")
		if err := r.client.Close(r.Context()); err != nil {
			r.Fatal(err)
		}
		_, r.client = r.process(nil)
		repeated("after a restart")
		r.equal("attempts", []string{"escalationSuccess", "a"}, r.line.texts("c"))
	})
}

// TestKeyAtOnce (G14): many callers with one key at the same moment; one is first, and all have the same number.
func TestKeyAtOnce(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		answers := make(chan escalation.Receipt, 50)
		for range cap(answers) {
			go func() {
				receipt, err := v.Accept(context.Background(), text("a"), escalation.WithKey("k"))
				if err != nil {
					t.Error(err)
				}
				answers <- receipt
			}()
		}
		first := 0
		for range cap(answers) {
			receipt := <-answers
			if receipt.Number != 2 {
				r.Errorf("%+v", receipt)
			}
			if !receipt.Repeated {
				first++
			}
		}
		synctest.Wait()
		if texts := r.line.texts("c"); first != 1 || len(texts) != 2 {
			r.Errorf("%d were first; sent %q", first, texts)
		}
	})
}

// TestKeyOfWhatFailed (G14): Send under the key of an event that has its final result tells that result.
func TestKeyOfWhatFailed(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		r.line.next("c", answerRejected)
		for range 2 {
			var failed *escalation.SendError
			if _, err := v.Send(r.Context(), text("a"), escalation.WithKey("k")); !errors.As(err, &failed) ||
				failed.Result.String() != "rejected" || failed.Status != 400 || failed.Number != 2 {
				r.Errorf("%v", err)
			}
		}
		r.equal("attempts", []string{"escalationSuccess", "a"}, r.line.texts("c"))
	})
}

// TestForRound: an answer that was written for the round before does not reach the next visitor.
func TestForRound(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		if receipt, err := v.Accept(r.Context(), text("a"), escalation.ForRound(1)); err != nil || receipt.Round != 1 {
			r.Errorf("%+v, %v", receipt, err)
		}
		synctest.Wait()
		if err := v.VisitorEnded(r.Context()); err != nil {
			r.Fatal(err)
		}
		r.open("c", true)
		var other *escalation.RoundError
		if _, err := v.Accept(r.Context(), text("b"), escalation.ForRound(1)); !errors.As(err, &other) || other.Current != 2 || other.Round != 1 {
			r.Errorf("%v", err)
		}
		if _, err := v.Accept(r.Context(), text("b"), escalation.ForRound(2)); err != nil {
			r.Error(err)
		}
	})
}

// TestFull: events beyond MaxPending are refused, and taken again when there is room. A repeat under a key needs none.
func TestFull(t *testing.T) {
	inBubble(t, &escalation.Config{MaxPending: 3}, func(r *rig) {
		v := r.open("c", true)
		r.line.meanwhile(func(context.Context, sent) { time.Sleep(time.Second) })
		r.accept(v, text("1"), text("2"))
		if _, err := v.Accept(r.Context(), text("3"), escalation.WithKey("k")); err != nil {
			r.Fatal(err)
		}
		var full *escalation.FullError
		if _, err := v.Accept(r.Context(), text("4")); !errors.As(err, &full) || full.Pending != 3 {
			r.Errorf("%v", err)
		}
		if err := v.Explain(r.Context(), text("4")); !errors.As(err, &full) {
			r.Errorf("Explain: %v", err)
		}
		if receipt, err := v.Accept(r.Context(), text("3"), escalation.WithKey("k")); err != nil || receipt.Number != 4 {
			r.Errorf("%+v, %v", receipt, err)
		}
		time.Sleep(1500 * time.Millisecond)
		if number := r.accept(v, text("4")); number != 5 {
			r.Errorf("number %d", number)
		}
		time.Sleep(time.Minute)
		r.equal("attempts", []string{"escalationSuccess", "1", "2", "3", "4"}, r.line.texts("c"))
	})
}

// TestQueueUpdatesAreSuperseded: while one is under way, of those that wait only the newest is sent.
func TestQueueUpdatesAreSuperseded(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", false)
		r.line.meanwhile(func(context.Context, sent) { time.Sleep(time.Second) })
		waits := make(chan error, 1)
		for i := range 5 {
			number := r.accept(v, events.EscalationQueueUpdate{QueuePosition: fmt.Sprint(9 - i)})
			if i == 2 {
				go func() {
					_, err := v.Wait(context.Background(), number)
					waits <- err
				}()
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Minute)
		r.equal("attempts", []string{"escalationQueueUpdate 9", "escalationQueueUpdate 5"}, r.line.texts("c"))
		r.equal("results", []string{"1 acknowledged", "2 superseded", "3 superseded", "4 superseded", "5 acknowledged"}, r.results("c"))
		var failed *escalation.SendError
		if err := <-waits; !errors.As(err, &failed) || failed.Result.String() != "superseded" || failed.Cause != 4 || failed.MayHaveArrived {
			r.Errorf("%v", err)
		}
	})
}

// TestSendLeavesTheEvent: the context of Send bounds the wait, not the delivery; the error says where it stands.
func TestSendLeavesTheEvent(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		r.line.meanwhile(func(context.Context, sent) { time.Sleep(10 * time.Second) })
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		var left *escalation.SendError
		if _, err := v.Send(ctx, text("a")); !errors.As(err, &left) || !left.Pending() || left.Number != 2 || left.Attempts != 1 ||
			!left.MayHaveArrived || !errors.Is(err, context.DeadlineExceeded) {
			r.Errorf("%v", err)
		}
		if time.Since(r.start) != time.Second {
			r.Errorf("after %v", time.Since(r.start))
		}
		if res, err := v.Wait(r.Context(), 2); err != nil || res.Attempts != 1 {
			r.Errorf("%+v, %v", res, err)
		}
		if _, err := v.Wait(r.Context(), 3); !errors.Is(err, escalation.ErrNoEvent) {
			r.Errorf("Wait for what is not there: %v", err)
		}
		if _, err := v.Wait(r.Context(), 0); !errors.Is(err, escalation.ErrNoEvent) {
			r.Errorf("Wait for number 0: %v", err)
		}
	})
}
