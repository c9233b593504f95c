package fakeapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	maxAnswer = 4 << 10  // how much of an answer is kept
	maxDrain  = 64 << 10 // how much more is read so that the connection can be used again
)

var errTimeout = errors.New("timed out")

// setWebhook makes w, checked and complete, the one in use. The caller holds mu.
func (s *Server) setWebhook(w *Webhook) {
	s.hook = w
	if w == nil {
		return
	}
	transport := w.Transport
	if transport == nil {
		if s.ownTransport == nil {
			s.ownTransport = newTransport()
		}
		transport = s.ownTransport
	}
	s.transport = transport
}

// newTransport is the default of Webhook.Transport.
func newTransport() *http.Transport {
	out := &http.Transport{}
	if std, ok := http.DefaultTransport.(*http.Transport); ok { // a program may have replaced it
		out = std.Clone()
	}
	out.Proxy = nil
	out.MaxIdleConnsPerHost = maxSending
	return out
}

// attempt sends the webhook of an enrolled record and completes the record. The caller holds no lock.
func (s *Server) attempt(ctx context.Context, rec *WebhookRecord) {
	s.mu.Lock()
	hook, transport, body, closed := s.hook, s.transport, rec.Body, s.closed
	if hook != nil && !closed {
		rec.Sent = s.cfg.Now()
		if t := s.addressed(rec); t != nil {
			t.know.hearing(rec, s.begun)
		}
	}
	s.mu.Unlock()

	status, answer, err := 0, []byte(nil), errors.New("the transport ended the goroutine")
	begun := time.Now()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		rec.Took = time.Since(begun)
		rec.Status, rec.Answer = status, answer
		switch {
		case err == nil:
		case s.closed:
			rec.Err = ErrClosed.Error()
		case errors.Is(err, errTimeout):
			rec.Err = fmt.Sprintf("no whole answer within %v", hook.Timeout)
		default:
			rec.Err = err.Error()
		}
		if t := s.addressed(rec); t != nil {
			t.know.heard(rec, s.begun, status/100 == 2)
		}
		s.end(rec)
	}()
	switch {
	case closed:
		err = ErrClosed
		return
	case hook == nil:
		err = errors.New(noWebhook)
		return
	}
	ctx, stop := context.WithTimeoutCause(ctx, hook.Timeout, errTimeout)
	defer stop()
	status, answer, err = exchangeWebhook(ctx, hook, transport, body)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
}

// addressed returns the conversation that the webhook is about, or nil if it is forgotten. The caller holds mu.
func (s *Server) addressed(rec *WebhookRecord) *talk {
	return s.talks[talkID{bot: rec.BotID, conversation: rec.ConversationID}]
}

// exchangeWebhook returns the CRM's answer. With a status, an error means that not all of the answer's body came. There is
// no http.Client: it would follow redirects, or fail over a bad one, and name the URL in its errors.
func exchangeWebhook(ctx context.Context, hook *Webhook, transport http.RoundTripper, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, bytes.NewReader(body))
	if err != nil {
		return 0, nil, errors.New("the URL is unusable") // checked before: cannot happen
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "fakeapi")
	if user := req.URL.User; user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	if hook.Sign != nil { // last: what it says of Authorization counts
		hook.Sign(req.Header, bytes.Clone(body))
	}
	resp, err := transport.RoundTrip(req)
	if named := (*url.Error)(nil); errors.As(err, &named) {
		err = named.Err // what is around it names the URL
	}
	switch {
	case err != nil:
		return 0, nil, err
	case resp == nil || resp.Body == nil:
		return 0, nil, errors.New("the transport returned no answer")
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err == nil {
		_, err = io.CopyN(io.Discard, resp.Body, maxDrain)
	}
	if err == io.EOF {
		err = nil
	}
	return resp.StatusCode, answer, err
}
