package integration_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// TestRedirectsAreNotFollowed: a followed 301, 302 or 303 would turn the POST into an empty GET whose 200 looks
// like success; a followed 307 or 308 would carry the text and the bot id to another host.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var calls atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		io.WriteString(w, `{"status":"acknowledged"}`)
	}))
	defer other.Close()
	for _, c := range []struct {
		why    string
		client *http.Client
	}{
		{"the transport's own client", nil},
		{"a client of the host's, which would follow", &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}},
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprintf("%s, %d", c.why, status), func(t *testing.T) {
				s := newStack(t, setup{network: httptransport.Config{Client: c.client}})
				v := s.connect(t, "1")
				for _, location := range []string{other.URL + fakeapi.Path, s.api.URL() + "/login", "/login", "://", ""} {
					header := http.Header{"Location": {location}}
					check(t, s.api.Next(fakeapi.Fault{Status: status, Header: header, Process: fakeapi.ProcessNever}))
					before := len(s.api.Requests())
					_, err := v.Send(bounded(t), events.Message{Text: "for nobody else"})
					sendErr := wantClass(t, err, transport.RefusedScope)
					if sendErr.Status != status || sendErr.MayHaveBeenSent() {
						t.Errorf("to %q: status %d, may have been sent: %v", location, sendErr.Status, sendErr.MayHaveBeenSent())
					}
					if n := len(s.api.Requests()) - before; n != 1 {
						t.Errorf("to %q: %d requests, want one", location, n)
					}
					wantState(t, v, fsm.Connected)
				}
				if _, err := v.Send(bounded(t), events.AgentDisconnect{}); err != nil {
					t.Errorf("after the redirects: %v", err)
				}
				s.wantWidget(t, "1", "John joined", "The agent left")
			})
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("the other host was called %d times", n)
	}
}

// TestRedirectOfTheFirstEvent: the state does not move past an event that was redirected.
func TestRedirectOfTheFirstEvent(t *testing.T) {
	s := newStack(t, setup{})
	v := s.open(t, "1")
	check(t, s.api.Next(fakeapi.Fault{Status: 302, Header: http.Header{"Location": {"/login"}}}))
	_, err := v.Send(bounded(t), events.EscalationSuccess{Agent: "John"})
	wantClass(t, err, transport.RefusedScope)
	wantState(t, v, fsm.Pending)
	wantRefused(t, v, events.Message{Text: "Hello"}, "sequence")
	send(t, v, events.EscalationSuccess{Agent: "Jane"})
	s.wantWidget(t, "1", "Jane joined")
}
