package escalation_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
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

// TestStoreFailsAtResume: what waits for the bot hears that it is resumed although the store failed to say so, at any of
// the calls that take part in it.
func TestStoreFailsAtResume(t *testing.T) {
	for n := 1; n <= 3; n++ {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d lost %v", n, lost), func(t *testing.T) {
				inBubble(t, nil, func(r *rig) {
					all := paused(r, 10)
					time.Sleep(time.Hour)
					r.line.answers(nil)
					seen := 0
					fail := func(c storeCall) error {
						if c.Method == "Release" {
							if seen++; seen == n {
								return errDown
							}
						}
						return nil
					}
					if lost {
						r.faults.fail(nil, fail)
					} else {
						r.faults.fail(fail, nil)
					}
					r.client.Bot(bot).Resume()
					time.Sleep(5 * time.Second)
					delivered(r, all)
				})
			})
		}
	}
}

// stubborn is a store that always releases the same conversations of a bot first, three that have nothing to send.
type stubborn struct{ store.Store }

func (s stubborn) Release(ctx context.Context, bot string, all bool, limit int) (int, error) {
	if all {
		return s.Store.Release(ctx, bot, all, limit)
	}
	idle := min(limit, 3)
	n, err := s.Store.Release(ctx, bot, all, limit-idle)
	return idle + n, err
}

// TestProbeIsMadeByOneThatCan: conversations of the bot that are held for another reason do not keep it from being probed,
// whichever the store releases first.
func TestProbeIsMadeByOneThatCan(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.faults.Store = stubborn{r.mem}
		all := paused(r, 10)
		time.Sleep(time.Hour)
		r.line.answers(nil)
		time.Sleep(33 * time.Second) // the longest wait between probes, and three tries
		delivered(r, all)
	})
}

// slowly makes the next commit of a conversation take a while.
func slowly(r *rig, conversation string, wait time.Duration) {
	r.faults.mu.Lock()
	defer r.faults.mu.Unlock()
	r.faults.slow = func(c storeCall) time.Duration {
		if c.Change != nil && c.Change.Key.Conversation == conversation {
			defer func() { wait = 0 }()
			return wait
		}
		return 0
	}
}

// TestResumedWhileStored: a conversation that is told to wait for its bot, and stored only after the bot was resumed,
// goes on all the same.
func TestResumedWhileStored(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		late := r.open("late", true)
		all := paused(r, 3)
		time.Sleep(time.Hour)
		r.line.answers(nil)
		r.line.meanwhile(func(context.Context, sent) { time.Sleep(time.Second) })
		r.client.Bot(bot).Resume()
		time.Sleep(10 * time.Millisecond)
		slowly(r, "late", 10*time.Second)
		r.accept(late, text("1"))
		time.Sleep(3 * time.Second)
		delivered(r, all)
		r.equal("results", []string{"1 acknowledged", "2 acknowledged"}, r.results("late"))
	})
}

// TestProbeDueWhileStored: the only conversation of a paused bot is stored after the clock looked for one that could make the
// probe. It makes it all the same.
func TestProbeDueWhileStored(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		late := r.open("late", true)
		all := paused(r, 1)
		time.Sleep(time.Hour)
		if err := all[0].VisitorEnded(r.Context()); err != nil {
			r.Fatal(err)
		}
		r.line.answers(nil)
		slowly(r, "late", time.Minute)
		r.accept(late, text("1"))
		time.Sleep(31 * time.Second)
		r.equal("results", []string{"1 acknowledged", "2 acknowledged"}, r.results("late"))
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

// TestPausedWhileTheClockIsPutBack: the bot is tried as often as before.
func TestPausedWhileTheClockIsPutBack(t *testing.T) {
	var back atomic.Int64
	config := escalation.Config{Now: func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }}
	inBubble(t, &config, func(r *rig) {
		all := paused(r, 5)
		time.Sleep(time.Minute)
		back.Store(int64(time.Hour))
		r.line.answers(nil)
		time.Sleep(40 * time.Second)
		delivered(r, all)
	})
}
