package fakeapi

import (
	"errors"
	"fmt"
	"time"
)

// maxCopies bounds WebhookFault.Copies.
const maxCopies = 100

// A WebhookFault says how to treat one webhook. The zero WebhookFault treats it as if there were none.
//
// Hold and Delay keep the order: the later webhooks of the conversation wait behind the one held back. AfterNext
// changes it.
type WebhookFault struct {
	// Drop: it is never sent. Its record says so. Drop excludes all else.
	Drop bool

	// Hold, if set, keeps it back, when its turn has come, until the Hold is released.
	Hold *Hold

	// Delay is how long it is kept back when its turn has come, after the Hold if there is one.
	Delay time.Duration

	// Copies is how often it is sent again, equal to the byte, each right after the attempt before has ended and before the
	// next webhook of the conversation. At most 100.
	Copies int

	// AfterNext: it is overtaken: the conversation's next webhook is sent before it. It waits for that one to come into
	// being, for ever or, with a Hold or a Delay, for as long as these say; once overtaken it does not wait for them.
	AfterNext bool

	_ struct{}
}

// check returns all that is contradictory in f, joined.
func (f WebhookFault) check() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("fakeapi: webhook fault: "+format, args...))
	}
	if f.Drop && f != (WebhookFault{Drop: true}) {
		bad("Drop excludes all else")
	}
	if f.Delay < 0 {
		bad("delay %v is negative", f.Delay)
	}
	if f.Copies < 0 || f.Copies > maxCopies {
		bad("%d copies; it must be from 0 to %d", f.Copies, maxCopies)
	}
	return errors.Join(errs...)
}

// NextWebhook deals each fault to one of the next webhooks, whatever their conversation, in the order of the events that
// they tell, after those of earlier calls. Copies and what Redeliver sends take none. It fails, having changed nothing, if a
// fault contradicts itself.
//
// A webhook takes a fault from NextWebhook if there is one, else from NextWebhookFor.
func (s *Server) NextWebhook(faults ...WebhookFault) error {
	if err := checkFaults(faults); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.webhooks.add(faults)
	return nil
}

// NextWebhookFor deals each fault to one of the next webhooks of this conversation, of the bot named to New. Its errors
// are those of NextWebhook.
func (s *Server) NextWebhookFor(conversationID string, faults ...WebhookFault) error {
	return s.mainBot().NextWebhookFor(conversationID, faults...)
}

// NextWebhookFor is [Server.NextWebhookFor] for this bot.
func (b *Bot) NextWebhookFor(conversationID string, faults ...WebhookFault) error {
	if err := checkFaults(faults); err != nil {
		return err
	}
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.s.faults.webhooks.addFor(b.talkID(conversationID), faults)
	return nil
}

// onWebhook returns the fault for a webhook and whether one was dealt.
func (q *faults) onWebhook(id talkID) (WebhookFault, bool) {
	if f, dealt := q.webhooks.take(); dealt {
		return f, true
	}
	return q.webhooks.takeFor(id)
}
