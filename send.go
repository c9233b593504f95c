package escalation

import (
	"context"
	"fmt"
	"slices"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// Result describes an acknowledged event.
type Result struct {
	Kind   events.Kind
	Number uint64
	Round  int
	// State is the state after the event. It is ended if the visitor left meanwhile.
	State    fsm.State
	Status   int // the protocol's status code; 0 if an operator said that the event was acknowledged
	Attempts int
	// MayBeDuplicate reports whether the API may have taken the event in more than once.
	MayBeDuplicate bool
}

// Send is Accept, and then Wait. If ctx ends while it waits, the event goes on being delivered.
func (v *Conversation) Send(ctx context.Context, e events.Outbound, options ...Option) (Result, error) {
	wish, err := newWish(e, options)
	if err != nil {
		return Result{}, err
	}
	l, err := v.hold(ctx)
	if err != nil {
		return Result{}, err
	}
	c := v.client
	defer c.lanes.release(l)
	w := newWaiter()
	o, answer := wish.op(ctx, w)
	o.finish = func(err error) { // the outcome wakes us up, unless there will be none
		if err != nil || answer.Repeated {
			w.err = err
			close(w.done)
		}
	}
	if err := c.call(l, o); err != nil {
		return Result{}, err
	}
	if !c.waitFor(ctx, w) {
		if c.withdraw(l, o) {
			return Result{}, fmt.Errorf("escalation: nothing was done: %w", c.whyLeft(ctx))
		}
		return l.leave(w, wish.kind, c.whyLeft(ctx))
	}
	if w.err == nil && answer.Repeated {
		return v.wait(ctx, l, answer.Number)
	}
	return w.result, w.err
}

// Wait waits for the final result of an accepted event. Anything but acknowledged is a *SendError; that says also
// when there is no final result yet, because the conversation is parked, ctx ended, or the client was closed. It returns
// ErrNoEvent if there is no event of this number, and a *StoreError if the store could not be asked, also because ctx
// ended meanwhile.
func (v *Conversation) Wait(ctx context.Context, number uint64) (Result, error) {
	l, err := v.hold(ctx)
	if err != nil {
		return Result{}, err
	}
	defer v.client.lanes.release(l)
	return v.wait(ctx, l, number)
}

func (v *Conversation) wait(ctx context.Context, l *lane, number uint64) (Result, error) {
	c := v.client
	if err := c.enter(); err != nil {
		return Result{}, err
	}
	c.begin()
	c.leave()
	w := newWaiter()
	w.number = number
	l.mu.Lock()
	l.callers = append(l.callers, caller{number: number, waiting: w}) // before looking, so that nothing is missed
	l.mu.Unlock()
	defer l.forget(w)
	s, err := c.store.Load(ctx, v.key, store.Query{})
	if err != nil {
		return Result{}, &StoreError{Err: err}
	}
	r := newRecord(s)
	for _, e := range r.Lane.Pending {
		switch {
		case e.Number != number:
		case r.Lane.Parked():
			return Result{}, parkedError(&r, e, transport.Result{})
		case c.waitFor(ctx, w):
			return w.result, w.err
		default:
			return l.leave(w, e.Kind, c.whyLeft(ctx))
		}
	}
	entries, err := c.store.History(ctx, v.key, number-1, 1)
	switch {
	case err != nil:
		return Result{}, &StoreError{Err: err}
	case number == 0 || len(entries) == 0 || entries[0].Number != number:
		return Result{}, ErrNoEvent
	}
	e := entries[0]
	return resultOf(&r, resolved{store.Resolved{Event: e.Event, Outcome: e.Outcome}, nil})
}

// waitFor waits for an answer, and reports whether there is one.
func (c *Client) waitFor(ctx context.Context, w *waiter) bool {
	select {
	case <-w.done:
		return true
	case <-ctx.Done():
	case <-c.idle:
	}
	return isClosed(w.done)
}

func (c *Client) whyLeft(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return ErrClosed
}

// waiter waits for what becomes of an event. result and err are set before done is closed.
type waiter struct {
	number uint64 // guarded by the lane's mutex; 0 until the event was accepted
	done   chan struct{}
	result Result
	err    error
}

func newWaiter() *waiter { return &waiter{done: make(chan struct{})} }

// forget ends the waiting of a caller.
func (l *lane) forget(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.callers = slices.DeleteFunc(l.callers, func(c caller) bool { return c.waiting == w })
}

// leave ends the waiting of a caller that gives up.
func (l *lane) leave(w *waiter, kind events.Kind, cause error) (Result, error) {
	l.mu.Lock()
	number, waits := w.number, slices.ContainsFunc(l.callers, func(c caller) bool { return c.waiting == w })
	r := l.record
	l.mu.Unlock()
	switch {
	case number == 0:
		return Result{}, &UnansweredError{Kind: kind, Err: cause}
	case !waits: // the answer came at the same moment
		<-w.done
		return w.result, w.err
	}
	err := &SendError{Kind: kind, Number: number, Round: r.Lane.Round, State: r.Lane.Acknowledged, Err: cause}
	for _, e := range r.Lane.Pending {
		if e.Number == number {
			err.Round, err.Attempts, err.MayHaveArrived = e.Round, e.Attempts, e.Unknown > 0 || e.Begun
		}
	}
	return Result{}, err
}

// stateOf is where the round of an event stands.
func (r *record) stateOf(round int) fsm.State {
	if round != r.Lane.Round {
		return fsm.Ended // only a round that is over lets another begin
	}
	return r.Lane.Acknowledged
}

func resultOf(rec *record, r resolved) (Result, error) {
	e, out := r.Event, r.Outcome
	resolution := store.Resolution{Event: e, Result: out.Result, Cause: out.Cause, Marked: out.Marked}
	if out.Result == store.Acknowledged {
		return Result{
			Kind: e.Kind, Number: e.Number, Round: e.Round, State: rec.stateOf(e.Round), Status: out.Status,
			Attempts: e.Attempts, MayBeDuplicate: resolution.MayBeDuplicate(),
		}, nil
	}
	return Result{}, &SendError{
		Kind: e.Kind, Number: e.Number, Round: e.Round, State: rec.stateOf(e.Round), Result: out.Result, Cause: out.Cause,
		Status: out.Status, Attempts: e.Attempts, MayHaveArrived: resolution.MayHaveArrived(), Err: r.err,
	}
}

// parkedError tells that a person has to decide. last is the last attempt, if this process made it.
func parkedError(rec *record, e store.Event, last transport.Result) error {
	err := &SendError{
		Kind: e.Kind, Number: e.Number, Round: e.Round, State: rec.stateOf(e.Round), Park: rec.Lane.Park,
		Attempts: e.Attempts, MayHaveArrived: e.Unknown > 0,
	}
	if e.Number == rec.Lane.Park.Number && e.Attempts > 0 { // otherwise it was an attempt of another event
		err.Status, err.Err = last.Status, last.Err
	}
	return err
}

// isClosed reports whether c is closed, without waiting.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
