package transporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/escalationkit/escalation/transport"
)

type sendFunc = func(*memory, context.Context, transport.Request) transport.Result

// broken is a transport that breaks a clause; send makes a fresh one.
type broken struct {
	name string
	want []string // the clauses that must be named, and no others
	why  string
	send func() sendFunc
}

// result bends what the honest transport answers.
func result(f func(req transport.Request, res *transport.Result)) func() sendFunc {
	return func() sendFunc {
		return func(m *memory, ctx context.Context, req transport.Request) transport.Result {
			res := m.Send(ctx, req)
			f(req, &res)
			return res
		}
	}
}

// request bends what the honest transport is given.
func request(f func(req *transport.Request)) func() sendFunc {
	return func() sendFunc {
		return func(m *memory, ctx context.Context, req transport.Request) transport.Result {
			f(&req)
			return m.Send(ctx, req)
		}
	}
}

func brokenTransports() []broken {
	return []broken{
		{"retries what is unknown", []string{"T1"}, "a second copy of an event that may have been taken in", retries},
		{"sends everything twice", []string{"T1"}, "a second copy although the first was acknowledged", doubles},
		{"edits the body", []string{"T2"}, "a byte more is another request",
			request(func(req *transport.Request) { req.Body = append(bytes.Clone(req.Body), ' ') })},
		{"trims the body", []string{"T2"}, "only a body with white space around it shows this",
			request(func(req *transport.Request) { req.Body = bytes.TrimSpace(req.Body) })},
		{"names another bot", []string{"T2"}, "the event goes to somebody else's visitor",
			request(func(req *transport.Request) { req.BotID = "bot-2" })},
		{"names another conversation", []string{"T2"}, "the event goes to another visitor",
			request(func(req *transport.Request) { req.ConversationID = "c" })},
		{"rejects what is refused", []string{"T3"}, "a bad key would cost events", result(func(_ transport.Request, res *transport.Result) {
			if res.Class == transport.RefusedScope {
				res.Class = transport.Rejected
			}
		})},
		{"invents a class", []string{"T3"}, "nobody downstream knows it", result(func(_ transport.Request, res *transport.Result) {
			if res.Class == transport.Rejected {
				res.Class = 77
			}
		})},
		{"waits for ever", []string{"T3"}, "the remote must not be able to silence its client", result(func(_ transport.Request, res *transport.Result) {
			if res.Class == transport.RefusedLater {
				res.RetryAfter = 2 * transport.MaxRetryAfter
			}
		})},
		{"takes a broken answer for nothing sent", []string{"T4"}, "the copy that follows is a silent duplicate", result(func(_ transport.Request, res *transport.Result) {
			if res.Class == transport.Unknown && !errors.Is(res.Err, context.Canceled) && !errors.Is(res.Err, context.DeadlineExceeded) {
				res.Class = transport.NotSent
			}
		})},
		{"takes a time-out for nothing sent", []string{"T4"}, "the remote had the request", result(func(_ transport.Request, res *transport.Result) {
			if errors.Is(res.Err, context.Canceled) || errors.Is(res.Err, context.DeadlineExceeded) {
				res.Class = transport.NotSent
			}
		})},
		{"takes a broken answer for an acknowledgement", []string{"T5"}, "an event would be lost in silence", result(func(_ transport.Request, res *transport.Result) {
			if res.Class == transport.Unknown && !errors.Is(res.Err, context.Canceled) && !errors.Is(res.Err, context.DeadlineExceeded) {
				*res = transport.Result{Class: transport.Acknowledged}
			}
		})},
		{"acknowledges what it keeps", []string{"T5", "T9"}, "nothing ever leaves, nor does it when nobody answers", keepsAll},
		{"sends after the context ended", []string{"T6"}, "the caller was told that nothing leaves", ignoresDone},
		{"hides why the context ended", []string{"T6", "T7"}, "the caller cannot tell its own cancellation", result(func(_ transport.Request, res *transport.Result) {
			if res.Err != nil {
				res.Err = errors.New("something went wrong")
			}
		})},
		{"ignores the end of the context", []string{"T7"}, "the caller hangs", ignoresEnd},
		{"gives no error", []string{"T8"}, "a refusal without a reason", result(func(_ transport.Request, res *transport.Result) {
			if res.Class == transport.Rejected {
				res.Err = nil
			}
		})},
		{"gives an error with an acknowledgement", []string{"T8"}, "callers test Err", result(func(_ transport.Request, res *transport.Result) {
			if res.Class == transport.Acknowledged {
				res.Err = errors.New("all is well")
			}
		})},
		{"shows the text", []string{"T8"}, "error texts end in logs", result(func(req transport.Request, res *transport.Result) {
			if res.Class == transport.Rejected {
				res.Err = fmt.Errorf("refused: %s", req.Body[len(req.Body)-30:])
			}
		})},
		{"shows the conversation", []string{"T8"}, "error texts end in logs", result(func(req transport.Request, res *transport.Result) {
			if res.Class == transport.NotSent {
				res.Err = fmt.Errorf("%s: %w", req.ConversationID, res.Err)
			}
		})},
		{"shows the key to who digs", []string{"T8"}, "%+v of a Result ends in logs too", result(func(_ transport.Request, res *transport.Result) {
			if res.Class == transport.RefusedLater {
				res.Err = &leaky{Key: testKey}
			}
		})},
		{"makes calls wait for one another", []string{"T9"}, "one stalled conversation stops all", serialises},
		{"keeps the body", []string{"T10", "T5"}, "it sends the first of two requests late, when the bytes are the caller's again", keepsBody},
		{"writes into the body", []string{"T10"}, "the caller's record of the event changes under it", scribbles},
	}
}

// leaky hides its key from Error but not from %#v.
type leaky struct{ Key string }

func (l *leaky) Error() string { return "busy" }

func retries() sendFunc {
	return func(m *memory, ctx context.Context, req transport.Request) transport.Result {
		res := m.Send(ctx, req)
		if res.Class == transport.Unknown && ctx.Err() == nil {
			res = m.Send(ctx, req)
		}
		return res
	}
}

func doubles() sendFunc {
	return func(m *memory, ctx context.Context, req transport.Request) transport.Result {
		res := m.Send(ctx, req)
		if res.Class == transport.Acknowledged {
			res = m.Send(context.WithoutCancel(ctx), req)
		}
		return res
	}
}

func keepsAll() sendFunc {
	return func(_ *memory, ctx context.Context, _ transport.Request) transport.Result {
		if err := ctx.Err(); err != nil {
			return transport.Result{Class: transport.NotSent, Err: err}
		}
		return transport.Result{Class: transport.Acknowledged}
	}
}

func ignoresDone() sendFunc {
	return func(m *memory, ctx context.Context, req transport.Request) transport.Result {
		if err := ctx.Err(); err != nil && m.now() == Acknowledge {
			m.log.Add(Received{BotID: req.BotID, ConversationID: req.ConversationID, Body: req.Body})
			return transport.Result{Class: transport.Unknown, Err: err}
		}
		return m.Send(ctx, req)
	}
}

func ignoresEnd() sendFunc {
	return func(m *memory, ctx context.Context, req transport.Request) transport.Result {
		if err := ctx.Err(); err != nil {
			return m.Send(ctx, req)
		}
		return m.Send(context.WithoutCancel(ctx), req)
	}
}

// serialises uses a channel and not a mutex, so that the bubble's clock goes on.
func serialises() sendFunc {
	turn := make(chan struct{}, 1)
	return func(m *memory, ctx context.Context, req transport.Request) transport.Result {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
		}
		return m.Send(ctx, req)
	}
}

// keepsBody acknowledges at once and sends a request when the next one comes.
func keepsBody() sendFunc {
	var mu sync.Mutex
	var kept *transport.Request
	return func(m *memory, ctx context.Context, req transport.Request) transport.Result {
		if ctx.Err() != nil || m.now() != Acknowledge {
			return m.Send(ctx, req)
		}
		mu.Lock()
		defer mu.Unlock()
		if kept != nil {
			m.Send(ctx, *kept)
		}
		kept = &req
		return transport.Result{Class: transport.Acknowledged}
	}
}

func scribbles() sendFunc {
	return func(m *memory, ctx context.Context, req transport.Request) transport.Result {
		res := m.Send(ctx, req)
		req.Body[0] = '?'
		return res
	}
}
