package delivery_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/transport"
)

func TestBreakerKeepsItsPromises(t *testing.T) { rapid.Check(t, breakerKeepsItsPromises) }
func FuzzBreakerKeepsItsPromises(f *testing.F) { f.Fuzz(rapid.MakeFuzz(breakerKeepsItsPromises)) }

func TestGatesKeepTheirPromises(t *testing.T) { rapid.Check(t, gatesKeepTheirPromises) }
func FuzzGatesKeepTheirPromises(f *testing.F) { f.Fuzz(rapid.MakeFuzz(gatesKeepTheirPromises)) }

var moments = []time.Duration{1, time.Second / 2, time.Second, 3 * time.Second, 10 * time.Second, time.Hour}

// breakerKeepsItsPromises holds a breaker against an account by attempts: who began in which period, and which of
// them is the probe.
func breakerKeepsItsPromises(t *rapid.T) {
	type attempt struct {
		ticket uint64
		period int
	}
	p := delivery.BreakerPolicy{Threshold: rapid.IntRange(1, 4).Draw(t, "threshold"), Min: time.Second, Max: 10 * time.Second}
	var (
		b              delivery.Breaker
		now            = start
		begun          []attempt
		period, streak int
		open           bool
		probe          = -1 // the attempt that is it
		failed         int  // probes, since it opened or was resumed
		due            time.Time
	)
	wait := func() time.Duration { return []time.Duration{1, 2, 4, 8, 10}[min(failed, 4)] * time.Second }
	turn := func(to bool) {
		open, probe, failed, streak, due = to, -1, 0, 0, now.Add(time.Second)
		period++
	}
	t.Repeat(map[string]func(*rapid.T){
		"time": func(t *rapid.T) { now = now.Add(rapid.SampledFrom(moments).Draw(t, "time")) },
		"allow": func(t *rapid.T) {
			next, permit := p.Allow(b, now)
			b = next
			want := delivery.Permit{OK: true, Ticket: permit.Ticket}
			switch {
			case !open:
			case probe >= 0:
				want = delivery.Permit{At: now.Add(wait())}
			case now.Before(due):
				want = delivery.Permit{At: due}
			default:
				want.Probe = true
				probe = len(begun)
			}
			if permit != want {
				t.Fatalf("%+v, want %+v", permit, want)
			}
			if permit.OK {
				begun = append(begun, attempt{permit.Ticket, period})
			}
		},
		"report": func(t *rapid.T) {
			if len(begun) == 0 {
				return // not Skip: rapid takes a hundred skips in a row for a failure, and a fuzzer finds them
			}
			i := rapid.IntRange(max(0, len(begun)-8), len(begun)-1).Draw(t, "attempt")
			a := begun[i]
			begun[i].period = -1 // a report counts once; what comes again is late
			v := delivery.Verdict(rapid.IntRange(0, 3).Draw(t, "verdict"))
			if a.period < 0 && !open && v == delivery.Bad {
				return // told twice
			}
			was := b
			b = p.Report(b, a.ticket, v, now)
			switch {
			case v == delivery.Good && open:
				turn(false)
			case v == delivery.Good:
				streak = 0
			case a.period != period || open && i != probe:
				if b != was {
					t.Fatalf("a late %v changed %+v to %+v", v, was, b)
				}
			case !open && v == delivery.Bad:
				if streak++; streak == p.Threshold {
					turn(true)
				}
			case open:
				probe = -1
				if v == delivery.Bad {
					failed++
				}
				if v != delivery.Unused {
					due = now.Add(wait())
				}
			}
		},
		"resume": func(t *rapid.T) {
			if b = p.Resume(b); open {
				turn(true)
				due = now
			}
		},
		"": func(t *rapid.T) {
			if b.Open() != open {
				t.Fatalf("open: %v, want %v", b.Open(), open)
			}
		},
	})
}

// gatesKeepTheirPromises: the gates follow from the changes that were told, no gate that is closed lets a second
// attempt through beside the probe, and once the trouble is over all is open within the two longest waits.
func gatesKeepTheirPromises(t *rapid.T) {
	g := must(delivery.NewGates(delivery.DefaultGates()))
	bots := []string{"a", "b", "c"}
	const all = "" // the host, among the bots
	closed := map[string]bool{}
	probes := map[string]int{} // under way, since the gate closed or was resumed
	type attempt struct {
		delivery.Pass
		bot     string
		probeOf []string
	}
	var begun []attempt
	now := start

	begin := func(t *rapid.T, bot string) delivery.Pass {
		p := g.Begin(bot, now)
		want := delivery.Open
		switch {
		case !p.At.IsZero() && closed[bot]:
			want = delivery.ScopeClosed
		case !p.At.IsZero():
			want = delivery.BreakerOpen
		case closed[bot]:
			want = delivery.ScopeProbe
		}
		if p.Gate != want || want == delivery.BreakerOpen && !closed[all] || !p.At.IsZero() && !p.At.After(now) {
			t.Fatalf("%+v of %s at %v, closed: %v", p, bot, now, closed)
		}
		if !p.At.IsZero() {
			return p
		}
		a := attempt{Pass: p, bot: bot}
		for _, gate := range []string{bot, all} {
			if closed[gate] {
				a.probeOf = append(a.probeOf, gate)
				if probes[gate]++; probes[gate] > 1 {
					t.Fatalf("a second probe of %q", gate)
				}
			}
		}
		if p.Probe != (len(a.probeOf) > 0) {
			t.Fatalf("%+v of %s, closed: %v", p, bot, closed)
		}
		begun = append(begun, a)
		return p
	}
	told := func(t *rapid.T, a attempt, c delivery.Change) {
		for _, gate := range a.probeOf {
			probes[gate] = max(probes[gate]-1, 0)
		}
		turn := func(gate string, shut, opened bool) {
			if shut && (closed[gate] || opened) || opened && !closed[gate] {
				t.Fatalf("%+v, closed before: %v", c, closed)
			}
			if shut || opened {
				closed[gate], probes[gate] = shut, 0
				for i := range begun { // what was begun before has no more say
					begun[i].probeOf = without(begun[i].probeOf, gate)
				}
			}
		}
		turn(a.bot, c.BotClosed, c.BotOpened)
		turn(all, c.AllClosed, c.AllOpened)
		want := delivery.Open
		if closed[a.bot] {
			want = delivery.ScopeClosed
		} else if closed[all] {
			want = delivery.BreakerOpen
		}
		if c.Gate != want || c.At.IsZero() != (want == delivery.Open) || !c.At.IsZero() && (c.At.Before(now) || c.At.Sub(now) > 30*time.Second) {
			t.Fatalf("%+v at %v, want %v", c, now, want)
		}
	}
	end := func(t *rapid.T, do func(delivery.Pass) delivery.Change) {
		if len(begun) == 0 {
			return
		}
		i := rapid.IntRange(0, len(begun)-1).Draw(t, "attempt")
		a := begun[i]
		begun = append(begun[:i:i], begun[i+1:]...)
		told(t, a, do(a.Pass))
	}
	bot := rapid.SampledFrom(bots)
	t.Repeat(map[string]func(*rapid.T){
		"time":       func(t *rapid.T) { now = now.Add(rapid.SampledFrom(moments).Draw(t, "time")) },
		"begin":      func(t *rapid.T) { begin(t, bot.Draw(t, "bot")) },
		"begin more": func(t *rapid.T) { begin(t, bot.Draw(t, "bot")) },
		"report": func(t *rapid.T) {
			class := rapid.SampledFrom(append(transport.Classes(), transport.Unknown, transport.NotSent)).Draw(t, "class")
			end(t, func(p delivery.Pass) delivery.Change { return g.Report(p, class, now) })
		},
		"outage": func(t *rapid.T) {
			b := bot.Draw(t, "bot")
			for range 5 {
				if p := begin(t, b); p.At.IsZero() {
					a := begun[len(begun)-1]
					begun = begun[:len(begun)-1]
					told(t, a, g.Report(a.Pass, transport.Unknown, now))
				}
			}
		},
		"revoked": func(t *rapid.T) {
			if p := begin(t, bot.Draw(t, "bot")); p.At.IsZero() {
				a := begun[len(begun)-1]
				begun = begun[:len(begun)-1]
				told(t, a, g.Report(a.Pass, transport.RefusedScope, now))
			}
		},
		"give up": func(t *rapid.T) { end(t, func(p delivery.Pass) delivery.Change { return g.GiveUp(p, now) }) },
		"cancel":  func(t *rapid.T) { end(t, func(p delivery.Pass) delivery.Change { return g.Cancel(p, now) }) },
		"resume": func(t *rapid.T) {
			b := bot.Draw(t, "bot")
			if g.Resume(b) != closed[b] {
				t.Fatalf("resumed %s, closed: %v", b, closed)
			}
			probes[b] = 0
			for i := range begun {
				begun[i].probeOf = without(begun[i].probeOf, b)
			}
		},
	})

	for len(begun) > 0 {
		a := begun[0]
		begun = begun[1:]
		told(t, a, g.GiveUp(a.Pass, now))
	}
	calm := now
	for closed["a"] || closed["b"] || closed["c"] || closed[all] {
		var next time.Time
		for _, b := range bots {
			p := begin(t, b)
			if p.At.IsZero() {
				a := begun[0]
				begun = nil
				told(t, a, g.Report(a.Pass, transport.Acknowledged, now))
			} else if next.IsZero() || p.At.Before(next) {
				next = p.At
			}
		}
		if !next.IsZero() {
			now = next
		}
		if now.Sub(calm) > 60*time.Second {
			t.Fatalf("G16: closed a minute after the trouble: %v", closed)
		}
	}
}

func without(all []string, gone string) []string {
	var kept []string
	for _, s := range all {
		if s != gone {
			kept = append(kept, s)
		}
	}
	return kept
}
