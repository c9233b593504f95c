package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
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

// keys are a provider without a key for one bot until it is given one. The API behind takes in whatever comes.
type keys struct {
	lacking string // the bot
	err     error  // what the provider says of it; nil: it gives an empty key
	mended  atomic.Bool
}

func (k *keys) Credentials(_ context.Context, botID string) (httptransport.Credentials, error) {
	if botID == k.lacking && !k.mended.Load() {
		return httptransport.Credentials{}, k.err
	}
	return httptransport.Credentials{Key: httptransport.NewSecret("key of " + botID)}, nil
}

func (k *keys) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

// through sends what the client attempts through httptransport.
func (k *keys) through(r *rig) {
	r.Helper()
	tr, err := httptransport.New(k, &httptransport.Config{
		BaseURL: "http://localhost", Client: &http.Client{Transport: k}, Logger: quiet,
	})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = tr.Close() })
	r.line.answers(func(req transport.Request) (transport.Result, bool) { return tr.Send(r.Context(), req), true })
}

// TestNoKeyPausesOneBot (G10, G11): six conversations of a bot that there is no key for delay nobody else, who sends in
// every phase of whatever wait there might be. What waits for the key does not age, and goes out when it is there.
func TestNoKeyPausesOneBot(t *testing.T) {
	for _, tc := range []struct {
		why    string
		err    error
		resume bool
		within time.Duration
	}{
		{"the provider fails for the bot", errors.New("no such bot in the vault"), false, 30 * time.Second},
		{"the provider has an empty key", nil, false, 30 * time.Second},
		{"the bot is resumed by hand", errors.New("no such bot in the vault"), true, time.Millisecond},
	} {
		t.Run(tc.why, func(t *testing.T) {
			inBubble(t, nil, func(r *rig) {
				vault := &keys{lacking: bot, err: tc.err}
				vault.through(r)
				for i := range 6 {
					r.accept(r.open(fmt.Sprint("c", i), false), events.EscalationQueueUpdate{QueuePosition: "1"}) // worth 60 s
				}
				other := r.client.Bot("bot-2").Conversation("other")
				if err := other.Open(r.Context()); err != nil {
					r.Fatal(err)
				}
				for n, e := 0, events.Outbound(events.EscalationSuccess{}); time.Since(r.start) < time.Hour; n, e = n+1, text("%d", n) {
					began := time.Now()
					if _, err := other.Send(r.Context(), e); err != nil || time.Since(began) != 0 {
						r.Fatalf("another bot after %v: %v, it took %v", began.Sub(r.start), err, time.Since(began))
					}
					time.Sleep(1700 * time.Millisecond)
				}
				for i := range 6 {
					r.equal("an hour without a key", []string{"1 none"}, r.results(fmt.Sprint("c", i)))
				}
				vault.mended.Store(true)
				if tc.resume && !r.client.Bot(bot).Resume() {
					r.Error("the bot is not paused")
				}
				time.Sleep(tc.within)
				synctest.Wait()
				for i := range 6 {
					r.equal("with a key", []string{"1 acknowledged"}, r.results(fmt.Sprint("c", i)))
				}
			})
		})
	}
}

// TestNoKeyOpensNoHost (G10): during an outage a bot without a key is tried as ever, and that nothing was sent for it does
// not mean that the host is back: the others spend no attempt because of it.
func TestNoKeyOpensNoHost(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var all []*escalation.Conversation
		for i := range 40 {
			v := r.client.Bot("bot-2").Conversation(fmt.Sprint("c", i))
			if err := v.Open(r.Context()); err != nil {
				r.Fatal(err)
			}
			all = append(all, v)
		}
		var down atomic.Int32
		r.line.answers(func(req transport.Request) (transport.Result, bool) {
			if req.BotID == bot {
				return transport.Result{Class: transport.RefusedScope, Err: errNetwork}, true // status 0: nobody answered
			}
			down.Add(1)
			return answerUnknown, true
		})
		r.accept(r.open("keyless", false), events.EscalationSuccess{})
		for _, v := range all {
			r.accept(v, events.EscalationSuccess{})
			time.Sleep(time.Millisecond)
		}
		time.Sleep(9 * time.Minute)
		// Five until the breaker opened; probes at about 1, 3, 7, 15, 31 s, and then one in half a minute.
		if n := down.Load(); n < 20 || n > 30 {
			r.Errorf("%d attempts during the outage, want about 26", n)
		}
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
