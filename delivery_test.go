package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// TestWhatFollowsFromAnOutcome puts each kind of event through each class of outcome, with the times by hand.
func TestWhatFollowsFromAnOutcome(t *testing.T) {
	var (
		update = events.EscalationQueueUpdate{QueuePosition: "3"}
		joined = events.EscalationSuccess{Agent: "Bob"}
		hello  = events.Message{Text: "hello"}
		failed = events.EscalationFailed{}
		left   = events.AgentDisconnect{}
	)
	repeat := func(n int, r transport.Result) []transport.Result { return slices.Repeat([]transport.Result{r}, n) }
	for _, tc := range []struct {
		name    string
		cfg     escalation.Config
		event   events.Outbound
		answers []transport.Result
		at      []time.Duration // of the attempts
		result  store.Result    // 0: parked
		park    store.Reason
		arrived bool // it may have
		twice   bool // it may have arrived more than once
		why     string
	}{
		{name: "message, unknown", event: hello, answers: repeat(1, answerUnknown), at: seconds(0, 5), result: store.Acknowledged,
			arrived: true, twice: true, why: "settle, then again; both may have arrived"},
		{name: "message, unknown twice", event: hello, answers: repeat(2, answerUnknown), at: seconds(0, 5, 15), result: store.Acknowledged,
			arrived: true, twice: true, why: "the wait doubles"},
		{name: "message, unknown three times", event: hello, answers: repeat(3, answerUnknown), at: seconds(0, 5, 15), park: store.HeadUnknown,
			arrived: true, twice: true, why: "three copies are enough"},
		{name: "message, held", cfg: escalation.Config{HoldMessages: true}, event: hello, answers: repeat(1, answerUnknown), at: seconds(0),
			park: store.HeadUnknown, arrived: true, why: "at most once"},
		{name: "message, other settle time", cfg: escalation.Config{Settle: time.Second}, event: hello, answers: repeat(2, answerUnknown),
			at: seconds(0, 1, 3), result: store.Acknowledged, arrived: true, twice: true, why: "the waits follow from it"},
		{name: "message, later", event: hello, answers: repeat(2, answerLater(7*time.Second)), at: seconds(0, 7, 14), result: store.Acknowledged,
			arrived: true, why: "what the API asked for, and no duplicate"},
		{name: "message, much later", event: hello, answers: repeat(1, answerLater(time.Hour)), at: seconds(0, 300), result: store.Acknowledged,
			arrived: true, why: "nobody silences us for longer than five minutes"},
		{name: "message, rejected", event: hello, answers: repeat(1, answerRejected), at: seconds(0), result: store.Rejected,
			why: "dropped, for the next ones do not need it"},
		{name: "message, rejected, halt", cfg: escalation.Config{HaltOnRejected: true}, event: hello, answers: repeat(1, answerRejected),
			at: seconds(0), park: store.HeadRejected, why: "a person wants to look"},
		{name: "message, too old", event: hello, answers: repeat(3, answerLater(5*time.Minute)), at: seconds(0, 300, 600), result: store.Expired,
			why: "an attempt may begin ten minutes after it was accepted, not later"},
		{name: "update, unknown", event: update, answers: repeat(1, answerUnknown), at: seconds(0, 5), result: store.Acknowledged,
			arrived: true, twice: true, why: "resent once"},
		{name: "update, unknown twice", event: update, answers: repeat(2, answerUnknown), at: seconds(0, 5), result: store.Expired,
			arrived: true, twice: true, why: "resent once and no more"},
		{name: "update, rejected", event: update, answers: repeat(1, answerRejected), at: seconds(0), result: store.Rejected, why: "dropped"},
		{name: "update, too old", event: update, answers: repeat(1, answerLater(2*time.Minute)), at: seconds(0), result: store.Expired,
			why: "it is worth nothing after a minute"},
		{name: "update, later", event: update, answers: repeat(1, answerLater(time.Minute)), at: seconds(0, 60), result: store.Acknowledged,
			arrived: true, why: "the minute is not over at its end"},
		{name: "success, unknown", event: joined, answers: repeat(6, answerUnknown), at: seconds(0, 5, 15, 35, 75, 135, 195),
			result: store.Acknowledged, arrived: true, twice: true, why: "5, 10, 20, 40, then 60: everything later needs it"},
		{name: "success, rejected", event: joined, answers: repeat(1, answerRejected), at: seconds(0), park: store.HeadRejected,
			why: "everything later needs it"},
		{name: "success, too old", event: joined, answers: repeat(7, answerLater(5*time.Minute)),
			at: seconds(0, 300, 600, 900, 1200, 1500, 1800), park: store.HeadTooOld, why: "half an hour"},
		{name: "failed, unknown", event: failed, answers: repeat(4, answerUnknown), at: seconds(0, 5, 15, 35, 75), result: store.Acknowledged,
			arrived: true, twice: true, why: "the visitor still waits"},
		{name: "failed, rejected", event: failed, answers: repeat(1, answerRejected), at: seconds(0), park: store.HeadRejected,
			why: "the visitor still waits"},
		{name: "failed, too old", event: failed, answers: repeat(7, answerLater(5*time.Minute)),
			at: seconds(0, 300, 600, 900, 1200, 1500, 1800), park: store.HeadTooOld, why: "the visitor still waits"},
		{name: "left, unknown", event: left, answers: repeat(4, answerUnknown), at: seconds(0, 5, 15, 35, 75), result: store.Acknowledged,
			arrived: true, twice: true, why: "the visitor still talks to nobody"},
		{name: "left, rejected", event: left, answers: repeat(1, answerRejected), at: seconds(0), park: store.HeadRejected,
			why: "the visitor still talks to nobody"},
		{name: "left, too old", event: left, answers: repeat(7, answerLater(5*time.Minute)),
			at: seconds(0, 300, 600, 900, 1200, 1500, 1800), park: store.HeadTooOld, why: "the visitor still talks to nobody"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, &tc.cfg, func(r *rig) {
				connected := tc.event.Kind() == events.KindMessage || tc.event.Kind() == events.KindAgentDisconnect
				v := r.open("c", connected)
				r.line.next("c", tc.answers...)
				result, err := v.Send(r.Context(), tc.event)
				var failure *escalation.SendError
				switch {
				case tc.result == store.Acknowledged:
					if err != nil || result.MayBeDuplicate != tc.twice || result.Attempts != len(tc.at) {
						r.Errorf("got %+v, %v: %s", result, err, tc.why)
					}
				case !errors.As(err, &failure):
					r.Fatalf("got %+v, %v: %s", result, err, tc.why)
				default:
					r.equal(tc.why, []any{tc.result, tc.park, tc.arrived, len(tc.at)},
						[]any{failure.Result, failure.Park.Reason, failure.MayHaveArrived, failure.Attempts})
				}
				r.equal("attempts: "+tc.why, tc.at, r.line.times("c", label(encode(r, tc.event))))
			})
		})
	}
}

func encode(r *rig, e events.Outbound) []byte {
	r.Helper()
	bytes, err := events.Request{ConversationID: "c", Event: e}.Encode()
	if err != nil {
		r.Fatal(err)
	}
	return bytes
}

// TestNotSentIsFree: the wait is drawn below a bound that doubles from a quarter of a second, and nothing counts.
func TestNotSentIsFree(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		r.line.next("c", answerNotSent, answerNotSent, answerNotSent, answerNotSent)
		result, err := v.Send(r.Context(), text("hello"))
		if err != nil || result.MayBeDuplicate || result.Attempts != 5 {
			r.Fatalf("got %+v, %v", result, err)
		}
		at := r.line.times("c", "hello")
		for i, bound := range seconds(0.25, 0.5, 1, 2) {
			if wait := at[i+1] - at[i]; wait < 0 || wait > bound+time.Microsecond {
				r.Errorf("waited %v after attempt %d, bound %v", wait, i+1, bound)
			}
		}
	})
}

// TestSettleHoldsBackSuccessors (G5): what was resolved after an unknown outcome still holds back what comes next.
func TestSettleHoldsBackSuccessors(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", false)
		r.line.next("c", answerUnknown)
		r.accept(v, events.EscalationQueueUpdate{QueuePosition: "3"})
		synctest.Wait()
		r.accept(v, events.EscalationQueueUpdate{QueuePosition: "2"}) // supersedes the first at once
		time.Sleep(time.Minute)
		want := []sent{{0, "c", "escalationQueueUpdate 3"}, {5 * time.Second, "c", "escalationQueueUpdate 2"}}
		r.equal("attempts", want, r.line.attempts("c"))
		r.equal("results", []string{"1 superseded", "2 acknowledged"}, r.results("c"))
	})
}

// TestNextOnlyAfterTheOneBefore (G4): a burst arrives one by one, in order, each after the final result of the one
// before. The line checks that no two are under way.
func TestNextOnlyAfterTheOneBefore(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		r.line.meanwhile(func(context.Context, sent) { time.Sleep(time.Second) })
		r.line.next("c", acknowledged, answerUnknown, answerRejected)
		want := []string{"escalationSuccess"}
		var last uint64
		for i := range 10 {
			last = r.accept(v, text("%d", i))
			want = append(want, fmt.Sprint(i))
			if i == 1 {
				want = append(want[:2], "1", "1") // again
			}
		}
		if _, err := v.Wait(r.Context(), last); err != nil {
			r.Fatal(err)
		}
		want = []string{"escalationSuccess", "0", "1", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
		r.equal("order", want, r.line.texts("c"))
		r.equal("times of the second", seconds(1, 7), r.line.times("c", "1"))
	})
}

// TestNoMessageBeforeSuccessIsAcknowledged (G6): a message that was accepted after a success waits for it.
func TestNoMessageBeforeSuccessIsAcknowledged(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", false)
		r.line.next("c", answerUnknown, answerUnknown)
		r.accept(v, events.EscalationSuccess{}, text("hello"))
		time.Sleep(time.Minute)
		want := []sent{{0, "c", "escalationSuccess"}, {5 * time.Second, "c", "escalationSuccess"},
			{15 * time.Second, "c", "escalationSuccess"}, {15 * time.Second, "c", "hello"}}
		r.equal("attempts", want, r.line.attempts("c"))
	})
}

// TestVisitorsEndCancels (G7): the attempt under way may land, nothing else begins, and a new round does.
func TestVisitorsEndCancels(t *testing.T) {
	for _, tc := range []struct {
		name    string
		answer  transport.Result
		results []string
		why     string
	}{
		{"it landed", acknowledged, []string{"1 acknowledged", "2 acknowledged", "3 cancelled"}, "what the API said counts"},
		{"it did not", answerNotSent, []string{"1 acknowledged", "2 cancelled", "3 cancelled"}, "nobody needs it any more"},
		{"who knows", answerUnknown, []string{"1 acknowledged", "2 cancelled", "3 cancelled"}, "it is not sent again"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, nil, func(r *rig) {
				v := r.open("c", true)
				r.line.meanwhile(func(context.Context, sent) { time.Sleep(time.Second) })
				r.line.next("c", tc.answer)
				r.accept(v, text("one"), text("two"))
				time.Sleep(time.Millisecond)
				if err := v.VisitorEnded(r.Context()); err != nil {
					r.Fatal(err)
				}
				time.Sleep(time.Hour)
				r.equal(tc.why, tc.results, r.results("c"))
				r.equal("attempts", []string{"escalationSuccess", "one"}, r.line.texts("c"))
				r.open("c", false)
				if s := r.status(v); s.Round != 2 || s.Pending != 0 {
					r.Errorf("status %+v", s)
				}
			})
		})
	}
}

// TestOneResultEach (G8): whatever happens, every event gets one final result, and observers hear it once.
func TestOneResultEach(t *testing.T) {
	heard := map[uint64]int{}
	cfg := &escalation.Config{Observers: []escalation.Observer{func(_ context.Context, o escalation.Observation) {
		if o.Occasion == escalation.Resolved {
			heard[o.Number]++ // calls for one conversation come one at a time
		}
	}}}
	inBubble(t, cfg, func(r *rig) {
		v := r.open("c", true)
		r.line.next("c", answerUnknown, acknowledged, answerRejected, answerNotSent, answerLater(time.Second), answerUnknown, answerUnknown)
		for i := range 6 {
			r.accept(v, text("%d", i))
		}
		time.Sleep(time.Hour)
		r.equal("results", []string{"1 acknowledged", "2 acknowledged", "3 rejected", "4 acknowledged", "5 acknowledged",
			"6 acknowledged", "7 acknowledged"}, r.results("c"))
		r.equal("heard", map[uint64]int{1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 7: 1}, heard)
	})
}

// TestStuckDelaysNoOther (G10): neither one that is parked nor one that waits nor one that hangs.
func TestStuckDelaysNoOther(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		parked, waits, hangs, free := r.open("parked", false), r.open("waits", true), r.open("hangs", true), r.open("free", true)
		r.line.next("parked", answerRejected)
		r.line.next("waits", answerUnknown)
		r.line.meanwhile(func(_ context.Context, s sent) {
			if s.Conv == "hangs" {
				time.Sleep(time.Hour)
			}
		})
		r.accept(parked, events.EscalationSuccess{})
		r.accept(waits, text("a"))
		r.accept(hangs, text("a"))
		synctest.Wait()
		if _, err := free.Send(r.Context(), text("a")); err != nil {
			r.Fatal(err)
		}
		r.equal("attempts", seconds(0), r.line.times("free", "a"))
		r.parkedAt(parked, store.Park{Number: 1, Reason: store.HeadRejected})
		time.Sleep(2 * time.Hour)
	})
}

// TestTwentyInARow: with room for one attempt a conversation with a long queue lets another one in after twenty.
func TestTwentyInARow(t *testing.T) {
	inBubble(t, &escalation.Config{MaxAttempts: 1}, func(r *rig) {
		long, other := r.open("long", true), r.open("other", true)
		r.line.meanwhile(func(context.Context, sent) { time.Sleep(time.Second) })
		for i := range 50 {
			r.accept(long, text("%d", i))
		}
		r.accept(other, text("at last"))
		time.Sleep(time.Hour)
		got := r.line.attempts("")
		if at := r.line.times("other", "at last"); len(at) != 1 || at[0] > 21*time.Second {
			r.Errorf("the other one had its turn at %v", at)
		}
		for i := 1; i < len(got); i++ {
			if got[i].At > 0 && got[i].At-got[i-1].At > time.Second {
				r.Errorf("nothing was sent between %v and %v", got[i-1].At, got[i].At)
			}
		}
		if n := len(r.line.attempts("long")); n != 51 {
			r.Errorf("%d attempts", n)
		}
	})
}

// TestMaxAttempts: never more at once, and all are made.
func TestMaxAttempts(t *testing.T) {
	inBubble(t, &escalation.Config{MaxAttempts: 3}, func(r *rig) {
		under, most := make(chan struct{}, 100), 0
		r.line.meanwhile(func(context.Context, sent) {
			under <- struct{}{}
			r.line.mu.Lock()
			most = max(most, len(under))
			r.line.mu.Unlock()
			time.Sleep(time.Second)
			<-under
		})
		for i := range 20 {
			r.accept(r.open(fmt.Sprint("c", i), false), events.EscalationSuccess{})
		}
		time.Sleep(8 * time.Second)
		if n := len(r.line.attempts("")); n != 20 || most != 3 {
			r.Errorf("%d attempts, %d at once", n, most)
		}
	})
}

// TestWaitingGoesFirst (G10): a conversation that found no room for an attempt has its turn before those that come later, also
// if they come at the moment when there is room.
func TestWaitingGoesFirst(t *testing.T) {
	inBubble(t, &escalation.Config{MaxAttempts: 1}, func(r *rig) {
		var all []*escalation.Conversation
		for i := range 5 {
			all = append(all, r.open(fmt.Sprint("c", i), false))
		}
		r.line.meanwhile(func(context.Context, sent) { time.Sleep(time.Second) })
		r.faults.mu.Lock()
		r.faults.slow = func(c storeCall) time.Duration {
			if c.Method == "Claim" {
				return 10 * time.Millisecond
			}
			return 0
		}
		r.faults.mu.Unlock()
		began := time.Now()
		for i, at := range []time.Duration{0, 500, 1005, 2015, 3025} { // milliseconds; all but the first two while one is claimed
			time.Sleep(time.Until(began.Add(at * time.Millisecond)))
			r.accept(all[i], events.EscalationSuccess{})
		}
		time.Sleep(5 * time.Second)
		var order []string
		for _, s := range r.line.attempts("") {
			order = append(order, s.Conv)
		}
		r.equal("order", []string{"c0", "c1", "c2", "c3", "c4"}, order)
	})
}

// TestDrainsAfterFaultsStop (G16): however the line failed before, everything is delivered within a minute and a half of the
// last fault: the longest wait after an unknown outcome is a minute, the longest between two probes half of one.
func TestDrainsAfterFaultsStop(t *testing.T) {
	for _, answer := range []transport.Result{answerUnknown, answerNotSent, answerBadKey, answerLater(20 * time.Second)} {
		t.Run(answer.Class.String(), func(t *testing.T) {
			inBubble(t, nil, func(r *rig) {
				var all []*escalation.Conversation
				for i := range 30 {
					all = append(all, r.open(fmt.Sprint("c", i), false))
				}
				r.line.answers(func(transport.Request) (transport.Result, bool) { return answer, true })
				for _, v := range all {
					r.accept(v, events.EscalationSuccess{}, text("1"), text("2"))
				}
				time.Sleep(9 * time.Minute)
				r.line.answers(nil)
				time.Sleep(90 * time.Second)
				for _, v := range all {
					r.equal(v.ID(), []string{"1 acknowledged", "2 acknowledged", "3 acknowledged"}, r.results(v.ID()))
				}
			})
		})
	}
}
