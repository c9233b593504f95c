package fakeapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// A crm is the other side of the webhooks, reached without a network: it notes the bodies and answers 200, or does what
// answer says.
type crm struct {
	answer func(*http.Request, string) (*http.Response, error)

	mu     sync.Mutex
	bodies []string
}

func (c *crm) RoundTrip(r *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.bodies = append(c.bodies, string(raw))
	c.mu.Unlock()
	if c.answer != nil {
		return c.answer(r, string(raw))
	}
	return status(200), nil
}

func (c *crm) got() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.bodies...)
}

func status(code int) *http.Response {
	w := httptest.NewRecorder()
	w.WriteHeader(code)
	return w.Result()
}

// reached returns a Webhook that reaches the CRM.
func (c *crm) reached() *fakeapi.Webhook {
	return &fakeapi.Webhook{URL: "http://crm.test/webhook", Transport: c}
}

// newPair returns a server and the CRM that gets its webhooks.
func newPair(t *testing.T, cfg *fakeapi.Config) (*fakeapi.Server, *crm) {
	t.Helper()
	c := new(crm)
	if cfg == nil {
		cfg = new(fakeapi.Config)
	}
	cfg.Webhook = c.reached()
	return newServer(t, cfg), c
}

// The webhooks about conversation c1 of bot-1.
const (
	escalated = `{"botId":"bot-1","channel":"chat","data":{"platformConversationId":"c1","eventType":"widgetEscalate"}}`
	ended     = `{"botId":"bot-1","channel":"chat","data":{"platformConversationId":"c1","eventType":"widgetEndSession"}}`
)

// wrote is the webhook of the visitor's words.
func wrote(text string) string {
	return `{"botId":"bot-1","channel":"chat","data":{"platformConversationId":"c1","eventType":"widgetMessage","text":"` + text + `"}}`
}

// slow is a body whose text comes later.
func slow(text <-chan string) io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		for part := range text {
			_, _ = io.WriteString(w, part)
		}
		_ = w.Close()
	}()
	return r
}
