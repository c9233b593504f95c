package escalation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// badKey refuses the key of a bot; any other bot is served.
func badKey(bot string) func(transport.Request) (transport.Result, bool) {
	return func(r transport.Request) (transport.Result, bool) { return answerBadKey, r.BotID == bot }
}

// paused makes a rig with a bot whose key stops working in the middle of n conversations, each of which then has two
// events to send.
func paused(r *rig, n int) (all []*escalation.Conversation) {
	for i := range n {
		all = append(all, r.open(fmt.Sprint("c", i), true))
	}
	r.line.answers(badKey(bot))
	for _, v := range all {
		r.accept(v, text("1"), text("2"))
	}
	time.Sleep(100 * time.Millisecond)
	return all
}

// delivered fails the test unless both events of each conversation arrived, in order, and cost nothing.
func delivered(r *rig, all []*escalation.Conversation) {
	r.Helper()
	for _, v := range all {
		entries, err := v.History(r.Context(), 0, 10)
		if err != nil {
			r.Fatal(err)
		}
		for _, e := range entries {
			if e.Outcome.Result != store.Acknowledged || e.Unknown != 0 || e.Free != 0 {
				r.Errorf("%s: %d: %v, %d unknown, %d free", v.ID(), e.Number, e.Outcome.Result, e.Unknown, e.Free)
			}
		}
		r.equal(v.ID(), []string{"escalationSuccess", "1", "2"}, slices.Compact(r.line.texts(v.ID())))
	}
}

// TestBadKeyPausesOneBot (G11): nothing ages and nothing is spent, however long it takes; other bots go on; when the
// key is right a probe finds out within half a minute, and everything goes out in order.
func TestBadKeyPausesOneBot(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		all := paused(r, 40)
		other := r.client.Bot("bot-2").Conversation("other")
		if err := other.Open(r.Context()); err != nil {
			r.Fatal(err)
		}
		began := time.Now()
		if _, err := other.Send(r.Context(), events.EscalationSuccess{}); err != nil || time.Since(began) != 0 {
			r.Errorf("another bot: %v after %v", err, time.Since(began))
		}
		before := len(r.line.attempts(""))
		time.Sleep(24 * time.Hour)
		if probes := len(r.line.attempts("")) - before; probes < 24*120-10 || probes > 24*120+10 {
			r.Errorf("%d probes in a day, want one in half a minute", probes)
		}
		for _, v := range all {
			if s := r.status(v); s.Pending != 2 || s.Park.Reason != 0 {
				r.Errorf("%s: %+v", v.ID(), s)
			}
		}
		late := r.accept(all[0], text("late"))
		r.line.answers(nil)
		time.Sleep(31 * time.Second)
		if _, err := all[0].Wait(r.Context(), late); err != nil {
			r.Error(err)
		}
		delivered(r, all[1:])
	})
}

// TestResume: the mended key is tried at once.
func TestResume(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		all := paused(r, 10)
		time.Sleep(time.Hour)
		if r.client.Bot("bot-2").Resume() {
			r.Error("another bot is paused")
		}
		r.line.answers(nil)
		if !r.client.Bot(bot).Resume() {
			r.Error("the bot is not paused")
		}
		time.Sleep(10 * time.Millisecond)
		delivered(r, all)
		if r.client.Bot(bot).Resume() {
			r.Error("the bot is still paused")
		}
	})
}

// TestResumeTooEarly: the probe fails, and the bot goes on being probed.
func TestResumeTooEarly(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		all := paused(r, 3)
		time.Sleep(time.Hour)
		before := len(r.line.attempts(""))
		r.client.Bot(bot).Resume()
		time.Sleep(10 * time.Millisecond)
		if n := len(r.line.attempts("")) - before; n != 1 {
			r.Errorf("%d attempts, want one probe", n)
		}
		r.line.answers(nil)
		time.Sleep(31 * time.Second)
		delivered(r, all)
	})
}

// TestRestartWhilePaused (G11): the next process finds out by itself that the key is still bad, and nothing aged meanwhile.
func TestRestartWhilePaused(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		all := paused(r, 10)
		if err := r.client.Close(r.Context()); err != nil {
			r.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		_, r.client = r.process(nil)
		if err := r.client.Start(r.Context()); err != nil {
			r.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		r.line.answers(nil)
		time.Sleep(31 * time.Second)
		for i, v := range all {
			all[i] = r.conv(v.ID())
		}
		delivered(r, all)
	})
}

// TestWaitingConversationsHearOfAPause: one that waits for something else when its bot is paused does not age either.
func TestWaitingConversationsHearOfAPause(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		waits, other := r.open("waits", false), r.open("other", false)
		r.line.next("waits", answerLater(2*time.Minute)) // longer than it is worth sending, were it not for the pause
		r.accept(waits, events.EscalationQueueUpdate{QueuePosition: "1"})
		time.Sleep(20 * time.Second)
		r.line.answers(badKey(bot))
		r.accept(other, events.EscalationSuccess{})
		time.Sleep(time.Hour)
		r.line.answers(nil)
		time.Sleep(31 * time.Second)
		r.equal("results", []string{"1 acknowledged"}, r.results("waits"))
	})
}

// TestBreaker: five failures in a row across conversations close the base URL to all; a single conversation probes it,
// and when it answers all are released, each in order. Nobody spends more than it had spent.
func TestBreaker(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var all []*escalation.Conversation
		for i := range 20 {
			all = append(all, r.open(fmt.Sprint("c", i), true))
		}
		r.line.answers(func(transport.Request) (transport.Result, bool) { return answerUnknown, true })
		for i, v := range all {
			r.accept(v, text("1"), text("2"))
			time.Sleep(time.Millisecond)
			if n := len(r.line.attempts("")) - 20; n != min(i+1, 5) {
				r.Errorf("%d attempts after %d conversations", n, i+1)
			}
		}
		time.Sleep(61 * time.Second)
		// Probes at about 1, 3, 7, 15, 31 and 61 s; a conversation in its settle time cannot make one.
		if n := len(r.line.attempts("")) - 25; n < 5 || n > 7 {
			r.Errorf("%d probes in the first minute", n)
		}
		r.line.answers(nil)
		time.Sleep(90 * time.Second)
		for _, v := range all {
			r.equal(v.ID(), []string{"1 acknowledged", "2 acknowledged", "3 acknowledged"}, r.results(v.ID()))
			r.equal(v.ID(), []string{"escalationSuccess", "1", "2"}, slices.Compact(r.line.texts(v.ID())))
		}
		unknown := 0
		for _, v := range all {
			entries, err := v.History(r.Context(), 0, 10)
			if err != nil {
				r.Fatal(err)
			}
			for _, e := range entries {
				unknown += e.Unknown
			}
		}
		if unknown > 12 {
			r.Errorf("the outage cost %d duplicates at most, too many", unknown)
		}
	})
}

// TestBreakerLetsEventsAge: an outage is no pause: what is too old when it ends is not sent, and is told in time.
func TestBreakerLetsEventsAge(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var all []*escalation.Conversation
		for i := range 10 {
			all = append(all, r.open(fmt.Sprint("c", i), true))
		}
		r.line.answers(func(transport.Request) (transport.Result, bool) { return answerNotSent, true })
		for _, v := range all {
			r.accept(v, text("1"))
		}
		time.Sleep(10*time.Minute + time.Second)
		for _, v := range all {
			r.equal(v.ID(), []string{"1 acknowledged", "2 expired"}, r.results(v.ID()))
		}
	})
}

// TestOneBadAnswerOpensNoBreaker: four failures and a success in turn, for as long as it may be.
func TestOneBadAnswerOpensNoBreaker(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		for i := range 40 {
			id := fmt.Sprint("c", i)
			v := r.open(id, false)
			if i%5 != 4 {
				r.line.next(id, answerUnknown)
			}
			r.accept(v, events.EscalationSuccess{})
			time.Sleep(10 * time.Millisecond)
			if n := len(r.line.attempts(id)); n != 1 {
				r.Fatalf("%s was attempted %d times at once", id, n)
			}
		}
	})
}
