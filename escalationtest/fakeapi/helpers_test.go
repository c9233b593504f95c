package fakeapi_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// The five events, of conversation c1.
const (
	queueUpdate = `{"platformConversationId":"c1","eventType":"escalationQueueUpdate","queuePosition":"3","waitingTime":"12"}`
	success     = `{"platformConversationId":"c1","eventType":"escalationSuccess","agent":"John Smith"}`
	message     = `{"platformConversationId":"c1","eventType":"message","text":"Hello"}`
	failed      = `{"platformConversationId":"c1","eventType":"escalationFailed"}`
	disconnect  = `{"platformConversationId":"c1","eventType":"agentDisconnect"}`
)

var events = map[rune]string{'Q': queueUpdate, 'S': success, 'M': message, 'F': failed, 'D': disconnect}

func newServer(t *testing.T, cfg *fakeapi.Config) *fakeapi.Server {
	t.Helper()
	s, err := fakeapi.New("bot-1", "key-1", cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func startServer(t *testing.T, cfg *fakeapi.Config) *fakeapi.Server {
	t.Helper()
	s := newServer(t, cfg)
	must(t, s.Start())
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bounded is a context that a broken test runs into, and a working one never.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// request makes a request without flaw; change spoils it.
func request(ctx context.Context, base, body string, change func(*http.Request)) *http.Request {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+fakeapi.Path, strings.NewReader(body))
	if err != nil {
		panic(err) // the test's own constant is wrong
	}
	r.Header.Set("Authorization", "key-1")
	r.Header.Set("botid", "bot-1")
	r.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(r)
	}
	return r
}

// serve hands a request straight to the handler.
func serve(h http.Handler, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request(context.Background(), "http://fake.test", body, change))
	return w
}

// client makes a connection for every request, so that none of its goroutines outlives one.
var client = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true, Proxy: nil},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// post sends a flawless request over the network and returns status, body and error.
func post(ctx context.Context, base, body string) (int, string, http.Header, error) {
	resp, err := client.Do(request(ctx, base, body, nil))
	if err != nil {
		return 0, "", nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), resp.Header, err
}

// texts are the lines of a widget as the visitor reads them.
func texts(lines []fakeapi.Line) string {
	var out []string
	for _, l := range lines {
		out = append(out, l.Text)
	}
	return strings.Join(out, " | ")
}

// only returns the one record there is.
func only(t *testing.T, s *fakeapi.Server) fakeapi.Record {
	t.Helper()
	rs := s.Requests()
	if len(rs) != 1 {
		t.Fatalf("%d records, want 1", len(rs))
	}
	return rs[0]
}
