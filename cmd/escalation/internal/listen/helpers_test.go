package listen_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/listen"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
)

const (
	endpoint = "/agent/converse/send-message-to-widget"
	message  = `{"platformConversationId":"1","eventType":"message","text":"hi"}`
)

// of returns the body of an event without details in conversation 1.
func of(kind string) string {
	return `{"platformConversationId":"1","eventType":"` + kind + `"}`
}

// hook returns the body of a webhook in conversation 1 of bot b.
func hook(kind string) string {
	return `{"botId":"b","data":{"platformConversationId":"1","eventType":"` + kind + `"}}`
}

// memoryLog numbers exchanges and keeps them as they are.
type memoryLog struct {
	mu  sync.Mutex
	all []wire.Exchange
	err error
}

func (l *memoryLog) Append(x wire.Exchange) (wire.Exchange, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return x, l.err
	}
	x.N = int64(len(l.all) + 1)
	l.all = append(l.all, x)
	return x, nil
}

func (l *memoryLog) exchanges() []wire.Exchange {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]wire.Exchange(nil), l.all...)
}

// roundTrip makes a RoundTripper of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering returns a RoundTripper that answers everything with this status.
func answering(status int) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("passed")), Request: r}, nil
	}
}

// recorder returns a Recorder whose Log, unless cfg has one, is the one returned, and what it tells.
func recorder(t *testing.T, cfg listen.Config) (*listen.Recorder, *memoryLog, *[]listen.Exchange) {
	t.Helper()
	log := &memoryLog{}
	if cfg.Log == nil {
		cfg.Log = log
	}
	told := &[]listen.Exchange{}
	tell := cfg.Tell
	cfg.Tell = func(x listen.Exchange) error {
		*told = append(*told, x)
		if tell != nil {
			return tell(x)
		}
		return nil
	}
	r, err := listen.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r, log, told
}

// request is one of a CRM's that is in order; change it as needed.
func request(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8138"+endpoint, strings.NewReader(body))
	r.Header = http.Header{"Authorization": {"canary-key-of-ours"}, "Botid": {"b"}, "Content-Type": {"application/json"}}
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// serveAborted is serve where the handler may break off its answer.
func serveAborted(h http.Handler, r *http.Request) {
	defer func() {
		if err := recover(); err != nil && err != http.ErrAbortHandler {
			panic(err)
		}
	}()
	serve(h, r)
}

// rules writes what was found as "rule" and "(rule)" for notes.
func rules(x listen.Exchange) string {
	var all []string
	for _, f := range x.Findings {
		all = append(all, f.Rule)
	}
	for _, f := range x.Notes {
		all = append(all, "("+f.Rule+")")
	}
	return strings.Join(all, " ")
}

// summary writes an exchange as "status kind state/round: rules".
func summary(x listen.Exchange) string {
	line := fmt.Sprintf("%d %s", x.Status, x.Kind)
	if x.State != "" {
		line += fmt.Sprintf(" %s/%d", x.State, x.Round)
	}
	if found := rules(x); found != "" {
		line += ": " + found
	}
	return line
}

func summaries(all []listen.Exchange) []string {
	var lines []string
	for _, x := range all {
		lines = append(lines, summary(x))
	}
	return lines
}

func has(b []byte, mark string) bool { return bytes.Contains(b, []byte(mark)) }
