package fakeapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Defaults of [Webhook].
const (
	DefaultWebhookTimeout = 10 * time.Second
	DefaultChannel        = "chat"
)

// A Webhook says where and how the platform sends its webhooks: one POST of JSON for each thing the visitor does.
type Webhook struct {
	// URL is the CRM's: absolute, http or https.
	URL string

	// Transport sends the requests. It must end when the request's context does: Close waits for it. Default: a clone of [http.DefaultTransport] without a proxy, whose connections Close
	// closes. A redirect is not followed, so what Sign added goes to no other place: it is an answer like any other.
	Transport http.RoundTripper

	// Sign adds what authenticates the webhook; nil: nothing. It is called for every attempt.
	Sign Signer

	// Timeout bounds one attempt, from the connecting to the last byte of the answer that is read. Default:
	// DefaultWebhookTimeout.
	Timeout time.Duration

	// Channel is the field of that name. Default: DefaultChannel.
	Channel string

	_ struct{}
}

// withDefaults returns a checked copy of w, every default filled in; nil stays nil.
func (w *Webhook) withDefaults() (*Webhook, error) {
	if w == nil {
		return nil, nil
	}
	out := *w
	var errs []error
	// The address may hold a secret: it is not quoted.
	if u, err := url.Parse(out.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		errs = append(errs, errors.New("fakeapi: webhook URL is not an absolute one of http or https"))
	}
	switch {
	case out.Timeout < 0:
		errs = append(errs, fmt.Errorf("fakeapi: webhook time-out %v is negative", out.Timeout))
	case out.Timeout == 0:
		out.Timeout = DefaultWebhookTimeout
	}
	if out.Channel == "" {
		out.Channel = DefaultChannel
	}
	return &out, errors.Join(errs...)
}

// SetWebhook replaces [Config.Webhook], for every attempt that begins from now on. It serves where the CRM can only be
// started once the server's URL is known. Nil: webhooks are not sent any more. It fails, having changed nothing, if w is wrong.
func (s *Server) SetWebhook(w *Webhook) error {
	full, err := w.withDefaults()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setWebhook(full)
	return nil
}

// The names of the webhook's events, and of their fields that the endpoint does not have.
const (
	typeEscalate   = "widgetEscalate"
	typeVisitor    = "widgetMessage"
	typeEndSession = "widgetEndSession"
)

// A WebhookRecord is what the server keeps of one attempt to send a webhook.
type WebhookRecord struct {
	N  int // number of the attempt, from 1, in the order in which they were decided on
	Of int // N of the first attempt of the same event; N itself if this is the first

	Time  time.Time     // when it was decided on, by Config.Now: when the visitor acted, or the copy or repeat became due
	Sent  time.Time     // when the attempt began, by Config.Now; zero if it did not
	Took  time.Duration // how long the attempt took
	Ended bool          // whether it is over; Status, Err, Answer and Took are then final

	BotID          string
	ConversationID string
	Round          int
	EventType      string
	Body           []byte

	Dropped bool   // a WebhookFault dropped it
	Status  int    // of the CRM's answer; 0 if there was none
	Err     string // why there was no answer, or no whole one; never the URL
	Answer  []byte // the first 4 KiB of the answer's body
}

func (r *WebhookRecord) clone() WebhookRecord {
	c := *r
	c.Body = bytes.Clone(r.Body)
	c.Answer = bytes.Clone(r.Answer)
	return c
}

// Webhooks returns the records of all attempts, of all bots, by N.
func (s *Server) Webhooks() []WebhookRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []WebhookRecord
	for _, r := range s.webhooks.kept() {
		out = append(out, r.clone())
	}
	return out
}

// WaitWebhooks returns nil as soon as at least n attempts to send a webhook have ended, in whatever way, the dropped ones and
// those without a place to go included. Its errors are those of WaitRequests.
func (s *Server) WaitWebhooks(ctx context.Context, n int) error {
	return s.wait(ctx, n, "webhooks ended", func() int { return s.webhooksEnded })
}

// Redeliver sends the webhook of that record once more, equal to the byte, at once and beside the conversation's other
// webhooks, and returns nil when it was answered, whatever the status: see the new record, whose Of is the first attempt's N. It
// signs anew. It returns an error if there is no such record (any more), nowhere to send it to, or no answer, one that wraps
// ctx's cause if ctx ended it, and one that wraps ErrClosed if the server is closed.
func (s *Server) Redeliver(ctx context.Context, n int) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	kept := s.webhooks.kept()
	i, found := slices.BinarySearchFunc(kept, n, func(r *WebhookRecord, n int) int { return r.N - n })
	if !found {
		s.mu.Unlock()
		return fmt.Errorf("fakeapi: no record of webhook %d", n)
	}
	rec := s.again(kept[i])
	s.tasks.all.Add(1) // Close waits for this goroutine too
	defer s.tasks.all.Done()
	s.mu.Unlock()

	both, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.tasks.ctx, cancel)()
	s.attempt(both, rec)
	s.observer.nudge()

	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case rec.Status != 0:
		return nil
	case s.closed:
		return fmt.Errorf("fakeapi: webhook %d: %w", n, ErrClosed)
	case ctx.Err() != nil:
		return fmt.Errorf("fakeapi: webhook %d: %w", n, context.Cause(ctx))
	}
	return fmt.Errorf("fakeapi: webhook %d: %s", n, rec.Err)
}
