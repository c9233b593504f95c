package transporttest

import (
	"context"
	"errors"
	"time"

	"github.com/escalationkit/escalation/transport"
)

var errHostReason = errors.New("a reason of the host's own")

// doneBefore: a context that is done sends nothing, whatever ended it.
func doneBefore(c *check) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	expired, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Hour))
	defer cancel()
	caused, cancelCause := context.WithCancelCause(context.Background())
	cancelCause(errHostReason)
	for _, ctx := range []context.Context{cancelled, expired, caused} {
		res, ok := c.send(ctx, c.request(0), "T6")
		if !ok {
			return
		}
		if res.Class != transport.NotSent {
			c.failf("T6", "the class is %v, want not sent: ctx was done before", res.Class)
		}
		if !errors.Is(res.Err, ctx.Err()) {
			c.failf("T6", "errors.Is(Err, %q) is false", ctx.Err())
		}
	}
	if n := len(c.s.Log.All()); n > 0 {
		c.failf("T6", "the remote received %d requests whose ctx was done before", n)
	}
}

// endsDuring: the remote has the request and keeps silent; the end of ctx ends the call.
func endsDuring(c *check) {
	c.s.Arrange(Stall)
	for n, end := range []struct {
		why  string
		make func() (context.Context, func())
	}{
		{"cancelled", func() (context.Context, func()) {
			ctx, cancel := context.WithCancel(context.Background())
			return ctx, cancel
		}},
		{"cancelled with a cause", func() (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(context.Background())
			return ctx, func() { cancel(errHostReason) }
		}},
		{"past its deadline", func() (context.Context, func()) {
			ctx := newLateContext()
			return ctx, ctx.pass
		}},
	} {
		ctx, stop := end.make()
		req := c.request(n)
		lent := c.request(n)
		done := c.start(ctx, lent)
		arrived := c.arrivals(n + 1)
		stop()
		res, ok := c.await(done, req, "T7")
		if !ok {
			return
		}
		if !arrived {
			c.failf(absence(res, "T7"), "the request did not reach a remote that was told to %v", Stall)
			return
		}
		if res.Class != transport.Unknown {
			clause := map[transport.Class]string{transport.NotSent: "T4", transport.Acknowledged: "T5"}[res.Class]
			if clause == "" {
				clause = "T7"
			}
			c.failf(clause, "the class is %v, want unknown: ctx was %s after the remote had the request", res.Class, end.why)
		}
		if !errors.Is(res.Err, ctx.Err()) {
			c.failf("T7", "errors.Is(Err, %q) is false: ctx was %s during the attempt", ctx.Err(), end.why)
		}
		c.wantReceived(req.Body, 1, 1, "T7")
	}
}

// arrivals waits until the remote received n requests in all, for as long as the patience lasts.
func (c *check) arrivals(n int) bool {
	ctx, cancel := context.WithTimeout(context.Background(), c.patience)
	defer cancel()
	return c.s.Log.wait(ctx, n)
}

// lateContext is a context whose deadline passes when the test says so.
type lateContext struct {
	context.Context // the values
	done            chan struct{}
}

func newLateContext() *lateContext {
	return &lateContext{Context: context.Background(), done: make(chan struct{})}
}

func (l *lateContext) pass() { close(l.done) }

func (l *lateContext) Done() <-chan struct{} { return l.done }

// Err says that the deadline passed once it did.
func (l *lateContext) Err() error {
	select {
	case <-l.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}
