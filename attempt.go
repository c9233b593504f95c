package escalation

import (
	"context"
	"errors"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/transport"
)

// attempt is one allowed event on its way. It holds its lane and the turn in it until it has ended, whether
// or not the caller still waits.
type attempt struct {
	conversation *Conversation
	lane         *lane
	event        events.Outbound
	kind         events.Kind
	request      transport.Request

	round   int
	from    fsm.State // when the event was allowed
	next    fsm.State // if it is acknowledged
	decided time.Time

	done   chan struct{} // closed when result and err are set
	result Result
	err    error
}

// decide takes the decision on the event in the lane as it stands now.
func (a *attempt) decide(round int) (Observation, error) {
	v, l := a.conversation, a.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	o := Observation{Occasion: Refused, Kind: a.kind, From: l.state, To: l.state}
	if now := v.presumedRound(l); now != round {
		o.Refusal = &RoundError{Kind: a.kind, Round: round, Current: now}
		return v.number(l, o), o.Refusal
	}
	a.decided = v.client.config.Now()
	decision := v.decide(l, a.event, a.decided)
	if decision.Refusal != nil {
		o.Refusal = decision.Refusal
		return v.number(l, o), o.Refusal
	}
	if l.state == fsm.None { // Config.ImplicitOpen
		l.openRound()
	}
	a.round, a.from, a.next = l.round, l.state, decision.Next
	o.Occasion, o.From, o.To = Attempting, l.state, l.state
	return v.number(l, o), nil
}

// run makes the attempt and records its outcome.
func (a *attempt) run(ctx context.Context) {
	v, c := a.conversation, a.conversation.client
	defer c.attempts.Done()
	defer close(a.done)

	attemptCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.config.AttemptTimeout)
	stop := context.AfterFunc(c.cutOff, cancel)
	sent := c.transport.Send(attemptCtx, a.request)
	stop()
	cancel()

	o := a.settle(honest(sent))
	c.observe(ctx, o)
	c.logAttempt(ctx, o)
	a.lane.leave(&a.lane.outbound)
	v.exit(a.lane)
}

// honest mends results that break the contract of package transport, always towards less certainty.
func honest(r transport.Result) transport.Result {
	if !r.Class.Valid() {
		r.Class = transport.Unknown
	}
	if r.Class != transport.Acknowledged && r.Err == nil {
		r.Err = errors.New("the transport gave no reason")
	}
	return r
}

// settle records the outcome in the lane and in the attempt.
func (a *attempt) settle(sent transport.Result) Observation {
	l := a.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	o := Observation{Occasion: Attempted, Kind: a.kind, From: l.state, Result: sent}
	if sent.Class == transport.Acknowledged && l.round == a.round {
		a.apply()
	}
	o.To = l.state

	if sent.Class == transport.Acknowledged {
		a.result = Result{Kind: a.kind, Round: a.round, State: l.state, Status: sent.Status}
		if l.round != a.round {
			a.result.State = fsm.Ended // only a round that was over lets another begin
		}
	} else {
		a.err = &SendError{
			Kind: a.kind, Round: a.round, State: l.state, Class: sent.Class,
			Status: sent.Status, RetryAfter: sent.RetryAfter, Err: sent.Err,
		}
		if sent.Class == transport.Unknown && a.conversation.client.cutOff.Err() != nil {
			a.conversation.client.unknown.Add(1)
		}
	}
	o = a.conversation.number(l, o)
	o.Round = a.round
	return o
}

// apply moves the state by the acknowledged event, unless the visitor ended the round meanwhile.
func (a *attempt) apply() {
	if a.lane.state != a.from {
		return
	}
	a.lane.state = a.next
	if update, ok := a.event.(events.EscalationQueueUpdate); ok {
		a.lane.lastUpdate, a.lane.lastUpdateAt = update, a.decided
	}
}
