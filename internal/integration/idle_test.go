package integration_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/escalationkit/escalation/events"
)

// connEvent is one change of one connection, as the API's server sees it.
type connEvent struct {
	conn  net.Conn
	state http.ConnState
}

// fronted is a stack whose fake is served by a server that tells what becomes of its connections.
func fronted(t *testing.T, c setup) (*stack, <-chan connEvent) {
	t.Helper()
	seen := make(chan connEvent, 10_000)
	front := httptest.NewUnstartedServer(nil)
	front.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		seen <- connEvent{conn, state}
	}
	c.network.BaseURL = "http://" + front.Listener.Addr().String()
	s := newStack(t, c)
	front.Config.Handler = s.api
	front.Start()
	t.Cleanup(func() {
		s.close(t) // the client first, so that no connection is in use
		front.Close()
	})
	return s, seen
}

// TestIdleConnectionsAreClosed: servers close idle connections too, Node by default after
// five seconds, and an event written into a connection that is being closed has an unknown outcome. This
// server closes nothing, so it is the client that does. That it takes four seconds is proven in httptransport,
// where time is the test's own.
func TestIdleConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	s, seen := fronted(t, setup{})
	v := s.connect(t, "1")
	var idle connEvent
	for e := range seen {
		if e.state == http.StateIdle {
			idle = e
			break
		}
	}
	closed := receive(t, seen, "the idle connection to be closed")
	if closed.conn != idle.conn || closed.state != http.StateClosed {
		t.Fatalf("the idle connection became %v, or another one came", closed.state)
	}
	send(t, v, events.Message{Text: "Hello"})
	if next := receive(t, seen, "a new connection"); next.state != http.StateNew {
		t.Errorf("the next event met a connection that is %v, want a new one", next.state)
	}
	s.wantWidget(t, "1", "John joined", "John: Hello")
}
