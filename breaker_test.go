package escalation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/transport"
)

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
