package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/store"
)

// report prints what is recorded of the events of a round.
func report(ctx context.Context, say *printer, conversation *escalation.Conversation, round int, settle time.Duration) error {
	status, err := conversation.Status(ctx)
	if err != nil {
		return err
	}
	before := status.Last - min(status.Last, uint64(len(burst))) // a round has no more events than the burst
	entries, err := conversation.History(ctx, before, len(burst))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Round == round {
			say.line("  event %d, %v: %s", e.Number, e.Kind, became(e, settle))
		}
	}
	return nil
}

// became says what is known of an event.
func became(e store.Entry, settle time.Duration) string {
	resolution := store.Resolution{Event: e.Event, Result: e.Outcome.Result, Cause: e.Outcome.Cause, Marked: e.Outcome.Marked}
	switch {
	case resolution.MayBeDuplicate():
		return fmt.Sprintf("%v, attempts %d: the visitor may have seen it twice", e.Outcome.Result, e.Attempts)
	case e.Outcome.Result != 0:
		return fmt.Sprintf("%v, attempts %d", e.Outcome.Result, e.Attempts)
	case e.Begun:
		return fmt.Sprintf("unknown, it was under way when the program ended; sent again after %v", settle)
	}
	return "accepted, to be sent"
}

// printer prints whole lines, at once: what was printed before a kill has been printed.
type printer struct {
	mu  sync.Mutex
	out io.Writer
}

func (p *printer) line(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, format+"\n", args...)
}
