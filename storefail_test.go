package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
)

// begins reports whether a call is the commit that begins the attempt of an event.
func begins(c storeCall, number uint64) bool {
	if c.Change == nil {
		return false
	}
	lane := c.Change.Conversation.Lane
	return lane.Attempting() && lane.Pending[0].Number == number
}

// resolves reports whether a call is the commit that resolves an event.
func resolves(c storeCall, number uint64) bool {
	if c.Change == nil {
		return false
	}
	for _, r := range c.Change.Resolved {
		if r.Event.Number == number {
			return true
		}
	}
	return false
}

// once makes calls fail that match, the first n of them.
func once(n int, matches func(storeCall) bool) func(storeCall) error {
	return func(c storeCall) error {
		if n > 0 && matches(c) {
			n--
			return errDown
		}
		return nil
	}
}

// TestStoreDownIsTold: every call says so, with or without a key, and nothing is sent.
func TestStoreDownIsTold(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		r.faults.down(true)
		calls := map[string]func() error{
			"Accept":          func() error { _, err := v.Accept(r.Context(), text("a")); return err },
			"Accept with key": func() error { _, err := v.Accept(r.Context(), text("a"), escalation.WithKey("k")); return err },
			"Send":            func() error { _, err := v.Send(r.Context(), text("a")); return err },
			"Send with key":   func() error { _, err := v.Send(r.Context(), text("a"), escalation.WithKey("k")); return err },
			"Wait":            func() error { _, err := v.Wait(r.Context(), 1); return err },
			"Open":            func() error { return r.conv("d").Open(r.Context()) },
			"VisitorEnded":    func() error { return v.VisitorEnded(r.Context()) },
			"Status":          func() error { _, err := r.conv("d").Status(r.Context()); return err },
			"Explain":         func() error { return r.conv("d").Explain(r.Context(), text("a")) },
			"History":         func() error { _, err := v.History(r.Context(), 0, 1); return err },
			"Parked":          func() error { _, err := r.client.Parked(r.Context(), store.Key{}, 1); return err },
			"Receive":         func() error { return put(r.Context(), r.client, "c", samples[events.KindWidgetMessage].event) },
			"Receive an end":  func() error { return put(r.Context(), r.client, "c", samples[events.KindWidgetEndSession].event) },
		}
		delete(calls, "Receive") // without Config.OnInbound and in a live round it is an observation all the same
		for name, call := range calls {
			var failed *escalation.StoreError
			if err := call(); !errors.As(err, &failed) || !errors.Is(err, errDown) {
				r.Errorf("%s: %v", name, err)
			}
		}
		r.faults.down(false)
		if _, err := v.Send(r.Context(), text("b")); err != nil {
			r.Error(err)
		}
		r.equal("attempts", []string{"escalationSuccess", "b"}, r.line.texts("c"))
	})
}

// TestNoAttemptWithoutARecordedBegin (G9): if the commit fails that begins an attempt, the attempt is not made; once
// the store is back it is, within seconds.
func TestNoAttemptWithoutARecordedBegin(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		r.line.next("c", answerUnknown)
		number := r.accept(v, text("a"))
		time.Sleep(time.Second)
		r.faults.down(true)
		time.Sleep(time.Minute)
		r.equal("attempts while the store is down", seconds(0), r.line.times("c", "a"))
		r.faults.down(false)
		time.Sleep(3 * time.Second)
		r.equal("attempts", 2, len(r.line.times("c", "a")))
		if result, err := v.Wait(r.Context(), number); err != nil || result.Attempts != 2 {
			r.Errorf("%+v, %v", result, err)
		}
	})
}

// TestOutcomeIsKept: what the API answered while the store was down is recorded when it is back; nothing is sent
// again, and nothing is sent meanwhile. Calls that come in between are told, keyed ones as well.
func TestOutcomeIsKept(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		r.line.meanwhile(func(_ context.Context, s sent) {
			if s.What == "a" {
				r.faults.down(true)
			}
		})
		answer := make(chan error, 1)
		go func() {
			_, err := v.Send(context.Background(), text("a"))
			answer <- err
		}()
		time.Sleep(30 * time.Second)
		for _, options := range [][]escalation.Option{nil, {escalation.WithKey("k")}} {
			ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
			var failed *escalation.StoreError
			if _, err := v.Accept(ctx, text("b"), options...); !errors.As(err, &failed) {
				r.Errorf("Accept says %v", err)
			}
			cancel()
		}
		r.faults.down(false)
		time.Sleep(3 * time.Second)
		select {
		case err := <-answer:
			if err != nil {
				r.Error(err)
			}
		default:
			r.Error("whoever waits was not told")
		}
		r.equal("attempts", []string{"escalationSuccess", "a"}, r.line.texts("c"))
		r.equal("results", []string{"1 acknowledged", "2 acknowledged"}, r.results("c"))
	})
}

// TestLostAnswers: a commit that took effect though the store said otherwise. Whoever waits gets the result that is
// stored, and everything goes on within seconds.
func TestLostAnswers(t *testing.T) {
	for _, tc := range []struct {
		name     string
		lost     func(storeCall) bool
		told     bool // Send says that the store failed
		attempts []string
		results  []string
		why      string
	}{
		{"of what accepts and begins", func(c storeCall) bool { return begins(c, 2) }, true,
			[]string{"escalationSuccess", "a", "b"}, []string{"1 acknowledged", "2 acknowledged", "3 acknowledged"},
			"it counts as unknown, for nobody can tell, and is sent after the settle time"},
		{"of the outcome", func(c storeCall) bool { return resolves(c, 2) && !begins(c, 3) }, false,
			[]string{"escalationSuccess", "a", "b"}, []string{"1 acknowledged", "2 acknowledged", "3 acknowledged"},
			"the result is in the store"},
		{"of the outcome and the next begin", func(c storeCall) bool { return resolves(c, 2) && begins(c, 3) }, false,
			[]string{"escalationSuccess", "a", "b"}, []string{"1 acknowledged", "2 acknowledged", "3 acknowledged"},
			"the next one counts as unknown, and is sent after the settle time"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, nil, func(r *rig) {
				v := r.open("c", true)
				r.line.meanwhile(func(context.Context, sent) { time.Sleep(time.Second) })
				r.faults.fail(nil, once(1, tc.lost))
				answers := make(chan error, 1)
				go func() {
					_, err := v.Send(context.Background(), text("a"))
					answers <- err
				}()
				synctest.Wait()
				if tc.name != "of the outcome" {
					r.accept(v, text("b"))
				}
				time.Sleep(10 * time.Second)
				select {
				case err := <-answers:
					var failed *escalation.StoreError
					if errors.As(err, &failed) != tc.told || err != nil && !tc.told {
						r.Errorf("Send says %v: %s", err, tc.why)
					}
				default:
					r.Errorf("whoever waits was not told: %s", tc.why)
				}
				if tc.name == "of the outcome" {
					r.accept(v, text("b"))
				}
				time.Sleep(10 * time.Second)
				r.equal(tc.why, tc.attempts, r.line.texts("c"))
				r.equal(tc.why, tc.results, r.results("c"))
			})
		})
	}
}

// TestStoreFailsAtEveryCall: each kind of call fails once, before or after it took effect, at each of its first
// calls; with callers that repeat what failed under their keys everything is delivered once and in order.
func TestStoreFailsAtEveryCall(t *testing.T) {
	for _, method := range []string{"Load", "Commit", "Claim", "Release", "History"} {
		for _, lost := range []bool{false, true} {
			for n := 1; n <= 12; n++ {
				t.Run(fmt.Sprintf("%s %d lost %v", method, n, lost), func(t *testing.T) {
					inBubble(t, nil, func(r *rig) {
						seen := 0
						fail := func(c storeCall) error {
							if c.Method != method {
								return nil
							}
							if seen++; seen == n {
								return errDown
							}
							return nil
						}
						if lost {
							r.faults.fail(nil, fail)
						} else {
							r.faults.fail(fail, nil)
						}
						v := r.conv("c")
						insist(r, func() error { return v.Open(r.Context()) })
						r.line.next("c", answerUnknown)
						all := []events.Outbound{events.EscalationSuccess{}, text("1"), text("2"), text("3"), events.AgentDisconnect{}}
						for i, e := range all {
							insist(r, func() error {
								_, err := v.Accept(r.Context(), e, escalation.WithKey(fmt.Sprint(i)))
								return err
							})
						}
						time.Sleep(30 * time.Second)
						r.equal("results", []string{"1 acknowledged", "2 acknowledged", "3 acknowledged", "4 acknowledged", "5 acknowledged"},
							r.results("c"))
						got := r.line.texts("c")
						want := []string{"escalationSuccess", "1", "2", "3", "agentDisconnect"}
						if len(got) == len(want)+1 && got[0] == got[1] {
							got = got[1:] // the attempt that ended unknown, if it was made
						}
						r.equal("order", want, got)
					})
				})
			}
		}
	}
}

// insist calls again as long as the store fails.
func insist(r *rig, call func() error) {
	r.Helper()
	for range 3 {
		err := call()
		if err == nil {
			return
		}
		if failed := (*escalation.StoreError)(nil); !errors.As(err, &failed) {
			r.Fatal(err)
		}
	}
	r.Fatal("the store failed too often")
}

// TestResolvedUnheard: the visitor's end is stored and the answer lost, and nothing more is to be done in the conversation.
// Whoever waits for one of its events is told all the same.
func TestResolvedUnheard(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		r.line.next("c", answerLater(time.Minute))
		r.accept(v, text("a"))
		answer := make(chan error, 1)
		go func() {
			_, err := v.Send(context.Background(), text("b"))
			answer <- err
		}()
		time.Sleep(time.Second)
		r.faults.fail(nil, once(1, func(c storeCall) bool { return c.Change != nil }))
		var failed *escalation.StoreError
		if err := v.VisitorEnded(r.Context()); !errors.As(err, &failed) {
			r.Errorf("VisitorEnded says %v", err)
		}
		time.Sleep(3 * time.Second)
		var cancelled *escalation.SendError
		select {
		case err := <-answer:
			if !errors.As(err, &cancelled) || cancelled.Result != store.Cancelled {
				r.Errorf("Send says %v", err)
			}
		default:
			r.Error("Send goes on waiting")
		}
	})
}

// unreadable is a store that cannot load one conversation any more.
type unreadable struct {
	store.Store
	is atomic.Bool
}

func (s *unreadable) Load(ctx context.Context, k store.Key, q store.Query) (store.Snapshot, error) {
	if k.Conversation == "unreadable" && s.is.Load() {
		return store.Snapshot{}, errDown
	}
	return s.Store.Load(ctx, k, q)
}

// TestUnreadableDisturbsNoOther (G10): a conversation that is due and cannot be loaded, in a store that is well otherwise, is
// no reason to write those that wait again and again.
func TestUnreadableDisturbsNoOther(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		s := &unreadable{Store: r.mem}
		r.faults.Store = s
		v := r.open("unreadable", true)
		r.line.next("unreadable", answerLater(time.Minute))
		r.accept(v, text("a"))
		paused(r, 20)
		s.is.Store(true)
		time.Sleep(time.Hour)
		before := r.faults.commits()
		time.Sleep(10 * time.Minute)
		if n := r.faults.commits() - before; n > 50 {
			r.Errorf("%d commits in ten minutes; the probes make two in half a minute", n)
		}
		s.is.Store(false)
		time.Sleep(2 * time.Second)
		if err := v.VisitorEnded(r.Context()); err != nil {
			r.Error(err)
		}
	})
}
