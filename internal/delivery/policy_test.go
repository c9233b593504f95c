package delivery_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

func TestPolicyProblems(t *testing.T) {
	edit := func(k events.Kind, change func(*delivery.KindPolicy)) func(*delivery.Policy) {
		return func(p *delivery.Policy) {
			kind := p.Kinds[k]
			change(&kind)
			p.Kinds[k] = kind
		}
	}
	const waits = "delivery: waits must not be negative, and maxima not below minima"
	for _, c := range []struct {
		change func(*delivery.Policy)
		want   []string
	}{
		{func(*delivery.Policy) {}, nil},
		{func(p *delivery.Policy) { p.Settle, p.UnknownMin, p.FreeMin = 0, 0, 0 }, nil},
		{func(p *delivery.Policy) { p.UnknownMax, p.FreeMax = p.UnknownMin, p.FreeMin }, nil},
		{edit(events.KindMessage, func(k *delivery.KindPolicy) { k.Unknowns, k.OnUnknown = 0, 0 }), nil},
		{func(p *delivery.Policy) { p.Settle = -1 }, []string{waits}},
		{func(p *delivery.Policy) { *p = delivery.DefaultPolicy(delivery.Options{Settle: -1}) }, []string{waits}},
		{func(p *delivery.Policy) { *p = delivery.DefaultPolicy(delivery.Options{Settle: math.MaxInt64}) }, nil},
		{func(p *delivery.Policy) { p.UnknownMin = -1 }, []string{waits}},
		{func(p *delivery.Policy) { p.UnknownMax = p.UnknownMin - 1 }, []string{waits}},
		{func(p *delivery.Policy) { p.FreeMin = -1 }, []string{waits}},
		{func(p *delivery.Policy) { p.FreeMax = p.FreeMin - 1 }, []string{waits}},
		{func(p *delivery.Policy) { delete(p.Kinds, events.KindMessage) }, []string{"delivery: no policy for message"}},
		{edit(events.KindMessage, func(k *delivery.KindPolicy) { k.Unknowns = -1 }),
			[]string{"delivery: message: Unknowns must not be negative, MaxAge must be positive"}},
		{edit(events.KindMessage, func(k *delivery.KindPolicy) { k.MaxAge = 0 }),
			[]string{"delivery: message: Unknowns must not be negative, MaxAge must be positive"}},
		{edit(events.KindMessage, func(k *delivery.KindPolicy) { k.OnUnknown = 0 }), []string{"delivery: message: a reaction is missing"}},
		{edit(events.KindMessage, func(k *delivery.KindPolicy) { k.OnRejected = 3 }), []string{"delivery: message: a reaction is missing"}},
		{edit(events.KindMessage, func(k *delivery.KindPolicy) { k.OnTooOld = 0 }), []string{"delivery: message: a reaction is missing"}},
		{func(p *delivery.Policy) { *p = delivery.Policy{Settle: -1} }, []string{
			"delivery: no policy for escalationQueueUpdate", "delivery: no policy for escalationSuccess", "delivery: no policy for message",
			"delivery: no policy for escalationFailed", "delivery: no policy for agentDisconnect", waits,
		}},
		{edit(events.KindMessage, func(k *delivery.KindPolicy) { *k = delivery.KindPolicy{} }), []string{
			"delivery: message: Unknowns must not be negative, MaxAge must be positive", "delivery: message: a reaction is missing",
		}},
	} {
		p := delivery.DefaultPolicy(none)
		c.change(&p)
		_, err := delivery.New(fsm.Default(), p)
		var got []string
		if err != nil {
			got = strings.Split(err.Error(), "\n")
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Error(diff)
		}
	}
	_, err := delivery.New(nil, delivery.Policy{})
	if err == nil || !strings.HasPrefix(err.Error(), "delivery: no transition table\ndelivery: no policy for") {
		t.Errorf("neither table nor policy: %v", err)
	}
}

// A machine is immutable: what the caller does with the policy's map later is the caller's.
func TestPolicyIsCopied(t *testing.T) {
	p := delivery.DefaultPolicy(none)
	m := must(delivery.New(fsm.Default(), p))
	clear(p.Kinds)
	if got := run(m, "open S ? unknown ?"); got != "send 1; wait 5s" {
		t.Error(got)
	}
	if len(delivery.DefaultPolicy(none).Kinds) != 5 {
		t.Error("the default policies share their map")
	}
}

// Doubling ends at the maximum, never beyond the range of a duration.
func TestDoublingDoesNotOverflow(t *testing.T) {
	p := delivery.DefaultPolicy(none)
	p.Settle, p.UnknownMin, p.UnknownMax = 0, 3, 7
	p.FreeMin, p.FreeMax = 1, math.MaxInt64
	m := must(delivery.New(fsm.Default(), p))
	if got := run(m, "open S ? unknown ? +3ns ? unknown ? +6ns ? unknown ?"); got != "send 1; wait 3ns; send 1; wait 6ns; send 1; wait 7ns" {
		t.Error(got)
	}
	l, _ := m.Open(store.Lane{})
	l, _, _ = m.Accept(l, events.KindEscalationSuccess, start)
	for _, c := range []struct {
		free int
		want time.Duration
	}{
		{0, 0}, {1, 1}, {40, 1 << 39}, {60, 1 << 59}, {61, 1 << 60}, {62, 1 << 61}, {63, 1 << 62}, {64, 1 << 62}, {1000, 1 << 62},
	} {
		tried, _, _ := m.Next(l, delivery.Open, start)
		tried.Pending[0].Free = c.free
		after, _ := m.Outcome(tried, transport.Result{Class: transport.NotSent}, 0.5, start)
		if got := after.NotBefore.Sub(start); got != c.want {
			t.Errorf("after %d: %v, want %v", c.free, got, c.want)
		}
	}
}

// Twelve settle times are the longest wait, as far as a duration goes.
func TestSettle(t *testing.T) {
	const most = time.Duration(math.MaxInt64)
	for _, c := range []struct{ settle, want, longest time.Duration }{
		{0, 5 * time.Second, time.Minute}, {1, 1, 12}, {time.Minute, time.Minute, 12 * time.Minute},
		{most / 12, most / 12, most / 12 * 12}, {most/12 + 1, most/12 + 1, most}, {most, most, most},
	} {
		p := delivery.DefaultPolicy(delivery.Options{Settle: c.settle})
		if p.Settle != c.want || p.UnknownMin != c.want || p.UnknownMax != c.longest {
			t.Errorf("%v: %v, waits from %v to %v", c.settle, p.Settle, p.UnknownMin, p.UnknownMax)
		}
	}
}
