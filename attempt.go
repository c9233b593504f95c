package escalation

import (
	"context"
	"errors"
	"fmt"

	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/transport"
)

// attempt makes the attempt that a turn began, and returns the op that records what became of it.
func (c *Client) attempt(t *turn) *op {
	l, e := t.lane, t.step.Event
	result := honest(c.send(l, e.Number, transport.Request{
		BotID: l.key.Bot, ConversationID: l.key.Conversation, Kind: e.Kind, Body: t.body(e.Number),
	}))
	c.report(l.key.Bot, t.permit, result)
	var last *turn
	return &op{
		must: true,
		apply: func(t *turn) error {
			last = t
			t.outcome(e, result)
			return nil
		},
		finish: func(err error) {
			switch {
			case err != nil:
				c.unstored.Add(1)
			case result.Class == transport.Unknown && c.cutOff.Err() != nil:
				c.unknown.Add(1)
			}
			if err != nil || last.step.Do != delivery.Send { // otherwise the next attempt has taken the room
				c.endAttempt()
			}
		},
	}
}

// send hands the request to the transport. A transport that panics has told nothing.
func (c *Client) send(l *lane, number uint64, r transport.Request) (result transport.Result) {
	defer func() {
		if p := recover(); p != nil {
			c.logPanic("transport", p)
			result = transport.Result{Err: fmt.Errorf("escalation: the transport panicked with a value of type %T", p)}
		}
	}()
	return c.transport.Send(attemptContext{c.cutOff, l.callerOf(number)}, r)
}

// callerOf returns the context of the call that accepted an event, if it was a call of this process that is still
// remembered.
func (l *lane) callerOf(number uint64) context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.callers {
		if c.number == number && c.ctx != nil {
			return c.ctx
		}
	}
	return context.Background()
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

// attemptContext has the values of the context of whoever accepted the event, and ends when the client cuts off
// its attempts.
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
