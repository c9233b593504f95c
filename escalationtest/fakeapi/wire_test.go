package fakeapi_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// net/http has an answer of its own to this one.
func TestOptionsOfTheWholeServer(t *testing.T) {
	s := startServer(t, nil)
	addr, _ := strings.CutPrefix(s.URL(), "http://")
	conn, err := new(net.Dialer).DialContext(bounded(t), "tcp", addr)
	must(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	must(t, err)
	answer, err := io.ReadAll(conn)
	must(t, err)
	if r := only(t, s); !strings.HasPrefix(string(answer), "HTTP/1.1 404 ") || !r.Broke(fakeapi.WrongPath) || !r.Broke(fakeapi.WrongMethod) {
		t.Errorf("%s\n%+v", answer, r)
	}
}

func TestFaultHeaderReplacesWhateverItsSpelling(t *testing.T) {
	s := startServer(t, nil)
	must(t, s.Next(fakeapi.Fault{Status: 429, Header: http.Header{"content-type": {"text/plain"}, "retry-after": {"7"}}}))
	status, _, header, err := post(bounded(t), s.URL(), success)
	must(t, err)
	got := fmt.Sprint(status, header["Content-Type"], header["Retry-After"])
	if want := "429 [text/plain] [7]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A transport made of an http.Client wraps its errors, with the URL.
func TestErrorsOfAnOwnTransportDoNotShowTheAddress(t *testing.T) {
	s, c := newPair(t, nil)
	c.answer = func(*http.Request, string) (*http.Response, error) {
		return nil, fmt.Errorf("again: %w", &url.Error{Op: "Post", URL: "http://crm.test/canary", Err: errors.New("no luck")})
	}
	must(t, s.Escalate("c1", ""))
	must(t, s.WaitWebhooks(bounded(t), 1))
	if diff := cmp.Diff("no luck", s.Webhooks()[0].Err); diff != "" {
		t.Error(diff)
	}
}

// A transport may not look at the context: Close lets none begin.
func TestCloseLetsNoWebhookBegin(t *testing.T) {
	s, _ := newPair(t, nil)
	for i := range 64 { // each with a sender, of which some have not begun yet
		must(t, s.Escalate(fmt.Sprint("c", i), ""))
	}
	must(t, s.Close())
	for _, r := range s.Webhooks() {
		if sent := !r.Sent.IsZero(); sent != (r.Status == 200) || sent != (r.Err == "") {
			t.Errorf("webhook %d: sent at %v, status %d, %q", r.N, r.Sent, r.Status, r.Err)
		}
	}
}
