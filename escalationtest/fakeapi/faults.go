package fakeapi

import (
	"errors"
	"fmt"
)

// faults are what is to be done to requests and webhooks that have not come yet. The server's lock guards them.
type faults struct {
	requests deals[Fault]
	always   Fault
	webhooks deals[WebhookFault]
}

// Next deals each fault to one of the next requests, whatever their conversation and however wrong they are, in the order
// in which their headers arrive, after those of earlier calls. It fails, having changed nothing, if a fault contradicts itself.
//
// A request takes a fault from Next if there is one, else from NextFor, else that of Always.
func (s *Server) Next(faults ...Fault) error {
	if err := checkFaults(faults); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.requests.add(cloneFaults(faults))
	return nil
}

// NextFor deals each fault to one of the next requests for this conversation of the bot named to New, in the order
// of their arrival. It fails, having changed nothing, if a fault contradicts itself or cuts before the body,
// which names the conversation.
func (s *Server) NextFor(conversationID string, faults ...Fault) error {
	return s.mainBot().NextFor(conversationID, faults...)
}

// NextFor is [Server.NextFor] for this bot.
func (b *Bot) NextFor(conversationID string, faults ...Fault) error {
	err := checkFaults(faults)
	for i, f := range faults {
		if f.Cut == CutBeforeBody {
			err = errors.Join(err, fmt.Errorf("fault %d: fakeapi: cutting before the body, its conversation is not known", i+1))
		}
	}
	if err != nil {
		return err
	}
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	b.s.faults.requests.addFor(b.talkID(conversationID), cloneFaults(faults))
	return nil
}

// Always deals f to every request that takes none from Next or NextFor, until the next call of Always or ClearFaults. If
// f cuts before the body, no conversation is known and NextFor is not asked. It fails, having changed
// nothing, if f contradicts itself.
func (s *Server) Always(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.always = f.clone()
	return nil
}

// ClearFaults takes back all that Next, NextFor, Always, NextWebhook and NextWebhookFor ordered and no request or webhook
// has taken yet, and ends what SetChaos began. Those already held stay held.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = faults{}
	s.chaos = nil
}

// FaultsLeft returns how many faults of Next, NextFor, NextWebhook and NextWebhookFor nothing has taken yet.
func (s *Server) FaultsLeft() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults.requests.left() + s.faults.webhooks.left()
}

// onHeaders returns the fault for a request of which only the headers are known, and whether that is final.
func (q *faults) onHeaders() (Fault, bool) {
	if f, dealt := q.requests.take(); dealt {
		return f, true
	}
	return q.always, q.always.Cut == CutBeforeBody
}

// onBody returns the fault for a request that got no final one and whose conversation is now known, and whether that is
// final. The fallback is what onHeaders returned.
func (q *faults) onBody(id talkID, fallback Fault) (Fault, bool) {
	if f, dealt := q.requests.takeFor(id); dealt {
		return f, true
	}
	return fallback, false
}
