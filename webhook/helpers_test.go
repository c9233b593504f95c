package webhook_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/webhook"
)

// Bodies as the widget sends them.
const (
	bodyEscalate = `{"botId":"bot-1","channel":"chat","data":{"platformConversationId":"123456789","eventType":"widgetEscalate","escalateTo":"sales"}}`
	bodyMessage  = `{"botId":"bot-1","channel":"chat","data":{"platformConversationId":"123456789","eventType":"widgetMessage","text":"hello"}}`
	bodyEnd      = `{"botId":"bot-1","channel":"chat","data":{"platformConversationId":"123456789","eventType":"widgetEndSession"}}`
)

// recorder is a Receiver that keeps what it was given.
type recorder struct {
	mu  sync.Mutex
	got []events.Envelope
	err error // to return
}

func (r *recorder) Receive(_ context.Context, env events.Envelope) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, env)
	return r.err
}

func (r *recorder) envelopes() []events.Envelope {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got
}

// lockedBuffer collects log output of concurrent requests.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// logger logs everything into a buffer.
func logger() (*slog.Logger, *lockedBuffer) {
	var b lockedBuffer
	return slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug})), &b
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// must unwraps a constructor that the test does not expect to fail.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatalf("construction: %v", err)
		}
		return v
	}
}

// post makes a well-formed request; edits may spoil it.
func post(body string, edits ...func(*http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/converse-webhook", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for _, edit := range edits {
		edit(r)
	}
	return r
}

func header(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header[name] = values }
}

// serve runs one request and returns the answer with its body.
func serve(h http.Handler, r *http.Request) (*http.Response, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	body, _ := io.ReadAll(res.Body)
	return res, string(body)
}

// needReason fails a table case that does not say why it is there.
func needReason(t *testing.T, why string) {
	t.Helper()
	if why == "" {
		t.Fatal("the case gives no reason")
	}
}

// refusal returns the parts of an *UnverifiedError, or fails.
func refusal(t *testing.T, err error) (webhook.Check, webhook.Reason) {
	t.Helper()
	u, ok := err.(*webhook.UnverifiedError)
	if !ok {
		t.Fatalf("error is %T (%v), want *UnverifiedError", err, err)
	}
	return u.Check, u.Reason
}
