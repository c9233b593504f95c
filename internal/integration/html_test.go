package integration_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/transport"
)

// TestHTMLPageIsNoAcknowledgement: behind a login page or a captive proxy everything is answered 200. Whether
// the API saw the event is unknown, so the state stays, and before the settle time is over nothing is sent.
func TestHTMLPageIsNoAcknowledgement(t *testing.T) {
	for _, contentType := range []string{"text/html", "text/html; charset=utf-8", "TEXT/HTML"} {
		for _, process := range []fakeapi.Process{fakeapi.ProcessNever, fakeapi.ProcessAnyway} {
			s := newStack(t, setup{client: escalation.Config{Settle: time.Hour}})
			v := s.open(t, "1")
			page := fakeapi.Fault{
				Status: 200, Header: http.Header{"Content-Type": {contentType}},
				Body: []byte("<html>Please log in</html>"), Process: process,
			}
			check(t, s.api.Next(page))
			number, result := s.attempt(t, v, events.EscalationSuccess{Agent: "John"})
			wantClass(t, result, transport.Unknown, 200)
			wantState(t, v, fsm.Pending)
			accept(t, v, events.Message{Text: "Hello"})
			_, err := v.Wait(past(t), number)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want that nothing is final", err)
			}
			if n := len(s.api.Requests()); n != 1 {
				t.Errorf("%d requests, want one", n)
			}
			if process == fakeapi.ProcessAnyway {
				s.wantWidget(t, "1", "John joined")
			} else {
				s.wantWidget(t, "1")
			}
			s.close(t)
		}
	}
}

// TestOther2xxIsAnAcknowledgement shows the other side of the line: JSON with any 2xx moves the state.
func TestOther2xxIsAnAcknowledgement(t *testing.T) {
	s := newStack(t, setup{})
	v := s.open(t, "1")
	for _, c := range []struct {
		fault fakeapi.Fault
		event events.Outbound
		state fsm.State
	}{
		{fakeapi.Fault{Status: 202}, events.EscalationQueueUpdate{QueuePosition: "1"}, fsm.Queued},
		{fakeapi.Fault{Status: 204}, events.EscalationSuccess{}, fsm.Connected},
		{fakeapi.Fault{Status: 200, Header: http.Header{"Content-Type": nil}, Body: []byte("ok")}, events.AgentDisconnect{}, fsm.Ended},
	} {
		check(t, s.api.Next(c.fault))
		send(t, v, c.event)
		wantState(t, v, c.state)
	}
}
