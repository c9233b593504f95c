package escalation

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// probeAgain is how soon a bot whose probe is due is looked at again, in case that the conversation that was to
// make the probe had nothing to send.
const probeAgain = time.Second

// gates are the breakers, and what the clock has to do because of them.
type gates struct {
	mu     sync.Mutex
	gates  *delivery.Gates
	probes map[string]probe // by bot
	// Conversations to be released, so that they hear of a gate that was closed or opened.
	bots map[string]bool // those of these bots
	all  bool            // those of all
}

// probe says when a held conversation of a bot has to ask again.
type probe struct {
	at time.Time
	// tries is how often some were released without an attempt that followed: they had nothing to send yet, and a store
	// may go on to release the same ones first. So each time twice as many are.
	tries int
}

// askGates asks for an attempt of a bot. If the pass allows it, the outcome is to be reported, or the pass cancelled;
// otherwise await has to follow once the conversation is stored.
func (c *Client) askGates(bot string, now time.Time) delivery.Pass {
	c.gates.mu.Lock()
	defer c.gates.mu.Unlock()
	return c.gates.gates.Begin(bot, now)
}

// await has a conversation hear of the gates of its bot that did not let it through, and that at the latest when its
// pass said. It was stored as held before: the gates may have opened meanwhile, and all that were held then been released
// without it.
func (c *Client) await(bot string, at time.Time) {
	g, now := &c.gates, c.now()
	g.mu.Lock()
	if p := g.gates.Begin(bot, now); allows(p) {
		g.gates.Cancel(p, now)
		at = now
	}
	g.probes[bot] = probe{at, g.probes[bot].tries}
	g.mu.Unlock()
	c.wakeIn(at.Sub(now))
}

// allows reports whether an attempt may begin with the pass.
func allows(p delivery.Pass) bool { return p.Gate == delivery.Open || p.Gate == delivery.ScopeProbe }

// cancel returns a pass with which no attempt began.
func (c *Client) cancel(p delivery.Pass) {
	c.gates.mu.Lock()
	defer c.gates.mu.Unlock()
	c.gates.gates.Cancel(p, c.now())
}

// report takes what an attempt says about the place it went to.
func (c *Client) report(bot string, p delivery.Pass, r transport.Result) {
	g := &c.gates
	g.mu.Lock()
	var change delivery.Change
	switch {
	case c.cutOff.Err() != nil:
		change = g.gates.GiveUp(p, c.now())
	case r.Class == transport.RefusedScope && r.Status == 0:
		change = g.gates.NoKey(p, c.now()) // nobody answered: that a bot has no key does not mean that the host is up
		g.sooner(c.now())
	default:
		change = g.gates.Report(p, r.Class, c.now())
	}
	if !change.At.IsZero() {
		g.probes[bot] = probe{at: change.At}
	}
	if change.BotOpened || change.BotClosed {
		g.bots[bot] = true
	}
	g.all = g.all || change.AllOpened
	g.mu.Unlock()
	switch {
	case change.BotClosed:
		c.logGate("escalation: a bot is paused: its key, its id or the base URL is refused, or it has no key", bot)
	case change.BotOpened:
		c.logGate("escalation: a bot is resumed", bot)
	}
	switch {
	case change.AllClosed:
		c.logGate("escalation: sending is paused: one attempt after another failed", "")
	case change.AllOpened:
		c.logGate("escalation: sending is resumed", "")
	}
	if change != (delivery.Change{}) {
		c.Wake()
	}
}

// sooner has every bot ask as soon as the gates may let it through now. A probe of the host that came to nothing leaves the next one
// due at once, and who asked while it was under way was told a later time.
func (g *gates) sooner(now time.Time) {
	for bot, waits := range g.probes {
		p := g.gates.Begin(bot, now)
		if allows(p) {
			g.gates.Cancel(p, now)
			p.At = now
		}
		if p.At.Before(waits.at) {
			g.probes[bot] = probe{p.At, waits.tries}
		}
	}
}

// probe releases the conversations that wait for a gate: all of them if it was closed or opened, one or some if it is to be
// tried. It returns when to come again.
func (c *Client) probe(ctx context.Context) (time.Duration, error) {
	g, now := &c.gates, c.now()
	tried := g.due(now)
	g.mu.Lock()
	bots, all := g.bots, g.all
	g.bots, g.all = map[string]bool{}, false
	g.mu.Unlock()
	if all {
		n, err := c.store.Release(ctx, "", true, portion)
		if err != nil {
			return 0, err
		}
		all = n == portion
	}
	for bot := range bots {
		n, err := c.store.Release(ctx, bot, false, portion)
		if err != nil {
			return 0, err
		}
		if n < portion {
			delete(bots, bot)
		}
	}
	for bot, limit := range tried {
		n, err := c.store.Release(ctx, bot, false, limit)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			g.forget(bot, now) // whatever is accepted for it next asks by itself
		}
	}
	wait := store.Never
	g.mu.Lock()
	defer g.mu.Unlock()
	if all || len(bots) > 0 {
		g.all = g.all || all
		maps.Copy(g.bots, bots)
		wait = 0
	}
	for _, p := range g.probes {
		wait = min(wait, max(p.at.Sub(now), time.Millisecond))
	}
	return wait, nil
}

// due returns the bots whose probe is due, with how many of their conversations to release for it. Where the gates are open
// it has all of them released.
func (g *gates) due(now time.Time) map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	limits := map[string]int{}
	for bot, waits := range g.probes {
		if wait := waits.at.Sub(now); wait > 0 && wait <= delivery.LongestProbe { // longer: the clock was put back
			continue
		}
		p := g.gates.Begin(bot, now)
		if !allows(p) {
			g.probes[bot] = probe{p.At, waits.tries}
			continue
		}
		g.gates.Cancel(p, now)
		if !p.Probe {
			delete(g.probes, bot)
			g.bots[bot] = true
			continue
		}
		limits[bot] = 1 << min(waits.tries, 20)
		g.probes[bot] = probe{now.Add(probeAgain), waits.tries + 1}
	}
	return limits
}

// forget ends the probing of a bot for which no conversation waits, unless one has begun to since due was called.
func (g *gates) forget(bot string, due time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.probes[bot].at.Equal(due.Add(probeAgain)) {
		delete(g.probes, bot)
	}
}

// Resume tries a paused bot at once: its key, its id or the base URL was mended. Without it the bot is tried again
// within half a minute. It reports whether the bot is paused.
func (b Bot) Resume() bool {
	c, g := b.client, &b.client.gates
	g.mu.Lock()
	paused := g.gates.Resume(b.id)
	if paused {
		g.probes[b.id] = probe{at: c.now()}
	}
	g.mu.Unlock()
	if paused {
		c.Wake()
	}
	return paused
}
