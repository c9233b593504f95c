package httptransport_test

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// Texts that must never show.
const (
	keyCanary          = "key-canary-77ab"
	textCanary         = "text-canary-19cd"
	conversationCanary = "conv-canary-52ef"
)

// message is an event that holds all but the key.
func message() transport.Request {
	return transport.Request{
		BotID:          "bot-1",
		ConversationID: conversationCanary,
		Kind:           events.KindMessage,
		Body: []byte(`{"platformConversationId":"` + conversationCanary +
			`","eventType":"message","text":"` + textCanary + `"}`),
	}
}

func static(t testing.TB, botID, key string) httptransport.Provider {
	t.Helper()
	creds, err := httptransport.Static(botID, key)
	if err != nil {
		t.Fatal(err)
	}
	return creds
}

// open returns a Transport that is silent and is closed with the test.
func open(t testing.TB, creds httptransport.Provider, cfg httptransport.Config) *httptransport.Transport {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	tr, err := httptransport.New(creds, &cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tr.Close() })
	return tr
}

// serve starts a server and returns its base URL and the number of requests it got.
func serve(t testing.TB, h http.HandlerFunc) (baseURL string, calls *atomic.Int64) {
	t.Helper()
	calls = new(atomic.Int64)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		h(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, calls
}

// keepPort keeps the port of a listener taken when the listener is closed, by a connection that it accepted: who connects is
// refused, and nobody comes to listen there by chance.
func keepPort(t testing.TB, l net.Listener) {
	t.Helper()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close() })
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
}

// tripper is a RoundTripper made of a function; it fires no trace hook.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answer reads the request and returns an answer without a body.
func answer(req *http.Request, status int) *http.Response {
	_, _ = io.Copy(io.Discard, req.Body)
	return &http.Response{
		StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

func wantClass(t *testing.T, res transport.Result, want transport.Class) {
	t.Helper()
	if res.Class != want {
		t.Errorf("the class is %v, want %v; err: %v", res.Class, want, res.Err)
	}
	if (res.Err == nil) != (want == transport.Acknowledged) {
		t.Errorf("Err is %v for %v", res.Err, res.Class)
	}
}

func provide(f func(ctx context.Context, botID string) (httptransport.Credentials, error)) httptransport.Provider {
	return httptransport.ProviderFunc(f)
}

func provideStatic(creds httptransport.Credentials) httptransport.Provider {
	return provide(func(context.Context, string) (httptransport.Credentials, error) { return creds, nil })
}
