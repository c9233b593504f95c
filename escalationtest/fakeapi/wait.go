package fakeapi

import (
	"context"
	"fmt"
)

// WaitRequests returns nil as soon as at least n requests have arrived since the server was made. It returns an
// error that wraps the cause if ctx ends first, and one that wraps ErrClosed if the server is closed first.
func (s *Server) WaitRequests(ctx context.Context, n int) error {
	return s.wait(ctx, n, "requests", func() int { return s.records.total })
}

// WaitEnded returns nil as soon as the exchanges of at least n requests have ended, in whatever way: see Record.End. Its
// errors are those of WaitRequests.
func (s *Server) WaitEnded(ctx context.Context, n int) error {
	return s.wait(ctx, n, "exchanges ended", func() int { return s.ended })
}

// WaitWidget returns nil as soon as the widget of this conversation, of the bot named to New, has at least n lines, of
// all rounds together. Its errors are those of WaitRequests.
func (s *Server) WaitWidget(ctx context.Context, conversationID string, n int) error {
	return s.mainBot().WaitWidget(ctx, conversationID, n)
}

// WaitWidget is [Server.WaitWidget] for this bot.
func (b *Bot) WaitWidget(ctx context.Context, conversationID string, n int) error {
	id := b.talkID(conversationID)
	return b.s.wait(ctx, n, "widget lines", func() int {
		if t := b.s.talks[id]; t != nil {
			return t.lines.total
		}
		return 0
	})
}

// wait returns when count, called with mu held, is at least n.
func (s *Server) wait(ctx context.Context, n int, what string, count func() int) error {
	for {
		s.mu.Lock()
		have, closed, changed := count(), s.closed, s.changed
		s.mu.Unlock()
		if have >= n {
			return nil
		}
		if closed {
			return fmt.Errorf("%w: %d of %d %s", ErrClosed, have, n, what)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("fakeapi: %d of %d %s: %w", have, n, what, context.Cause(ctx))
		}
	}
}
