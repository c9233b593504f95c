package escalation

import (
	"context"
	"errors"
	"fmt"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/transport"
)

// Result describes an acknowledged event.
type Result struct {
	Kind  events.Kind
	Round int
	// State is the state after the event. It is ended if the visitor left during the attempt.
	State  fsm.State
	Status int // the protocol's status code
}

// Send waits for its turn in the conversation, decides whether e is allowed, makes one attempt to send it,
// and returns when the API acknowledged it. Otherwise it returns
//
//   - a *rules.Refusal, or a *RoundError if another round began while it waited: nothing was sent;
//   - a *SendError: the event was not acknowledged; it says whether anything may have been sent. If ctx
//     ended before the attempt began, nothing was; if it ended later, the attempt goes on and its
//     outcome is recorded;
//   - an *events.InvalidError for the conversation's id, or ErrClosed: nothing was sent.
//
// In all these cases the state is what it was, except that an attempt opens the conversation if it was
// never opened and Config.ImplicitOpen is set.
func (v *Conversation) Send(ctx context.Context, e events.Outbound) (Result, error) {
	l, err := v.hold()
	if err != nil {
		return Result{}, err
	}
	l.mu.Lock()
	round, turn := v.presumedRound(l), l.outbound.join()
	l.mu.Unlock()
	var a *attempt
	defer func() { // also when an observer or a rule panics; an attempt leaves when it has ended
		if a == nil {
			l.leave(&l.outbound, turn)
			v.exit(l)
		}
	}()
	if err := await(ctx, v.client.closing, turn); err != nil {
		return Result{}, v.gaveUp(l, e, err)
	}
	if a, err = v.begin(ctx, l, e, round, turn); err != nil {
		return Result{}, err
	}
	v.client.workers.run(func() { a.run(ctx) })
	select {
	case <-a.done:
	case <-ctx.Done():
		if !isClosed(a.done) {
			return Result{}, &SendError{
				Kind: a.kind, Round: a.round, State: a.from, Class: transport.Unknown, Underway: true, Err: ctx.Err(),
			}
		}
	}
	return a.result, a.err
}

// presumedRound is the round that a call made now is meant for.
func (v *Conversation) presumedRound(l *lane) int {
	if v.client.config.ImplicitOpen {
		return max(l.round, 1)
	}
	return l.round
}

// gaveUp is the error of a call that left before its turn came.
func (v *Conversation) gaveUp(l *lane, e events.Outbound, cause error) error {
	if errors.Is(cause, ErrClosed) {
		return ErrClosed
	}
	now := l.position()
	return &SendError{Kind: events.KindOf(e), Round: now.round, State: now.state, Class: transport.NotSent, Err: cause}
}

// begin decides on e, whose turn it is, and records that an attempt begins.
func (v *Conversation) begin(ctx context.Context, l *lane, e events.Outbound, round int, turn <-chan struct{}) (*attempt, error) {
	a := &attempt{conversation: v, lane: l, turn: turn, event: e, kind: events.KindOf(e), done: make(chan struct{})}
	o, err := a.decide(round)
	if err != nil {
		v.client.observe(ctx, o)
		v.client.logRefusal(ctx, o)
		return nil, err
	}
	a.request = transport.Request{BotID: v.key.bot, ConversationID: v.key.conversation, Kind: a.kind}
	if a.request.Body, err = (events.Request{ConversationID: v.key.conversation, Event: e}).Encode(); err != nil {
		return nil, fmt.Errorf("escalation: %w", err) // the rules allow only what encodes
	}
	if err := v.client.beginAttempt(); err != nil {
		return nil, err
	}
	observed := false
	defer func() { // Close must not wait for an attempt that a panicking observer prevents
		if !observed {
			v.client.endAttempt()
		}
	}()
	v.client.observe(ctx, o)
	observed = true
	return a, nil
}
