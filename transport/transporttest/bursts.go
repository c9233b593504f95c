package transporttest

import (
	"bytes"
	"context"
	"sync"

	"github.com/escalationkit/escalation/transport"
)

// burst: many calls at once for one conversation, each acknowledged, each at the remote once.
func burst(c *check) {
	const calls = 64
	c.each(calls, func(n int) {
		req := c.request(n)
		if res, ok := c.send(context.Background(), req, "T9"); ok {
			c.wantAcknowledged(res, req, "T9")
			c.wantReceived(req.Body, 1, 1, "T5")
		}
	})
	if n := len(c.s.Log.All()); n > calls {
		c.failf("T1", "%d calls, and the remote received %d requests", calls, n)
	}
}

// cancelledBurst: contexts end at any moment of an attempt. Whatever is said of each call must be
// true of what the remote has in the end.
func cancelledBurst(c *check) {
	const calls = 64
	results := make([]transport.Result, calls)
	c.each(calls, func(n int) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if n%4 != 0 {
			go cancel()
		}
		results[n], _ = c.send(ctx, c.request(n), "T7")
	})
	// A fence: what was still on its way has had time to arrive.
	fence := c.request(calls)
	if res, ok := c.send(context.Background(), fence, "T9"); ok {
		c.wantAcknowledged(res, fence, "T9")
	}
	for n, res := range results {
		got := c.s.Log.count(c.request(n).Body)
		switch {
		case got > 1:
			c.failf("T1", "the remote received request %d of the burst %d times", n, got)
		case res.Class == transport.NotSent && got > 0:
			c.failf("T4", "request %d of the burst was reported as not sent, and the remote received it", n)
		case res.Class == transport.Acknowledged:
			c.wantReceived(c.request(n).Body, 1, 1, "T5")
		}
	}
}

// independent: a remote that answers nobody still receives every call's request.
func independent(c *check) {
	const calls = 8
	c.s.Arrange(Stall)
	ctx, cancel := context.WithCancel(context.Background())
	var started [calls]<-chan transport.Result
	for n := range started {
		started[n] = c.start(ctx, c.request(n))
	}
	arrived := c.arrivals(calls)
	cancel()
	for n, done := range started {
		if _, ok := c.await(done, c.request(n), "T7"); !ok {
			return
		}
	}
	if !arrived {
		c.failf("T9", "of %d calls at once only %d reached the remote while none was answered",
			calls, len(c.s.Log.All()))
	}
}

// borrowed: the caller may write into the body as soon as Send returned.
func borrowed(c *check) {
	req := c.request(0)
	want := bytes.Clone(req.Body)
	if _, ok := c.await(c.start(context.Background(), req), req, "T3"); !ok {
		return
	}
	for i := range req.Body {
		req.Body[i] = '#'
	}
	scribbled := bytes.Clone(req.Body)
	if _, ok := c.send(context.Background(), c.request(1), "T3"); !ok {
		return
	}
	if c.s.Log.count(scribbled) > 0 {
		c.failf("T10", "the remote received what was written into the body after Send returned")
		return
	}
	c.wantReceived(want, 1, 1, "T5")
}

// readOnly: the body is the same after the call, however it ended.
func readOnly(c *check) {
	done, cancel := context.WithCancel(context.Background())
	cancel()
	for _, ctx := range []context.Context{context.Background(), done} {
		req := c.request(0)
		want := bytes.Clone(req.Body)
		if _, ok := c.await(c.start(ctx, req), req, "T3"); ok && !bytes.Equal(req.Body, want) {
			c.failf("T10", "Send changed the request's body")
		}
	}
}

// each runs f for 0 to n-1 at once and waits.
func (c *check) each(n int, f func(n int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	all.Wait()
}
