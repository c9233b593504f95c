package integration_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/transport"
)

// TestHTMLPageIsNoAcknowledgement: behind a login page or a captive proxy everything is answered 200. Whether
// the API saw the event is unknown, so the state stays and the text is not repeated by itself.
func TestHTMLPageIsNoAcknowledgement(t *testing.T) {
	for _, contentType := range []string{"text/html", "text/html; charset=utf-8", "TEXT/HTML"} {
		for _, process := range []fakeapi.Process{fakeapi.ProcessNever, fakeapi.ProcessAnyway} {
			s := newStack(t, setup{})
			v := s.open(t, "1")
			page := fakeapi.Fault{
				Status: 200, Header: http.Header{"Content-Type": {contentType}},
				Body: []byte("<html>Please log in</html>"), Process: process,
			}
			check(t, s.api.Next(page))
			_, err := v.Send(bounded(t), events.EscalationSuccess{Agent: "John"})
			if sendErr := wantClass(t, err, transport.Unknown); sendErr.Status != 200 || !sendErr.MayHaveBeenSent() {
				t.Errorf("status %d, may have been sent: %v", sendErr.Status, sendErr.MayHaveBeenSent())
			}
			wantState(t, v, fsm.Pending)
			wantRefused(t, v, events.Message{Text: "Hello"}, "sequence")
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

// wantRefused checks that an event is refused by exactly the named rules.
func wantRefused(t *testing.T, v *escalation.Conversation, e events.Outbound, broken ...string) {
	t.Helper()
	_, err := v.Send(context.WithoutCancel(t.Context()), e)
	refusal, ok := errors.AsType[*rules.Refusal](err)
	if !ok || !slices.Equal(refusal.Rules(), broken) {
		t.Fatalf("got %v, want a refusal by %v", err, broken)
	}
}
