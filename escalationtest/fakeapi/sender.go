package fakeapi

import "slices"

const noWebhook = "no webhook configured"

// maxSending is how many webhooks are under way at once; a CRM that hangs makes the others wait.
const maxSending = 64

// dispatch starts senders, as many as are allowed. The caller holds mu.
func (s *Server) dispatch() {
	for len(s.ready) > 0 && s.sending < maxSending {
		t := s.ready[0]
		s.ready = s.ready[1:]
		s.sending++
		s.spawn(func() { s.send(t) })
	}
}

// send makes one attempt with the first webhook of the conversation.
func (s *Server) send(t *talk) {
	defer s.observer.nudge()
	s.mu.Lock()
	rec := t.out.queue[0].rec
	s.mu.Unlock()
	defer func() { // also if the transport ends the goroutine
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sending--
		t.out.busy = false
		if !s.closed {
			s.advance(t)
			s.pump(t)
			s.tidy(t)
		}
		s.announce()
	}()
	s.attempt(s.tasks.ctx, rec)
}

// advance takes the first webhook, whose attempt has ended, out of the queue, or puts its next copy in its place. The caller
// holds mu.
func (s *Server) advance(t *talk) {
	p := t.out.queue[0]
	if p.fault.Copies == 0 {
		t.out.queue = t.out.queue[1:]
		return
	}
	t.out.queue[0] = &parcel{rec: s.again(p.rec), fault: WebhookFault{Copies: p.fault.Copies - 1}}
}

// end says that the attempt is over. The caller holds mu.
func (s *Server) end(rec *WebhookRecord) {
	rec.Ended = true
	s.webhooksEnded++
	s.tellWebhook(rec)
	s.announce()
}

// abandon ends all that is not under way. The caller holds mu and has closed the server.
func (s *Server) abandon() {
	var rest []*parcel
	for _, t := range s.talks {
		waiting := t.out.queue
		if t.out.busy && !slices.Contains(s.ready, t) {
			waiting = waiting[1:] // its sender ends it
		}
		rest = append(rest, waiting...)
	}
	s.ready = nil
	slices.SortFunc(rest, func(a, b *parcel) int { return a.rec.N - b.rec.N })
	for _, p := range rest {
		p.rec.Err = ErrClosed.Error()
		s.end(p.rec)
	}
}
