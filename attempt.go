package escalation

import (
	"cmp"
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
	turn         <-chan struct{} // in lane.outbound
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
	o.Occasion, o.To = Attempting, l.state
	return v.number(l, o), nil
}

// run makes the attempt and records its outcome.
func (a *attempt) run(ctx context.Context) {
	v, c := a.conversation, a.conversation.client
	defer c.endAttempt()
	defer close(a.done)

	o := a.settle(honest(c.transport.Send(attemptContext{c.cutOff, ctx}, a.request)))
	c.observe(ctx, o)
	c.logAttempt(ctx, o)
	a.lane.leave(&a.lane.outbound, a.turn)
	v.exit(a.lane)
}

// honest mends results that break the contract of package transport, always towards less certainty.
func honest(r transport.Result) transport.Result {
	if !r.Class.Valid() || r.Class == transport.Acknowledged && r.Err != nil {
		r.Class = transport.Unknown
	}
	if r.Class != transport.Acknowledged && r.Err == nil {
		r.Err = errors.New("the transport gave no reason")
	}
	r.RetryAfter = min(max(r.RetryAfter, 0), transport.MaxRetryAfter)
	return r
}

// settle records the outcome in the lane and in the attempt.
func (a *attempt) settle(sent transport.Result) Observation {
	l, c := a.lane, a.conversation.client
	l.mu.Lock()
	defer l.mu.Unlock()
	o := Observation{Occasion: Attempted, Kind: a.kind, From: a.state(), Result: sent}
	if sent.Class == transport.Acknowledged {
		a.apply()
		a.result = Result{Kind: a.kind, Round: a.round, State: a.state(), Status: sent.Status}
	} else {
		a.err = &SendError{
			Kind: a.kind, Round: a.round, State: a.state(), Class: sent.Class,
			Status: sent.Status, RetryAfter: sent.RetryAfter, Err: sent.Err,
		}
		if sent.Class == transport.Unknown && c.cutOff.Err() != nil {
			c.unknown.Add(1)
		}
	}
	o.To = a.state()
	o = a.conversation.number(l, o)
	o.Round = a.round
	return o
}

// state is where the attempt's round stands. If another round has begun since, it is over: only the visitor
// ends a round during an attempt, and only a round that is over lets another begin.
func (a *attempt) state() fsm.State {
	if a.lane.round != a.round {
		return fsm.Ended
	}
	return a.lane.state
}

// apply moves the state by the acknowledged event, unless the visitor ended the round meanwhile.
func (a *attempt) apply() {
	l := a.lane
	if l.round != a.round || l.state != a.from {
		return
	}
	l.state = a.next
	if update, ok := a.event.(events.EscalationQueueUpdate); ok {
		l.lastUpdate, l.lastUpdateAt = update, a.decided
		l.lastPosition = cmp.Or(update.QueuePosition, l.lastPosition)
	}
}

// attemptContext has the values of the caller's context and ends when the client cuts off its attempts.
type attemptContext struct {
	context.Context // Client.cutOff
	caller          context.Context
}

// Value asks the client's context first, which knows nothing but how to tell its children of its end.
func (c attemptContext) Value(key any) any {
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.caller.Value(key)
}
