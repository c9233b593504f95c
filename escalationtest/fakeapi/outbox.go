package fakeapi

import (
	"bytes"
	"encoding/json"
	"slices"
)

const noWebhook = "no webhook configured"

// maxSending is how many webhooks are under way at once; a CRM that hangs makes the others wait.
const maxSending = 64

// An outbox holds what is still to be sent of one conversation's webhooks, in the order in which it is to be sent.
type outbox struct {
	queue []*parcel
	busy  bool // the first is with a sender, or waits for one
}

// A parcel is one webhook on its way.
type parcel struct {
	rec   *WebhookRecord
	fault WebhookFault

	overtaken bool // AfterNext is done with
	armed     bool // the wait for Hold and Delay has begun
	ripe      bool // … and ended
}

// An envelope is the body of a webhook.
type envelope struct {
	BotID   string       `json:"botId"`
	Channel string       `json:"channel"`
	Data    envelopeData `json:"data"`
}

type envelopeData struct {
	ConversationID string `json:"platformConversationId"`
	EventType      string `json:"eventType"`
	EscalateTo     string `json:"escalateTo,omitempty"`
	Text           string `json:"text,omitempty"`
}

// encode writes the envelope as the vendor's platform would: without Go's escaping of HTML.
func (e envelope) encode() []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(e) // cannot fail for strings
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// post records a webhook and puts it on its way. The caller holds mu, and has already given the event its effect.
func (s *Server) post(t *talk, data envelopeData) {
	data.ConversationID = t.id.conversation
	channel := DefaultChannel
	if s.hook != nil {
		channel = s.hook.Channel
	}
	fault, dealt := s.faults.onWebhook(t.id)
	if s.chaos != nil && !dealt {
		fault = s.chaos.webhook(t.id, t.posted)
	}
	t.posted++
	rec := &WebhookRecord{
		BotID:          t.id.bot,
		ConversationID: t.id.conversation,
		Round:          t.round,
		EventType:      data.EventType,
		Body:           envelope{BotID: t.id.bot, Channel: channel, Data: data}.encode(),
	}
	s.enroll(rec)
	t.out.queue = append(t.out.queue, &parcel{rec: rec, fault: fault})
	s.pump(t)
}

// enroll numbers and keeps the record of a new attempt.
func (s *Server) enroll(rec *WebhookRecord) {
	rec.N = s.webhooks.total + 1
	if rec.Of == 0 {
		rec.Of = rec.N
	}
	rec.Time = s.cfg.Now()
	s.webhooks.add(rec)
}

// again returns the enrolled record of one more attempt.
func (s *Server) again(of *WebhookRecord) *WebhookRecord {
	rec := &WebhookRecord{
		Of:             of.Of,
		BotID:          of.BotID,
		ConversationID: of.ConversationID,
		Round:          of.Round,
		EventType:      of.EventType,
		Body:           of.Body,
	}
	s.enroll(rec)
	return rec
}

// pump does with the conversation's webhooks what can be done now. The caller holds mu.
func (s *Server) pump(t *talk) {
	if s.closed {
		return
	}
	o := &t.out
	for !o.busy && len(o.queue) > 0 {
		p := o.queue[0]
		switch {
		case p.fault.Drop:
			p.rec.Dropped = true
			s.end(p.rec)
			o.queue = o.queue[1:]
		case p.fault.AfterNext && !p.overtaken && !p.ripe:
			if p.overtaken = o.overtake(); !p.overtaken && !s.arm(t, p) {
				return
			}
		case !p.overtaken && !p.ripe && (p.fault.Hold != nil || p.fault.Delay > 0):
			if !s.arm(t, p) {
				return
			}
		case s.hook == nil:
			p.rec.Err = noWebhook
			s.learnt(p.rec)
			s.end(p.rec)
			s.advance(t)
		default:
			o.busy = true
			s.ready = append(s.ready, t)
		}
	}
	s.dispatch()
}

// overtake moves the webhook that came after the first in front of it, if there is one.
func (o *outbox) overtake() bool {
	for i, p := range o.queue {
		if p.rec.N > o.queue[0].rec.N {
			copy(o.queue[1:i+1], o.queue[:i])
			o.queue[0] = p
			return true
		}
	}
	return false
}

// arm begins the wait for what keeps p back, once, and reports whether it is already over. The caller holds mu.
func (s *Server) arm(t *talk, p *parcel) bool {
	hold, delay := p.fault.Hold, p.fault.Delay
	if p.armed || hold == nil && delay == 0 {
		return false
	}
	p.armed = true
	ripen := func() {
		p.ripe = true
		s.pump(t)
		s.tidy(t)
		s.announce()
	}
	released := func() {
		if delay > 0 {
			s.after(delay, ripen)
			return
		}
		ripen()
	}
	if hold != nil && hold.putOff(s.putOff(released)) {
		return false
	}
	if delay > 0 {
		s.after(delay, ripen)
		return false
	}
	p.ripe = true
	return true
}

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
