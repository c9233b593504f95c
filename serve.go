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
		if slices.ContainsFunc(ops, wasClaimed) {
			sent = 0
		}
		t, goOn := c.turn(l, ops, sent < inARow)
		if !goOn {
			return
		}
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

func wasClaimed(o *op) bool { return o.claimed }

// turn applies ops, commits, and tells whoever has to know. It returns nil if nothing could be stored, and whether the
// serving goes on.
func (c *Client) turn(l *lane, ops []*op, more bool) (t *turn, goOn bool) {
	for tries := 0; ; tries++ {
		t, errs, err := c.try(l, ops, more)
		if err == nil && !t.sure(ops) && !slices.Contains(errs, ErrPanicked) {
			l.unload()
			continue
		}
		if err == nil {
			c.publish(t, ops, errs)
			return t, true
		}
		l.unload()
		if !errors.Is(err, store.ErrConflict) || tries == maxConflicts {
			return nil, c.fail(l, ops, err)
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
		r, loaded = newRecord(s), false
	}
	t := c.newTurn(l, r, s)
	t.fresh, t.claimed = !loaded, slices.ContainsFunc(ops, wasClaimed)
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

// sure reports whether the turn was made of what is stored. A commit finds that out; where there was none it is so only if
// the turn has loaded, for the host may have committed behind the client's back what makes a refusal wrong.
func (t *turn) sure(ops []*op) bool {
	return t.dirty || t.fresh || !slices.ContainsFunc(ops, func(o *op) bool { return !o.claimed && !o.must })
}

// publish makes a committed turn known: first to the lane, then to the observers, then to those who wait.
func (c *Client) publish(t *turn, ops []*op, errs []error) {
	done, offer := t.lane.adopt(t)
	for _, o := range t.observations {
		c.observe(o)
		c.logObservation(o)
	}
	for i, o := range ops { // first, so that a caller that has its answer can close the client
		c.finished(t.lane, o, errs[i])
	}
	for _, w := range done {
		close(w.done)
	}
	if t.fresh {
		c.answerLate(t)
	}
	if offer {
		c.lanes.again(t.lane)
		c.workers.run(func() { c.offer(t.lane) })
	}
	c.wakeFor(t)
}

// fail ends ops that could not be stored. What must be stored is tried again later; until then nothing else that is
// queued can be, and whoever waits for that hears of it too. It reports whether the serving goes on.
func (c *Client) fail(l *lane, ops []*op, err error) (goOn bool) {
	c.logStore(err)
	closing := c.closing.Err() != nil
	kept := !closing && slices.ContainsFunc(ops, func(o *op) bool { return o.must })
	if kept {
		ops = l.retry(ops)
	}
	for _, o := range ops {
		c.finished(l, o, &StoreError{Err: err})
	}
	l.mu.Lock()
	l.dismissListeners() // what they brought is stored; the host is offered nothing before the store is back
	l.mu.Unlock()
	if !closing {
		c.retryLater(l.key, kept)
	}
	return !kept
}

// answerLate answers those who wait for events that were resolved unheard: by a commit whose answer was lost, or by
// somebody else.
func (c *Client) answerLate(t *turn) {
	l := t.lane
	late := map[uint64]bool{}
	l.mu.Lock()
	for _, who := range l.callers {
		pending := slices.ContainsFunc(t.Lane.Pending, func(e store.Event) bool { return e.Number == who.number })
		if who.waiting != nil && who.number > 0 && who.number <= t.Lane.Last && !pending {
			late[who.number] = true
		}
	}
	l.mu.Unlock()
	for number := range late {
		entries, err := c.store.History(context.Background(), l.key, number-1, 1)
		tell := func(w *waiter) { w.err = ErrNoEvent }
		switch {
		case err != nil:
			tell = func(w *waiter) { w.err = &StoreError{Err: err} }
		case len(entries) > 0 && entries[0].Number == number:
			tell = func(w *waiter) {
				e := entries[0]
				w.result, w.err = resultOf(&t.record, resolved{store.Resolved{Event: e.Event, Outcome: e.Outcome}, nil})
			}
		}
		l.mu.Lock()
		done := l.dismiss(number, tell)
		l.mu.Unlock()
		for _, w := range done {
			close(w.done)
		}
	}
}

// position returns what the lane knows of the store.
func (l *lane) position() (r record, loaded bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.record, l.loaded
}

// unload makes the next turn load. The record stays as the last that is known, for callers that give up.
func (l *lane) unload() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loaded = false
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
			done = append(done, l.dismiss(e.Number, func(w *waiter) { w.err = parkedError(&t.record, e, l.last) })...)
		}
	}
	if t.step.Do == delivery.Send {
		l.attempting = t.step.Event.Number
	}
	offer = t.offers() && !l.passing
	l.passing = l.passing || offer
	if !l.passing {
		l.dismissListeners() // the host is not offered anything before a while
	}
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
