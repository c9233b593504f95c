package fakeapi

import (
	"bytes"
	"encoding/json"
)

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
		t.disturbedBy(s.chaos)
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
	s.note(entry{talk: talkID{bot: rec.BotID, conversation: rec.ConversationID}, hook: rec})
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
