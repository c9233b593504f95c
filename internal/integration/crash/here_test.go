package crash_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/store"
)

// drainHere lets a client in this process do all that is left to do. What it says is heard as a child's would be.
func (h *history) drainHere(ctx context.Context, s store.Store, platform *memory) error {
	var mu sync.Mutex
	var misheard error
	hear := func(l line) {
		mu.Lock()
		defer mu.Unlock()
		misheard = errors.Join(misheard, h.hear(l))
	}
	self := &subject{
		orders: orders{Mode: drain, Conversations: len(h.convs)}, speaker: &speaker{hear: hear}, ctx: ctx,
		logger: slog.New(slog.NewTextHandler(io.Discard, nil)), rounds: map[string]int{},
	}
	var err error
	self.client, err = escalation.New(s, platform, &escalation.Config{
		Bot: bot, Settle: time.Millisecond, Logger: self.logger, OnInbound: self.host, Observers: []escalation.Observer{self.observe},
	})
	if err != nil {
		return err
	}
	err = self.client.Start(ctx)
	if err == nil {
		err = self.drain()
	}
	return errors.Join(err, self.close(), misheard)
}
