package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// desk takes webhooks for the host and remembers them; answer says what it returns.
type desk struct {
	start  time.Time
	mu     sync.Mutex
	offers []offering
	answer func(n int, in escalation.Inbound) error
}

// offering is one call of OnInbound.
type offering struct {
	At            time.Duration
	Number        uint64
	What          string
	Round         int
	To            fsm.State
	Repeat, Again bool
}

func (h *desk) take(_ context.Context, in escalation.Inbound) error {
	h.mu.Lock()
	if h.start.IsZero() {
		h.start = in.ReceivedAt
	}
	what := in.Event.Kind().String()
	if m, ok := in.Event.(events.WidgetMessage); ok {
		what = m.Text
	}
	h.offers = append(h.offers, offering{time.Since(h.start), in.Number, what, in.Round, in.To, in.Repeat, in.Again})
	n, answer := len(h.offers), h.answer
	h.mu.Unlock()
	if answer == nil {
		return nil
	}
	return answer(n, in)
}

func (h *desk) got() []offering {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]offering(nil), h.offers...)
}

// receive gives a webhook to the client. It does not wait longer than a second.
func receive(r *rig, e events.Inbound, deliveryID string) error {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	return r.client.ReceiveOnce(ctx, events.Envelope{BotID: bot, ConversationID: "c", Event: e}, deliveryID)
}

func receiveAll(r *rig, all ...events.Inbound) {
	r.Helper()
	for _, e := range all {
		if err := receive(r, e, ""); err != nil {
			r.Fatal(err)
		}
	}
}

var errBusy = errors.New("nobody is at the desk")

// TestCommittedBeforeOffered (G12): when the host hears of a webhook the store has it, and the state has moved.
func TestCommittedBeforeOffered(t *testing.T) {
	h := &desk{}
	inBubble(t, &escalation.Config{OnInbound: h.take}, func(r *rig) {
		h.answer = func(_ int, in escalation.Inbound) error {
			s, err := r.mem.Load(r.Context(), store.Key{Bot: bot, Conversation: "c"}, store.Query{})
			if err != nil || len(s.Inbox) != 1 || s.Inbox[0].Number != in.Number || s.Conversation.Lane.Acknowledged != in.To {
				t.Errorf("%d is offered, stored is %+v, %v", in.Number, s, err)
			}
			return nil
		}
		receiveAll(r, events.WidgetEscalate{}, events.WidgetMessage{Text: "hi"}, events.WidgetEndSession{}, events.WidgetMessage{Text: "late"})
		r.equal("offers", []offering{
			{0, 1, "widgetEscalate", 1, fsm.Pending, false, false},
			{0, 2, "hi", 1, fsm.Pending, false, false},
			{0, 3, "widgetEndSession", 1, fsm.Ended, false, false},
			{0, 4, "late", 1, fsm.Ended, false, false},
		}, h.got())
	})
}

// TestOfferedAgain: after 1, 2, 4 seconds and so on up to a minute, the same one with Again set, and none behind it before.
func TestOfferedAgain(t *testing.T) {
	h := &desk{}
	inBubble(t, &escalation.Config{OnInbound: h.take}, func(r *rig) {
		h.answer = func(n int, _ escalation.Inbound) error {
			if n <= 8 {
				return errBusy
			}
			return nil
		}
		receiveAll(r, events.WidgetEscalate{}, events.WidgetMessage{Text: "hi"})
		time.Sleep(10 * time.Minute)
		var want []offering
		for _, at := range seconds(0, 1, 3, 7, 15, 31, 63, 123, 183) {
			want = append(want, offering{at, 1, "widgetEscalate", 1, fsm.Pending, false, at > 0})
		}
		want = append(want, offering{183 * time.Second, 2, "hi", 1, fsm.Pending, false, false})
		r.equal("offers", want, h.got())
		if s := r.status(r.conv("c")); s.Inbox != 0 {
			r.Errorf("%+v", s)
		}
	})
}

// TestRepeatsOfLifecycle (G13): a second widgetEscalate or widgetEndSession changes nothing and is marked; a message never is.
func TestRepeatsOfLifecycle(t *testing.T) {
	h := &desk{}
	inBubble(t, &escalation.Config{OnInbound: h.take}, func(r *rig) {
		escalate, hi, end := events.WidgetEscalate{}, events.WidgetMessage{Text: "hi"}, events.WidgetEndSession{}
		receiveAll(r, escalate, escalate, hi, hi, end, end, escalate)
		r.equal("offers", []offering{
			{0, 1, "widgetEscalate", 1, fsm.Pending, false, false},
			{0, 2, "widgetEscalate", 1, fsm.Pending, true, false},
			{0, 3, "hi", 1, fsm.Pending, false, false},
			{0, 4, "hi", 1, fsm.Pending, false, false},
			{0, 5, "widgetEndSession", 1, fsm.Ended, false, false},
			{0, 6, "widgetEndSession", 1, fsm.Ended, true, false},
			{0, 7, "widgetEscalate", 2, fsm.Pending, false, false},
		}, h.got())
	})
}

// TestDeliveryIDs (G13): a delivery is taken once: while it is on offer, after it was taken, after a restart.
func TestDeliveryIDs(t *testing.T) {
	h := &desk{}
	inBubble(t, &escalation.Config{OnInbound: h.take}, func(r *rig) {
		hold := make(chan struct{})
		h.answer = func(int, escalation.Inbound) error { <-hold; return nil }
		receiveAll(r, events.WidgetEscalate{})
		hi := events.WidgetMessage{Text: "hi"}
		for range 3 {
			if err := receive(r, hi, "d1"); err != nil {
				r.Fatal(err)
			}
		}
		close(hold)
		synctest.Wait()
		h.mu.Lock()
		h.answer = nil
		h.mu.Unlock()
		began := time.Now()
		for range 2 {
			if err := receive(r, hi, "d1"); err != nil || time.Since(began) != 0 {
				r.Fatal(err, time.Since(began))
			}
			if err := r.client.Close(r.Context()); err != nil {
				r.Fatal(err)
			}
			_, r.client = r.process(&escalation.Config{OnInbound: h.take})
		}
		if err := receive(r, hi, "d2"); err != nil {
			r.Fatal(err)
		}
		var numbers []string
		for _, o := range h.got() {
			numbers = append(numbers, fmt.Sprint(o.Number, " ", o.What))
		}
		r.equal("offers", []string{"1 widgetEscalate", "2 hi", "3 hi"}, numbers)
	})
}

// TestUntakenIsOfferedAfterRestart (G12): by Start, in the order of arrival. Not even a host that hangs loses one.
func TestUntakenIsOfferedAfterRestart(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer func(ctx context.Context) error
		again  bool
		why    string
	}{
		{"refused", func(context.Context) error { return errBusy }, true, "it was offered, and that is known"},
		{"hangs", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, true, "it was cut off, which is recorded"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			first := true
			h := &desk{}
			cfg := &escalation.Config{OnInbound: func(ctx context.Context, in escalation.Inbound) error {
				if first {
					return tc.answer(ctx)
				}
				return h.take(ctx, in)
			}}
			inBubble(t, cfg, func(r *rig) {
				receiveAll(r, events.WidgetEscalate{}, events.WidgetMessage{Text: "hi"})
				ctx, cancel := context.WithTimeout(r.Context(), time.Second)
				defer cancel()
				_ = r.client.Close(ctx)
				first = false
				time.Sleep(time.Hour)
				_, r.client = r.process(cfg)
				if err := r.client.Start(r.Context()); err != nil {
					r.Fatal(err)
				}
				time.Sleep(time.Second)
				var got []string
				for _, o := range h.got() {
					got = append(got, fmt.Sprint(o.Number, " ", o.Again))
				}
				r.equal(tc.why, []string{fmt.Sprint("1 ", tc.again), "2 false"}, got)
			})
		})
	}
}

// TestReceiveTellsOfTheStore (G12): nothing is answered with nil that is not stored.
func TestReceiveTellsOfTheStore(t *testing.T) {
	h := &desk{}
	inBubble(t, &escalation.Config{OnInbound: h.take}, func(r *rig) {
		r.faults.down(true)
		var failed *escalation.StoreError
		for _, id := range []string{"", "d1"} {
			if err := receive(r, events.WidgetEscalate{}, id); !errors.As(err, &failed) {
				r.Errorf("%v", err)
			}
		}
		time.Sleep(time.Minute)
		r.faults.down(false)
		time.Sleep(time.Minute)
		if got := h.got(); len(got) != 0 {
			r.Errorf("offered: %+v", got)
		}
		receiveAll(r, events.WidgetEscalate{})
		if got := h.got(); len(got) != 1 || got[0].Number != 1 {
			r.Errorf("offered: %+v", got)
		}
	})
}

// TestTakenIsKept: the host took it while the store was down. It is recorded when the store is back, and offered once.
func TestTakenIsKept(t *testing.T) {
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprint("answer lost ", lost), func(t *testing.T) {
			h := &desk{}
			inBubble(t, &escalation.Config{OnInbound: h.take}, func(r *rig) {
				taken := func(c storeCall) bool { return c.Change != nil && len(c.Change.Taken) > 0 }
				if lost {
					r.faults.fail(nil, once(1, taken))
				} else {
					r.faults.fail(once(5, taken), nil)
				}
				began := time.Now()
				_ = receive(r, events.WidgetEscalate{}, "")
				if waited := time.Since(began); waited != 0 {
					r.Errorf("a webhook that is stored waited %v for the store", waited)
				}
				_ = receive(r, events.WidgetMessage{Text: "hi"}, "")
				time.Sleep(30 * time.Second)
				receiveAll(r, events.WidgetMessage{Text: "goes on"})
				got := h.got()
				if len(got) < 2 || len(got) > 3 || got[0].Number != 1 || got[1].Number != 2 || got[len(got)-1].What != "goes on" {
					r.Errorf("offered: %+v", got)
				}
				if s := r.status(r.conv("c")); s.Inbox != 0 {
					r.Errorf("%+v", s)
				}
			})
		})
	}
}

// TestNobodyListens: without OnInbound a webhook moves the state and is not kept for anybody.
func TestNobodyListens(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		receiveAll(r, events.WidgetEscalate{}, events.WidgetMessage{Text: "hi"}, events.WidgetEndSession{})
		if s := r.status(r.conv("c")); s.State != fsm.Ended || s.Inbox != 0 || s.Round != 1 {
			r.Errorf("%+v", s)
		}
	})
}

// TestHostSendsWhileItTakes: OnInbound may wait for a Send of its own conversation.
func TestHostSendsWhileItTakes(t *testing.T) {
	var told []error
	cfg := &escalation.Config{OnInbound: func(ctx context.Context, in escalation.Inbound) error {
		if in.Event.Kind() == events.KindWidgetEscalate {
			_, err := in.Conversation.Send(ctx, events.EscalationSuccess{Agent: "Ann"})
			told = append(told, err)
		}
		return nil
	}}
	inBubble(t, cfg, func(r *rig) {
		receiveAll(r, events.WidgetEscalate{})
		r.equal("told", []error{nil}, told)
		r.equal("attempts", seconds(0), r.line.times("c", "escalationSuccess"))
	})
}

// TestHostPanics: it is offered again, and nobody else notices.
func TestHostPanics(t *testing.T) {
	h := &desk{}
	inBubble(t, &escalation.Config{OnInbound: h.take}, func(r *rig) {
		h.answer = func(n int, _ escalation.Inbound) error {
			if n == 1 {
				panic("no desk")
			}
			return nil
		}
		receiveAll(r, events.WidgetEscalate{}, events.WidgetMessage{Text: "hi"})
		time.Sleep(10 * time.Second)
		r.equal("offers", []offering{
			{0, 1, "widgetEscalate", 1, fsm.Pending, false, false},
			{time.Second, 1, "widgetEscalate", 1, fsm.Pending, false, true},
			{time.Second, 2, "hi", 1, fsm.Pending, false, false},
		}, h.got())
	})
}

// TestSlowHostDelaysNothingElse: while the host thinks, the state has moved, events are sent, and other
// conversations are offered.
func TestSlowHostDelaysNothingElse(t *testing.T) {
	h := &desk{}
	inBubble(t, &escalation.Config{OnInbound: h.take}, func(r *rig) {
		h.answer = func(_ int, in escalation.Inbound) error {
			if in.Conversation.ID() == "c" {
				time.Sleep(time.Hour)
			}
			return nil
		}
		receiveAll(r, events.WidgetEscalate{}) // gives up waiting after a second
		if _, err := r.conv("c").Send(r.Context(), events.EscalationSuccess{}); err != nil {
			r.Error(err)
		}
		if err := put(r.Context(), r.client, "d", events.WidgetEscalate{}); err != nil {
			r.Error(err)
		}
		if took := time.Since(r.start); took != time.Second {
			r.Errorf("it took %v", took)
		}
		receiveAll(r, events.WidgetEndSession{})
		if s := r.status(r.conv("c")); s.State != fsm.Ended || s.Inbox != 2 {
			r.Errorf("%+v", s)
		}
		time.Sleep(3 * time.Hour)
		if s := r.status(r.conv("c")); s.Inbox != 0 {
			r.Errorf("%+v", s)
		}
	})
}

// TestOfferKeepsNoEventWaiting: a conversation is claimed when its event may be sent again, but meanwhile another one has taken
// the only room for an attempt. It goes on when there is room, however long the host looks at a message.
func TestOfferKeepsNoEventWaiting(t *testing.T) {
	config := escalation.Config{MaxAttempts: 1, OnInbound: func(context.Context, escalation.Inbound) error {
		time.Sleep(90 * time.Second)
		return nil
	}}
	inBubble(t, &config, func(r *rig) {
		v, other := r.open("c", true), r.open("other", true)
		r.line.next("c", answerUnknown)
		r.accept(v, text("a"))
		go func() { _ = put(context.Background(), r.client, "c", samples[events.KindWidgetMessage].event) }()
		r.line.meanwhile(func(_ context.Context, s sent) {
			if s.Conv == "other" {
				time.Sleep(3 * time.Second)
			}
		})
		r.faults.mu.Lock()
		r.faults.slow = func(c storeCall) time.Duration {
			if c.Method == "Claim" {
				return time.Second // the room is counted before, and taken before the conversation has its turn
			}
			return 0
		}
		r.faults.mu.Unlock()
		time.Sleep(5500 * time.Millisecond)
		r.accept(other, text("b"))
		time.Sleep(10 * time.Second)
		if got := r.line.times("c", "a"); len(got) != 2 {
			r.Errorf("attempts at %v, want a second one when the other is over", got)
		}
	})
}
