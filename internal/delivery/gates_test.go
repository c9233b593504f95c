package delivery_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/transport"
)

const (
	scopeClosed = "a 1:scope +1s | "
	hostClosed  = "a a a a a a 1:unknown 2:notsent 3:unknown 4:notsent 5:unknown +1s | "
	bothClosed  = "a a a a a a 1:unknown 2:notsent 3:unknown 4:notsent | 6:scope "
)

// verdictCells: what each outcome says, of a closed gate, a probe, and four failures in a row.
var verdictCells = []gated{
	{"a a a a a 1:unknown 2:unknown 3:unknown 4:unknown | 5:unknown", "all closed; breaker 1s", "nobody answers"},
	{"a a a a a 1:unknown 2:unknown 3:unknown 4:unknown | 5:notsent", "all closed; breaker 1s", "nobody is there"},
	{"a a a a a 1:unknown 2:unknown 3:unknown 4:unknown | 5:invalid", "all closed; breaker 1s", "an outcome that is none is unknown"},
	{"a a a a a a 1:unknown 2:unknown 3:unknown 4:unknown | 5:ok 6:unknown", "", "taken in: no row"},
	{"a a a a a a 1:unknown 2:unknown 3:unknown 4:unknown | 5:rejected 6:unknown", "", "rejected by somebody: no row"},
	{"a b a a a a 1:unknown 3:unknown 4:unknown 5:unknown | 2:scope 6:unknown", "bot closed; scope 1s", "refused by somebody: no row"},
	{"a a a a a a 1:unknown 2:unknown 3:unknown 4:unknown | 5:later 6:unknown", "all closed; breaker 1s", "not now: says nothing of the host"},

	{hostClosed + "a 7:unknown", "probe 7; breaker 2s", "nobody answers still"},
	{hostClosed + "a 7:notsent", "probe 7; breaker 2s", "nobody is there still"},
	{hostClosed + "a 7:invalid", "probe 7; breaker 2s", "an outcome that is none is unknown"},
	{hostClosed + "a 7:ok", "probe 7; all opened", "taken in"},
	{hostClosed + "a 7:rejected", "probe 7; all opened", "the host is there"},
	{hostClosed + "a 7:scope", "probe 7; bot closed; all opened; scope 1s", "the host is there, for others"},
	{hostClosed + "a 7:later", "probe 7; breaker 1s", "it asks for less, not for more"},

	{scopeClosed + "a 2:unknown", "probe 2; of the scope; scope 1s", "nobody answers: it says nothing of the key"},
	{scopeClosed + "a 2:notsent", "probe 2; of the scope; scope 1s", "nobody heard of the key"},
	{scopeClosed + "a 2:invalid", "probe 2; of the scope; scope 1s", "an outcome that is none is unknown"},
	{scopeClosed + "a 2:ok", "probe 2; of the scope; bot opened", "taken in with the key"},
	{scopeClosed + "a 2:rejected", "probe 2; of the scope; bot opened", "read, hence let in"},
	{scopeClosed + "a 2:scope", "probe 2; of the scope; scope 2s", "refused again"},
	{scopeClosed + "a 2:later", "probe 2; of the scope; bot opened", "whoever is asked to come back is welcome"},

	{"a 1:unknown a 2:notsent a 3:later a 4:rejected a 5:ok a", "1; 2; 3; 4; 5; 6", "none of these closes a scope"},
}

// gateWaits hold the figures.
var gateWaits = []gated{
	{"a 1:scope a +1s a 2:scope +2s a 3:scope +4s a 4:scope +8s a 5:scope +16s a 6:scope +30s a 7:scope a",
		"1; bot closed; scope 1s; scope 1s; probe 2; of the scope; scope 2s; probe 3; of the scope; scope 4s; probe 4; of the scope; scope 8s; " +
			"probe 5; of the scope; scope 16s; probe 6; of the scope; scope 30s; probe 7; of the scope; scope 30s; scope 30s",
		"a refused key is tried after 1 s, doubling to 30 s"},
	{"a 1:scope +999999999ns a +1ns a", "1; bot closed; scope 1s; scope 1ns; probe 2; of the scope", "not a nanosecond early"},
	{"a a a a a 1:unknown 2:unknown 3:unknown 4:unknown | 5:unknown +1s a 6:unknown +2s a 7:unknown +4s a 8:unknown +8s a 9:unknown +16s a " +
		"10:unknown +30s a 11:unknown a", "all closed; breaker 1s; probe 6; breaker 2s; probe 7; breaker 4s; probe 8; breaker 8s; probe 9; " +
		"breaker 16s; probe 10; breaker 30s; probe 11; breaker 30s; breaker 30s", "so is a host that fails"},
	{"a a a a a 1:unknown 2:unknown 3:unknown 4:unknown | 5:unknown +999999999ns a +1ns a", "all closed; breaker 1s; breaker 1ns; probe 6", "not a nanosecond early"},
	{"a b c a b c 1:unknown 2:unknown 3:unknown 4:unknown | a 5:unknown a b d", "7; all closed; breaker 1s; breaker 1s; breaker 1s; breaker 1s",
		"failures in a row over all bots close the host for all"},
}

// bothGates: an attempt needs both.
var bothGates = []gated{
	{scopeClosed + "b c a a b", "2; 3; probe 4; of the scope; scope 1s; 5", "the scope of one bot is no other's"},
	{hostClosed + "a b", "probe 7; breaker 1s", "the host's probe is anybody's, but one"},
	{bothClosed + "5:unknown b", "bot closed; scope 1s; scope 1s; 7", "refused is an answer, so no five in a row"},
	{"a a a a a a 1:scope 2:unknown 3:unknown 4:unknown 5:unknown | 6:unknown a b", "all closed; scope 1s; scope 1s; breaker 1s",
		"closed both, the scope counts: nothing ages"},
	{"a b b b b b 1:scope 2:unknown 3:unknown 4:unknown 5:unknown 6:unknown +1s | a a b 7:ok a b",
		"probe 7; of the scope; scope 1s; breaker 1s; bot opened; all opened; 8; 9", "one attempt is the probe of both"},
	{"a b b b b b 1:scope 2:unknown 3:unknown 4:unknown 5:unknown 6:unknown +1s | a 7:unknown a b +1s a b +1s a",
		"probe 7; of the scope; scope 2s; scope 2s; breaker 2s; scope 1s; breaker 1s; probe 8; of the scope", "due for the scope, not for the host: it waits for both"},
	{"a b b b b b 1:scope 2:unknown 3:unknown 4:unknown 5:unknown 6:unknown +1s | a 7:scope a b",
		"probe 7; of the scope; all opened; scope 2s; scope 2s; 8", "the host answered, and refused"},
	{"a b b b b b 1:scope 2:unknown 3:unknown 4:unknown 5:unknown 6:unknown +1s | a 7:later a b",
		"probe 7; of the scope; bot opened; breaker 1s; breaker 1s; breaker 1s", "the bot is released to the host's breaker"},
	{"a +500ms b b b b b 1:scope 2:unknown 3:unknown 4:unknown 5:unknown 6:unknown +1s | b a", "probe 7; scope 1s",
		"the host is being probed: the scope's probe is left for later"},
	{"a b b b b b 2:unknown 3:unknown 4:unknown 5:unknown 6:unknown +500ms 1:scope", "1; 2; 3; 4; 5; 6; all closed; breaker 1s; bot closed; all opened; scope 1s",
		"a late refusal closes the one and opens the other"},
	{"a 1:scope +1s a 2:scope b b b b b 3:unknown 4:unknown 5:unknown 6:unknown 7:unknown +1s | a b", "scope 1s; probe 8",
		"due for the host, not for the scope: the host's probe is left for others"},
	{scopeClosed + "+-1h a +1s a", "scope 1s; probe 2; of the scope", "a clock that was put back makes no wait longer"},
	{hostClosed + "+-1h a +1s a", "breaker 1s; probe 7", "likewise"},
	{scopeClosed + "a 2:given a +1s a 3:given", "probe 2; of the scope; scope 1s; scope 1s; probe 3; of the scope; scope 1s", "given up: it says nothing"},
	{hostClosed + "a 7:given a +1s a 8:given", "probe 7; breaker 1s; breaker 1s; probe 8; breaker 1s", "likewise"},
	{scopeClosed + "a 2:cancelled a", "probe 2; of the scope; scope 0s; probe 3; of the scope", "nothing to send after all: the next at once"},
	{hostClosed + "a 7:cancelled b", "probe 7; breaker 0s; probe 8", "likewise"},
	{"a a a a a 1:unknown 2:unknown 3:unknown 4:unknown | 5:given a 6:unknown", "6; all closed; breaker 1s", "giving up is no failure and no success"},

	{scopeClosed + "a 2:nokey", "probe 2; of the scope; scope 2s", "no key closes the scope like a refused one"},
	{"a a a a a a 1:unknown 2:unknown 3:unknown 4:unknown | 5:nokey 6:unknown", "bot closed; scope 1s; all closed; scope 1s",
		"the host was not asked: it is no answer between five failures in a row"},
	{"a a a a a 1:unknown 2:unknown 3:unknown 4:unknown | 5:nokey b", "bot closed; scope 1s; 6", "nor is it a failure of the host"},
	{hostClosed + "a 7:nokey a b", "probe 7; bot closed; scope 1s; scope 1s; probe 8", "the host stays closed, and its probe is for others, at once"},

	{"a resume:a a", "1; false; 2", "nothing is paused"},
	{"a 1:scope resume:a a a resume:b", "1; bot closed; scope 1s; true; probe 2; of the scope; scope 1s; false", "the key was mended: at once"},
	{"a a 1:scope +1s a resume:a a 3:scope 4:ok a", "1; 2; bot closed; scope 1s; probe 3; of the scope; true; probe 4; of the scope; scope 1s; bot opened; 5",
		"the probe with the old key does not count"},
	{"a b b b b b 1:scope 2:unknown 3:unknown 4:unknown 5:unknown 6:unknown | resume:a a +1s a", "true; scope 1s; probe 7; of the scope",
		"a mended key is no reason to press a host that fails"},
	{"a a a 1:scope resume:a a 4:ok 2:scope 3:scope a", "1; 2; 3; bot closed; scope 1s; true; probe 4; of the scope; bot opened; 5",
		"refused with the old key, late: the new one is in force"},
}

func TestGatePolicy(t *testing.T) {
	for _, all := range [][]gated{verdictCells, gateWaits, bothGates} {
		for _, e := range all {
			if err := e.fails(delivery.DefaultGates()); err != nil {
				t.Error(err)
			}
			if e.why == "" {
				t.Errorf("%s: no reason is given", e.script)
			}
		}
	}
}

// A pass that allowed no attempt is nobody's probe, whatever is reported of it.
func TestRefusedPass(t *testing.T) {
	g := must(delivery.NewGates(delivery.DefaultGates()))
	report := func(bot string, c transport.Class) { g.Report(g.Begin(bot, start), c, start) }
	for range 5 {
		report("b", transport.Unknown)
	}
	if g.Report(g.Begin("b", start.Add(time.Second)), transport.RefusedScope, start.Add(time.Second)); g.Begin("a", start).Gate != delivery.Open {
		t.Fatal("the host answered")
	}
	for range 5 {
		report("a", transport.Unknown)
	}
	now := start.Add(time.Second) // the host's probe is due, that of b a second later
	refused := g.Begin("b", now)
	probe := g.Begin("a", now)
	if refused.Gate != delivery.ScopeClosed || !probe.Probe {
		t.Fatalf("%+v, %+v", refused, probe)
	}
	g.Report(refused, transport.Acknowledged, now)
	g.GiveUp(refused, now)
	g.Cancel(refused, now)
	if p := g.Begin("a", now); p.Gate != delivery.BreakerOpen {
		t.Errorf("%+v", p)
	}
}

// What a scope that may be refused more than once remembers.
func TestScopeThreshold(t *testing.T) {
	p := delivery.DefaultGates()
	p.Scope.Threshold = 2
	for _, e := range []gated{
		{"a 1:scope a 2:scope a", "1; 2; bot closed; scope 1s; scope 1s", "refused twice in a row"},
		{"a 1:scope a 2:ok a 3:scope a", "1; 2; 3; 4", "not in a row"},
		{"a 1:scope b 2:scope a", "1; 2; 3", "two bots, once each"},
	} {
		if err := e.fails(p); err != nil {
			t.Error(err)
		}
	}
}

func TestGatePolicyProblems(t *testing.T) {
	const waits = "the threshold must be at least 1, the waits positive, and the maximum not below the minimum"
	for _, c := range []struct {
		change func(*delivery.GatePolicy)
		want   []string
	}{
		{func(p *delivery.GatePolicy) { p.Host.Threshold, p.Host.Max, p.Scope.Min = 1, p.Host.Min, 1 }, nil},
		{func(p *delivery.GatePolicy) { p.Host.Threshold = 0 }, []string{"delivery: gate of the host: " + waits}},
		{func(p *delivery.GatePolicy) { p.Scope.Threshold = -1 }, []string{"delivery: gate of the scope: " + waits}},
		{func(p *delivery.GatePolicy) { p.Scope.Min = 0 }, []string{"delivery: gate of the scope: " + waits}},
		{func(p *delivery.GatePolicy) { p.Host.Max = p.Host.Min - 1 }, []string{"delivery: gate of the host: " + waits}},
		{func(p *delivery.GatePolicy) { delete(p.Verdicts, transport.Rejected) }, []string{"delivery: gates: no verdict on an outcome rejected"}},
		{func(p *delivery.GatePolicy) {
			p.Verdicts[transport.Rejected] = delivery.Verdicts{Host: delivery.Unused}
		},
			[]string{"delivery: gates: no verdict on an outcome rejected"}},
		{func(p *delivery.GatePolicy) {
			p.Verdicts[transport.Rejected] = delivery.Verdicts{Scope: delivery.Unused}
		},
			[]string{"delivery: gates: no verdict on an outcome rejected"}},
		{func(p *delivery.GatePolicy) { p.Host, p.Verdicts = delivery.BreakerPolicy{}, nil }, []string{
			"delivery: gate of the host: " + waits,
			"delivery: gates: no verdict on an outcome unknown", "delivery: gates: no verdict on an outcome acknowledged",
			"delivery: gates: no verdict on an outcome not sent", "delivery: gates: no verdict on an outcome refused scope",
			"delivery: gates: no verdict on an outcome refused later", "delivery: gates: no verdict on an outcome rejected",
		}},
	} {
		p := delivery.DefaultGates()
		c.change(&p)
		g, err := delivery.NewGates(p)
		var got []string
		if err != nil {
			got = strings.Split(err.Error(), "\n")
		}
		if diff := cmp.Diff(c.want, got); diff != "" || (g == nil) != (err != nil) {
			t.Error(diff)
		}
	}
}

// What the caller does with the map of the policy later is the caller's.
func TestGatePolicyIsCopied(t *testing.T) {
	p := delivery.DefaultGates()
	g := must(delivery.NewGates(p))
	clear(p.Verdicts)
	if got := passes(g, "a 1:scope"); got != "1; bot closed; scope 1s" {
		t.Error(got)
	}
	if len(delivery.DefaultGates().Verdicts) != 6 {
		t.Error("the default policies share their map")
	}
}
