package escalation

import (
	"context"
	"fmt"

	"github.com/escalationkit/escalation/store"
)

// op is one thing that somebody wants of a conversation.
type op struct {
	// apply does it to a turn, or refuses. It is called again, on another turn, if the conversation was changed
	// meanwhile behind the client's back; so it sets what it reports anew each time.
	apply func(t *turn) error
	// query is what the turn has to look up before.
	query store.Query
	// repair: a change holds one at most.
	repair bool
	// claimed: the conversation's turn has come again.
	claimed bool
	// must be stored: it is kept until the store takes it or the client gives up at its end.
	must bool
	// finish is called once, with the error of apply or of the store, or with nil after the commit. It must not block.
	finish func(err error)
}

// alone reports whether the op needs a turn of its own. One that looks something up must see what those before it
// stored.
func (o *op) alone() bool { return o.repair || o.query != (store.Query{}) }

// run applies the op. A rule of the host that panics must not take other conversations along.
func (o *op) run(t *turn) (err error) {
	if t.client.guard("rule", func() { err = o.apply(t) }) {
		return ErrPanicked
	}
	return err
}

// do queues an op, waits until it is finished or ctx over, and says whether it is finished.
func (c *Client) do(ctx context.Context, l *lane, o *op) (finished bool, err error) {
	done := make(chan error, 1)
	o.finish = func(err error) { done <- err }
	if err := c.call(l, o); err != nil {
		return true, err
	}
	select {
	case err := <-done:
		return true, err
	case <-ctx.Done():
	}
	if c.withdraw(l, o) {
		return true, fmt.Errorf("escalation: nothing was done: %w", ctx.Err())
	}
	select {
	case err := <-done:
		return true, err
	default:
		return false, ctx.Err()
	}
}

// call queues an op of a caller, unless the client is being closed.
func (c *Client) call(l *lane, o *op) error {
	if err := c.enter(); err != nil {
		return err
	}
	finish := o.finish
	o.finish = func(err error) {
		c.leave() // first, so that a caller that has its answer can close the client
		finish(err)
	}
	c.begin()
	c.submit(l, o)
	return nil
}

// submit queues an op and sees to it that it is applied. The lane is held until the op is finished.
func (c *Client) submit(l *lane, o *op) {
	c.lanes.again(l)
	if l.enqueue(o) {
		c.lanes.again(l)
		c.workers.run(func() { c.serve(l) })
	}
}

// withdraw takes back an op of a caller that nobody has begun to apply.
func (c *Client) withdraw(l *lane, o *op) bool {
	if !l.withdraw(o) {
		return false
	}
	c.lanes.release(l)
	c.leave()
	return true
}

// finished ends an op.
func (c *Client) finished(l *lane, o *op, err error) {
	o.finish(err)
	c.lanes.release(l)
}
