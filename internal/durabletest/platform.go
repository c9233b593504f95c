package durabletest

import (
	"context"
	"errors"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// arrival says when a request arrives at the platform.
type arrival uint8

const (
	atOnce  arrival = iota
	atEnd           // right before the answer
	delayed         // after the answer, within the settle time: some proxy held it up
	never
)

// fate is what happens to one attempt.
type fate struct {
	name    string
	class   transport.Class
	arrives arrival
	takes   time.Duration // until the answer
	asks    time.Duration // RetryAfter
}

// GoString is what rapid prints.
func (f fate) GoString() string { return f.name }

// fates are what may happen. An attempt for which none was drawn is acknowledged.
var fates = []fate{
	{name: "acknowledged"},
	{name: "acknowledged slowly", arrives: atOnce, takes: 3 * time.Second},
	{name: "acknowledged after a hang", arrives: atEnd, takes: 20 * time.Second},
	{name: "rejected", class: transport.Rejected},
	{name: "rejected after a hang", class: transport.Rejected, takes: 20 * time.Second},
	{name: "taken in, then a 500", class: transport.Unknown},
	{name: "taken in, then a time-out", class: transport.Unknown, takes: 30 * time.Second},
	{name: "cut off before it arrived", class: transport.Unknown, arrives: never},
	{name: "held up", class: transport.Unknown, arrives: delayed},
	{name: "held up after a hang", class: transport.Unknown, arrives: delayed, takes: 2 * time.Second},
	{name: "not sent", class: transport.NotSent, arrives: never},
	{name: "later", class: transport.RefusedLater},
	{name: "much later", class: transport.RefusedLater, asks: 40 * time.Second},
}

func init() {
	for i := range fates[:3] {
		fates[i].class = transport.Acknowledged
	}
}

var errPlatform = errors.New("durabletest: the platform is as it is")

// line is the platform as a process sees it.
type line struct{ p *process }

func (n line) Send(ctx context.Context, r transport.Request) transport.Result {
	p := n.p
	p.mu.Lock()
	a := p.byKey[store.Key{Bot: r.BotID, Conversation: r.ConversationID}]
	if p.dead || a == nil {
		p.mu.Unlock()
		return transport.Result{Class: transport.Unknown, Err: errGone}
	}
	p.attempted(a, r)
	f := fate{class: transport.Acknowledged}
	if len(a.fates) > 0 {
		f, a.fates = a.fates[0], a.fates[1:]
	}
	if p.badKey[r.BotID] {
		f = fate{class: transport.RefusedScope, takes: f.takes}
	}
	if f.arrives == atOnce {
		a.arrive(r.Body, f.class)
	}
	a.under++
	p.under++
	p.mu.Unlock()

	cut := false
	if f.takes > 0 {
		wait := time.NewTimer(f.takes)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
			cut = true
		}
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	a.under--
	p.under--
	switch {
	case p.dead:
		return transport.Result{Class: transport.Unknown, Err: errGone}
	case cut:
		a.leftOpen(r.Body, p.settle())
		return transport.Result{Class: transport.Unknown, Err: ctx.Err()}
	case f.arrives == atEnd:
		a.arrive(r.Body, f.class)
	case f.arrives == delayed:
		body := append([]byte(nil), r.Body...)
		a.landing++
		time.AfterFunc(p.settle()*9/10, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			a.landing--
			a.arrive(body, transport.Unknown)
		})
	}
	p.answered(r.BotID, f.class == transport.RefusedScope)
	if f.class != transport.Acknowledged && f.class != transport.Rejected {
		p.worse = time.Now()
	}
	result := transport.Result{Class: f.class, RetryAfter: f.asks}
	switch f.class {
	case transport.Acknowledged:
		result.Status = 200
		a.answers = append(a.answers, answer{p, time.Now(), string(r.Body)})
		return result
	case transport.Unknown:
		a.leftOpen(r.Body, p.settle())
	}
	result.Err = errPlatform
	return result
}

// attempted judges the beginning of an attempt; the mutex is held.
func (p *process) attempted(a *account, r transport.Request) {
	again := time.Duration(0)                                                              // the more often, the later
	alone := r.Kind != events.KindEscalationFailed && r.Kind != events.KindAgentDisconnect // the others have no body of their own
	if n := a.unknowns[string(r.Body)]; n > 0 && alone {
		again = min(p.settle()<<(n-1), 12*p.settle()) - p.settle()
	}
	switch most := p.MaxAttempts; {
	case a.under > 0:
		p.wrong("an attempt begins while another one of the conversation is under way")
	case most > 0 && p.under >= most:
		p.wrong("too many attempts at once")
	case time.Now().Before(a.quietUntil.Add(-time.Microsecond)): // instants are cut to that
		p.wrong("an attempt begins within the settle time")
	case time.Now().Before(a.quietUntil.Add(again - time.Microsecond)):
		p.wrong("an event is attempted again too early")
	}
}

// leftOpen notes an attempt whose sender knows nothing; the mutex is held.
func (a *account) leftOpen(body []byte, settle time.Duration) {
	a.quietUntil = later(a.quietUntil, time.Now().Add(settle))
	a.unknowns[string(body)]++
}

// arrive notes a request; the mutex is held.
func (a *account) arrive(body []byte, c transport.Class) {
	a.Trace = append(a.Trace, invariant.Arrival{
		Body: append([]byte(nil), body...), Answer: invariant.Class(c),
	})
}
