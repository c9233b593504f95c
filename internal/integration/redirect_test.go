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
				want := []string{"John joined"}
				for _, location := range []string{other.URL + fakeapi.Path, s.api.URL() + "/login", "/login", "://", ""} {
					header := http.Header{"Location": {location}}
					check(t, s.api.Next(fakeapi.Fault{Status: status, Header: header, Process: fakeapi.ProcessNever}))
					before := len(s.api.Requests())
					number, result := s.attempt(t, v, events.Message{Text: "for nobody else"})
					wantClass(t, result, transport.RefusedScope, status)
					if n := len(s.api.Requests()) - before; n != 1 {
						t.Errorf("to %q: %d requests, want one", location, n)
					}
					if !s.client.Bot(bot).Resume() { // the base URL was mended
						t.Errorf("to %q: the bot was not paused", location)
					}
					if result := acknowledgedIn(t, v, number); result.Attempts != 2 || result.MayBeDuplicate {
						t.Errorf("to %q: %+v, want the second attempt acknowledged, and no duplicate", location, result)
					}
					want = append(want, "John: for nobody else")
				}
				send(t, v, events.AgentDisconnect{})
				s.wantWidget(t, "1", append(want, "The agent left")...)
			})
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("the other host was called %d times", n)
	}
}

// TestRedirectOfTheFirstEvent: the state does not move past an event that was redirected, and nothing that needs it
// is sent before it.
func TestRedirectOfTheFirstEvent(t *testing.T) {
	s := newStack(t, setup{})
	v := s.open(t, "1")
	check(t, s.api.Next(fakeapi.Fault{Status: 302, Header: http.Header{"Location": {"/login"}}}))
	_, result := s.attempt(t, v, events.EscalationSuccess{Agent: "John"})
	wantClass(t, result, transport.RefusedScope, 302)
	wantState(t, v, fsm.Pending)
	hello := accept(t, v, events.Message{Text: "Hello"})
	s.wantWidget(t, "1")
	s.client.Bot(bot).Resume()
	acknowledgedIn(t, v, hello)
	s.wantWidget(t, "1", "John joined", "John: Hello")
}
