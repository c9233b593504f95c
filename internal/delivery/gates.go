package delivery

import (
	"maps"
	"time"

	"github.com/escalationkit/escalation/transport"
)

// Gates are the breakers of one base URL: that of the host, and that of the scope of each bot. Like the machine they have
// no clock, lock or goroutine; unlike it they change, so one caller at a time. They are not recorded: a process
// starts with all gates open.
type Gates struct {
	policy GatePolicy
	host   Breaker
	scopes map[string]Breaker // of the bots that were ever refused
}

// NewGates returns open gates, or every problem of the policy.
func NewGates(p GatePolicy) (*Gates, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	p.Verdicts = maps.Clone(p.Verdicts)
	return &Gates{policy: p, scopes: map[string]Breaker{}}, nil
}

// Pass is the answer to Begin.
type Pass struct {
	// Gate is for Machine.Next. If it is Open or ScopeProbe an attempt may begin, and one of Report, NoKey, GiveUp and
	// Cancel must follow, once; otherwise they do nothing.
	Gate Gate
	// Probe: the attempt is the probe of the scope, the host, or both. Until it is reported no other begins.
	Probe bool
	// At is set if no attempt may begin: when to ask again. Of all that wait for the same gate one has to, or
	// nobody probes it.
	At time.Time

	bot         string
	scope, host uint64 // tickets
}

// Change is what an outcome did to the gates.
type Change struct {
	// BotClosed: ask the lanes of the bot that wait, so that they hear of it and stop ageing. BotOpened: ask those
	// that are held. At most one of them is set.
	BotClosed, BotOpened bool
	// AllClosed, AllOpened: likewise the host, for the lanes of all bots.
	AllClosed, AllOpened bool
	// Gate is where the bot stands now: Open, ScopeClosed or BreakerOpen. At is set unless it is Open; see Pass.
	Gate Gate
	At   time.Time
}

// Begin says whether an attempt of a bot may begin now. An attempt needs both gates; it can be the probe of both.
func (g *Gates) Begin(bot string, now time.Time) Pass {
	scope, mine := g.policy.Scope.Allow(g.scopes[bot], now)
	host, all := g.policy.Host.Allow(g.host, now)
	pass := Pass{Gate: Open, bot: bot, scope: mine.Ticket, host: all.Ticket}
	if mine.OK && all.OK {
		g.host = host
		g.keep(bot, scope)
		if mine.Probe {
			pass.Gate = ScopeProbe
		}
		pass.Probe = mine.Probe || all.Probe
		return pass
	}
	// What one gate allowed and the other did not is not taken.
	if !mine.OK {
		g.keep(bot, scope)
	}
	if !all.OK {
		g.host = host
	}
	pass.Gate, pass.At = BreakerOpen, later(mine.At, all.At)
	if scope.Open() {
		pass.Gate = ScopeClosed
	}
	return pass
}

// Report takes the class in which the attempt of a pass ended.
func (g *Gates) Report(p Pass, c transport.Class, now time.Time) Change {
	v, ok := g.policy.Verdicts[c]
	if !ok {
		v = g.policy.Verdicts[transport.Unknown]
	}
	return g.report(p, v, now)
}

// NoKey is for an attempt that there was no key for: it says that the scope is not sound, and the host was not asked.
func (g *Gates) NoKey(p Pass, now time.Time) Change {
	return g.report(p, Verdicts{Host: Unused, Scope: Bad}, now)
}

// GiveUp is for an attempt that this process gave up, which says nothing about anybody else.
func (g *Gates) GiveUp(p Pass, now time.Time) Change {
	return g.report(p, Verdicts{Host: Neutral, Scope: Neutral}, now)
}

// Cancel is for a pass with which no attempt began.
func (g *Gates) Cancel(p Pass, now time.Time) Change {
	return g.report(p, Verdicts{Host: Unused, Scope: Unused}, now)
}

// Resume makes a probe of a bot's scope due at once, and reports whether its scope is closed.
func (g *Gates) Resume(bot string) bool {
	scope := g.policy.Scope.Resume(g.scopes[bot])
	g.keep(bot, scope)
	return scope.Open()
}

func (g *Gates) report(p Pass, v Verdicts, now time.Time) Change {
	scope, host := g.scopes[p.bot], g.host
	if p.At.IsZero() {
		g.keep(p.bot, g.policy.Scope.Report(scope, p.scope, v.Scope, now))
		g.host = g.policy.Host.Report(host, p.host, v.Host, now)
	}
	closed, shut := g.scopes[p.bot].Open(), g.host.Open()
	change := Change{
		BotClosed: closed && !scope.Open(), BotOpened: !closed && scope.Open(),
		AllClosed: shut && !host.Open(), AllOpened: !shut && host.Open(),
	}
	switch {
	case closed:
		change.Gate = ScopeClosed
	case shut:
		change.Gate = BreakerOpen
	default:
		return change
	}
	_, mine := g.policy.Scope.Allow(g.scopes[p.bot], now)
	_, all := g.policy.Host.Allow(g.host, now)
	change.At = later(now, later(mine.At, all.At))
	return change
}

// keep remembers the scope of a bot, if there is anything to remember.
func (g *Gates) keep(bot string, b Breaker) {
	if b == (Breaker{}) {
		delete(g.scopes, bot)
		return
	}
	g.scopes[bot] = b
}
