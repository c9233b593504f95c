package escalation

import (
	"context"
	"errors"
	"slices"

	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
)

// maxConflicts is how often a turn is made again because somebody else changed the conversation.
const maxConflicts = 100

// inARow is how many events of a conversation are sent before others that wait get their turn.
const inARow = 20

// serve applies what is queued for a lane, until nothing is. A goroutine that begins an attempt makes it, and
// leaves the serving to another one meanwhile if there is something to serve.
func (c *Client) serve(l *lane) {
	defer c.lanes.release(l)
	for sent := 0; ; {
		ops := l.take()
		if ops == nil {
			return
		}
		if slices.ContainsFunc(ops, func(o *op) bool { return o.claimed }) {
			sent = 0
		}
		t := c.turn(l, ops, sent < inARow)
		if t == nil || t.step.Do != delivery.Send {
			continue
		}
		sent++
		if l.yield() {
			c.lanes.again(l)
			c.workers.run(func() { c.serve(l) })
		}
		o := c.attempt(t)
		c.lanes.again(l)
		if !l.enqueue(o) {
			return
		}
	}
}

// turn applies ops, commits, and tells whoever has to know. It returns nil if nothing could be stored.
func (c *Client) turn(l *lane, ops []*op, more bool) *turn {
	for tries := 0; ; tries++ {
		t, errs, err := c.try(l, ops, more)
		if err == nil {
			c.publish(t, ops, errs)
			return t
		}
		l.unload()
		if !errors.Is(err, store.ErrConflict) || tries == maxConflicts {
			c.fail(l, ops, err)
			return nil
		}
	}
}

// try applies ops to what is stored and commits the outcome. The errors are those of the ops, and that of the
// store.
func (c *Client) try(l *lane, ops []*op, more bool) (*turn, []error, error) {
	ctx := context.Background() // whoever waits may leave; what was begun goes on
	r, loaded := l.position()
	var s store.Snapshot
	if q := ops[0].query; !loaded || q != (store.Query{}) {
		var err error
		if s, err = c.store.Load(ctx, l.key, q); err != nil {
			return nil, nil, err
		}
		r = newRecord(s)
	}
	t := c.newTurn(l, r, s)
	t.recover()
	errs := make([]error, len(ops))
	for i, o := range ops {
		errs[i] = o.run(t)
	}
	if more {
		t.advance()
	}
	if !t.dirty {
		return t, errs, nil
	}
	if err := c.store.Commit(ctx, t.finish()); err != nil {
		if t.step.Do == delivery.Send {
			t.giveBack(t.permit)
		}
		return nil, nil, err
	}
	t.Revision++
	return t, errs, nil
}

// publish makes a committed turn known: first to the lane, then to the observers, then to those who wait.
func (c *Client) publish(t *turn, ops []*op, errs []error) {
	done, offer := t.lane.adopt(t)
	for _, o := range t.observations {
		c.observe(o)
		c.logObservation(o)
	}
	for _, w := range done {
		close(w.done)
	}
	for i, o := range ops {
		c.finished(t.lane, o, errs[i])
	}
	if offer {
		c.lanes.again(t.lane)
		c.workers.run(func() { c.offer(t.lane) })
	}
	c.wakeFor(t)
}

// fail ends ops that could not be stored. What must be stored is tried again later, and meanwhile nothing of the
// conversation is sent.
func (c *Client) fail(l *lane, ops []*op, err error) {
	var kept []*op
	for _, o := range ops {
		if o.must && c.closing.Err() == nil {
			kept = append(kept, o)
			continue
		}
		c.finished(l, o, &StoreError{Err: err})
	}
	c.logStore(err)
	if len(kept) > 0 {
		l.retry(kept)
		c.retryLater(l)
	}
}

// position returns what the lane knows of the store.
func (l *lane) position() (r record, loaded bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.record, l.loaded
}

// unload makes the next turn load.
func (l *lane) unload() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.record, l.loaded = record{}, false
}

// adopt takes over what was committed. It returns the waiters that have their answer, and whether the host is to
// be offered a message.
func (l *lane) adopt(t *turn) (done []*waiter, offer bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.record, l.loaded = t.record, true
	for _, f := range t.after {
		f()
	}
	for _, r := range t.resolved {
		done = append(done, l.dismiss(r.Event.Number, func(w *waiter) { w.result, w.err = resultOf(&t.record, r) })...)
	}
	if t.Lane.Parked() {
		for _, e := range t.Lane.Pending {
			done = append(done, l.dismiss(e.Number, func(w *waiter) { w.err = parkedError(&t.record, e, l.lastErr) })...)
		}
	}
	if t.step.Do == delivery.Send {
		l.attempting = true
	}
	offer = t.offers() && !l.passing
	l.passing = l.passing || offer
	return done, offer
}

// dismiss lets those who wait for an event go, with the answer that tell gives them.
func (l *lane) dismiss(number uint64, tell func(*waiter)) (done []*waiter) {
	l.callers = slices.DeleteFunc(l.callers, func(c caller) bool {
		if c.number == number && c.waiting != nil {
			tell(c.waiting)
			done = append(done, c.waiting)
		}
		return c.number == number
	})
	return done
}
