package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// parkedBy parks conversation c for a reason, at an escalationSuccess or a message, with another message behind.
func parkedBy(r *rig, reason store.Reason) (v *escalation.Conversation, number uint64) {
	r.Helper()
	if reason == store.HeadStranded {
		v, number = parkedBy(r, store.HeadRejected)
		repair(r, v, escalation.Repair{Verb: escalation.Skip, Number: number, By: "bob", Why: "no use"})
		number++
	} else {
		v = r.open("c", reason == store.HeadUnknown)
		answer, head := answerRejected, events.Outbound(events.EscalationSuccess{Agent: "Ann"})
		switch reason {
		case store.HeadUnknown:
			answer, head = answerUnknown, text("a")
		case store.HeadTooOld:
			answer = answerLater(5 * time.Minute)
		}
		for range map[store.Reason]int{store.HeadRejected: 1, store.HeadUnknown: 3, store.HeadTooOld: 7}[reason] {
			r.line.next("c", answer)
		}
		number = r.accept(v, head)
		time.Sleep(31 * time.Minute)
		r.accept(v, text("behind"))
	}
	synctest.Wait()
	if p := r.status(v).Park; p.Number != number || p.Reason != reason {
		r.Fatalf("parked %+v", p)
	}
	return v, number
}

func repair(r *rig, v *escalation.Conversation, p escalation.Repair) {
	r.Helper()
	if err := v.Repair(r.Context(), p); err != nil {
		r.Fatal(err)
	}
	synctest.Wait()
}

// TestVerbs puts each verb to each reason.
func TestVerbs(t *testing.T) {
	const rejected, unknown, tooOld, stranded = store.HeadRejected, store.HeadUnknown, store.HeadTooOld, store.HeadStranded
	joined, hello := events.EscalationSuccess{Agent: "Bob"}, text("better")
	for _, tc := range []struct {
		reason  store.Reason
		verb    escalation.Verb
		event   events.Outbound
		refused bool
		results []string
		sent    string // the head as it was sent last; empty: not again
		why     string
	}{
		{rejected, escalation.Retry, nil, false, []string{"1 acknowledged", "2 acknowledged"}, "escalationSuccess", "the other side was mended"},
		{rejected, escalation.Replace, joined, false, []string{"1 acknowledged", "2 acknowledged"}, "escalationSuccess", "a name that is liked"},
		{rejected, escalation.Skip, nil, false, []string{"1 skipped", "2 none"}, "", "what counts on it is stranded, and a person decides again"},
		{rejected, escalation.MarkAcknowledged, nil, false, []string{"1 acknowledged", "2 acknowledged"}, "", "the operator knows better"},
		{rejected, escalation.Abort, nil, false, []string{"1 cancelled", "2 cancelled"}, "", "the round is over"},
		{unknown, escalation.Retry, nil, false, []string{"1 acknowledged", "2 acknowledged", "3 acknowledged"}, "a", "one copy more"},
		{unknown, escalation.Replace, hello, false, []string{"1 acknowledged", "2 acknowledged", "3 acknowledged"}, "better", "other words"},
		{unknown, escalation.Skip, nil, false, []string{"1 acknowledged", "2 skipped", "3 acknowledged"}, "", "the next one needs it not"},
		{unknown, escalation.MarkAcknowledged, nil, false, []string{"1 acknowledged", "2 acknowledged", "3 acknowledged"}, "", "the visitor saw it"},
		{unknown, escalation.Abort, nil, false, []string{"1 acknowledged", "2 cancelled", "3 cancelled"}, "", "the round is over"},
		{tooOld, escalation.Retry, nil, false, []string{"1 acknowledged", "2 acknowledged"}, "escalationSuccess", "it may take its time once more"},
		{tooOld, escalation.Replace, joined, false, []string{"1 acknowledged", "2 acknowledged"}, "escalationSuccess", "another agent"},
		{tooOld, escalation.Skip, nil, false, []string{"1 skipped", "2 none"}, "", "what counts on it is stranded"},
		{tooOld, escalation.MarkAcknowledged, nil, false, []string{"1 acknowledged", "2 acknowledged"}, "", "the operator knows better"},
		{tooOld, escalation.Abort, nil, false, []string{"1 cancelled", "2 cancelled"}, "", "the round is over"},
		{stranded, escalation.Retry, nil, true, []string{"1 skipped", "2 none"}, "", "no agent is connected"},
		{stranded, escalation.Replace, hello, true, []string{"1 skipped", "2 none"}, "", "nor is one for other words"},
		{stranded, escalation.Skip, nil, false, []string{"1 skipped", "2 stranded"}, "", "it says what it counted on"},
		{stranded, escalation.MarkAcknowledged, nil, true, []string{"1 skipped", "2 none"}, "", "it cannot have taken effect"},
		{stranded, escalation.Abort, nil, false, []string{"1 skipped", "2 cancelled"}, "", "the round is over"},
	} {
		t.Run(fmt.Sprint(tc.reason, " ", tc.verb), func(t *testing.T) {
			inBubble(t, nil, func(r *rig) {
				v, number := parkedBy(r, tc.reason)
				before := len(r.line.attempts("c"))
				var refused *escalation.RepairError
				err := v.Repair(r.Context(), escalation.Repair{Verb: tc.verb, Number: number, Event: tc.event, By: "ann", Why: tc.why})
				if errors.As(err, &refused) != tc.refused || err != nil && !tc.refused {
					r.Fatalf("%v: %s", err, tc.why)
				}
				time.Sleep(5 * time.Minute) // the API asked for that before it was too old
				r.equal(tc.why, tc.results, r.results("c"))
				after := r.line.texts("c")[before:]
				if tc.sent != "" && (len(after) == 0 || after[0] != tc.sent) || tc.sent == "" && len(after) > 0 && after[0] != "behind" {
					r.Errorf("sent %q: %s", after, tc.why)
				}
				entries, err := v.History(r.Context(), number-1, 1)
				if err != nil {
					r.Fatal(err)
				}
				want := []store.Repair{{Verb: tc.verb.String(), By: "ann", Why: tc.why}}
				if tc.refused {
					want = nil
				}
				if diff := cmp.Diff(want, entries[0].Repairs, cmpopts.IgnoreFields(store.Repair{}, "At")); diff != "" {
					r.Errorf("what is kept of it (-want +got):\n%s", diff)
				}
				if marked := entries[0].Outcome.Marked; marked != (tc.verb == escalation.MarkAcknowledged && !tc.refused) {
					r.Errorf("marked: %v", marked)
				}
			})
		})
	}
}

// TestRepairIsRefused: with its reason, and nothing changes.
func TestRepairIsRefused(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v, number := parkedBy(r, store.HeadUnknown)
		free := r.open("free", true)
		by := func(p escalation.Repair) escalation.Repair { p.By, p.Why = "ann", "to see"; return p }
		for _, tc := range []struct {
			name string
			v    *escalation.Conversation
			p    escalation.Repair
			want error
		}{
			{"not parked", free, by(escalation.Repair{Verb: escalation.Skip, Number: 1}), escalation.ErrNotParked},
			{"not the head", v, by(escalation.Repair{Verb: escalation.Skip, Number: number + 1}), escalation.ErrNotHead},
			{"another kind", v, by(escalation.Repair{Verb: escalation.Replace, Number: number, Event: events.AgentDisconnect{}}), escalation.ErrOtherKind},
			{"no verb", v, by(escalation.Repair{Number: number}), nil},
			{"nobody", v, escalation.Repair{Verb: escalation.Skip, Number: number, Why: "to see"}, nil},
			{"no reason", v, escalation.Repair{Verb: escalation.Skip, Number: number, By: "ann"}, nil},
			{"an event too many", v, by(escalation.Repair{Verb: escalation.Retry, Number: number, Event: text("x")}), nil},
			{"an event too few", v, by(escalation.Repair{Verb: escalation.Replace, Number: number}), nil},
		} {
			if err := tc.v.Repair(r.Context(), tc.p); err == nil || tc.want != nil && !errors.Is(err, tc.want) {
				r.Errorf("%s: %v", tc.name, err)
			}
		}
		var refusal *rules.Refusal
		if err := v.Repair(r.Context(), by(escalation.Repair{Verb: escalation.Replace, Number: number, Event: text("")})); !errors.As(err, &refusal) {
			r.Errorf("an invalid replacement: %v", err)
		}
		time.Sleep(time.Minute)
		r.parkedAt(v, store.Park{Number: number, Reason: store.HeadUnknown})
		entries, err := v.History(r.Context(), number-1, 1)
		if err != nil || len(entries[0].Repairs) != 0 || label(entries[0].Body) != "a" {
			r.Errorf("%+v, %v", entries, err)
		}
	})
}

// TestStrandedCascade: a success is rejected with messages behind. After Skip they are stranded, the next Accept is refused and
// names the cause at once, and one more Skip takes them all.
func TestStrandedCascade(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", false)
		r.line.next("c", answerRejected)
		r.accept(v, events.EscalationSuccess{}, text("a"), text("b"))
		synctest.Wait()
		if _, err := v.Accept(r.Context(), text("c")); err != nil {
			r.Errorf("while nobody has decided, more may be accepted: %v", err)
		}
		repair(r, v, escalation.Repair{Verb: escalation.Skip, Number: 1, By: "ann", Why: "no use"})
		r.parkedAt(v, store.Park{Number: 2, Reason: store.HeadStranded, Cause: 1})
		var cause *escalation.StrandedError
		if _, err := v.Accept(r.Context(), text("d")); !errors.As(err, &cause) || cause.Cause != 1 {
			r.Errorf("Accept: %v", err)
		}
		repair(r, v, escalation.Repair{Verb: escalation.Skip, Number: 2, By: "ann", Why: "no use"})
		r.equal("results", []string{"1 skipped", "2 stranded", "3 stranded", "4 stranded"}, r.results("c"))
		entries, err := v.History(r.Context(), 1, 3)
		if err != nil {
			r.Fatal(err)
		}
		for _, e := range entries {
			if e.Outcome.Cause != 1 {
				r.Errorf("event %d names %d as its cause", e.Number, e.Outcome.Cause)
			}
		}
		if _, err := v.Send(r.Context(), events.EscalationSuccess{}); err != nil {
			r.Errorf("the visitor can still be served: %v", err)
		}
		if _, err := v.Send(r.Context(), text("at last")); err != nil {
			r.Error(err)
		}
	})
}

// TestWaitersOfAParkedConversation: whoever waits is told, for the head and for what is behind it; whoever waits again
// after the repair gets the result.
func TestWaitersOfAParkedConversation(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", false)
		r.line.meanwhile(func(context.Context, sent) { time.Sleep(time.Second) })
		r.line.next("c", answerRejected)
		answers := make(chan error, 3)
		go func() {
			_, err := v.Send(context.Background(), events.EscalationSuccess{})
			answers <- err
		}()
		synctest.Wait()
		go func() {
			_, err := v.Send(context.Background(), text("a"))
			answers <- err
		}()
		go func() {
			_, err := v.Wait(context.Background(), 1)
			answers <- err
		}()
		time.Sleep(2 * time.Second)
		var parked *escalation.SendError
		told := func(err error) {
			r.Helper()
			want := store.Park{Number: 1, Reason: store.HeadRejected}
			if !errors.As(err, &parked) || parked.Park != want || !parked.Pending() {
				r.Errorf("told %v", err)
			}
		}
		for range 3 {
			select {
			case err := <-answers:
				told(err)
			default:
				r.Fatal("somebody was not told")
			}
		}
		_, err := v.Wait(r.Context(), 2)
		told(err)
		_, err = v.Send(r.Context(), text("b"))
		told(err)
		go func() {
			time.Sleep(time.Millisecond)
			for n := uint64(1); n <= 3; n++ {
				_, err := v.Wait(context.Background(), n)
				answers <- err
			}
		}()
		if err := v.Repair(r.Context(), escalation.Repair{Verb: escalation.Retry, Number: 1, By: "ann", Why: "mended"}); err != nil {
			r.Fatal(err)
		}
		for range 3 {
			if err := <-answers; err != nil {
				r.Error(err)
			}
		}
	})
}

// TestParkedPages: in the order of bot and conversation, page by page, and only those that wait for a person.
func TestParkedPages(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.line.answers(func(q transport.Request) (transport.Result, bool) { return answerRejected, q.ConversationID != "fine" })
		for _, b := range []string{"bot-2", "bot-1"} {
			for _, id := range []string{"b", "fine", "a", "c"} {
				v := r.client.Bot(b).Conversation(id)
				if err := v.Open(r.Context()); err != nil {
					r.Fatal(err)
				}
				r.accept(v, events.EscalationSuccess{})
			}
		}
		synctest.Wait()
		var got []string
		after := store.Key{}
		for pages := 0; ; pages++ {
			page, err := r.client.Parked(r.Context(), after, 2)
			if err != nil {
				r.Fatal(err)
			}
			if len(page) == 0 {
				r.equal("pages", 3, pages)
				break
			}
			for _, v := range page {
				got = append(got, v.BotID()+" "+v.ID())
				after = store.Key{Bot: v.BotID(), Conversation: v.ID()}
			}
		}
		r.equal("parked", []string{"bot-1 a", "bot-1 b", "bot-1 c", "bot-2 a", "bot-2 b", "bot-2 c"}, got)
	})
}

// TestAbortBeginsNothing (G7): nothing of the round is sent after it, and the visitor can begin anew.
func TestAbortBeginsNothing(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v, number := parkedBy(r, store.HeadUnknown)
		repair(r, v, escalation.Repair{Verb: escalation.Abort, Number: number, By: "ann", Why: "enough"})
		before := len(r.line.attempts("c"))
		time.Sleep(time.Hour)
		if n := len(r.line.attempts("c")); n != before {
			r.Errorf("%d attempts after the abort", n-before)
		}
		if s := r.status(r.open("c", true)); s.Round != 2 || s.State.String() != "connected" {
			r.Errorf("%+v", s)
		}
	})
}

// TestEndThatMayHaveArrived: a leave is skipped after unknown attempts. If the visitor asks for an agent the widget
// took it for over, and a new round begins, in the next process as well.
func TestEndThatMayHaveArrived(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprint("restart ", restart), func(t *testing.T) {
			inBubble(t, nil, func(r *rig) {
				v := r.open("c", true)
				r.line.next("c", answerUnknown, answerRejected)
				r.accept(v, events.AgentDisconnect{})
				time.Sleep(time.Minute)
				repair(r, v, escalation.Repair{Verb: escalation.Skip, Number: 2, By: "ann", Why: "stay"})
				if restart {
					if err := r.client.Close(r.Context()); err != nil {
						r.Fatal(err)
					}
					_, r.client = r.process(nil)
				}
				if s := r.status(r.open("c", false)); s.Round != 2 {
					r.Errorf("%+v", s)
				}
			})
		})
	}
}
