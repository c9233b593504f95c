package integration_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/transport"
)

// open opens a round on both sides, without a webhook.
func (s *stack) open(t *testing.T, conversation string) *escalation.Conversation {
	t.Helper()
	v := s.client.Conversation(conversation)
	check(t, v.Open(t.Context()))
	s.api.BeginRound(conversation)
	return v
}

// connect brings a conversation to the point where the agent may write.
func (s *stack) connect(t *testing.T, conversation string) *escalation.Conversation {
	t.Helper()
	v := s.open(t, conversation)
	send(t, v, events.EscalationSuccess{Agent: "John"})
	return v
}

// send sends what has to be acknowledged.
func send(t *testing.T, v *escalation.Conversation, e events.Outbound) {
	t.Helper()
	if _, err := v.Send(bounded(t), e); err != nil {
		t.Fatalf("%v: %v", e.Kind(), err)
	}
}

// wantClass checks that a Send failed with a class.
func wantClass(t *testing.T, err error, want transport.Class) *escalation.SendError {
	t.Helper()
	sendErr, ok := errors.AsType[*escalation.SendError](err)
	if !ok || sendErr.Class != want {
		t.Fatalf("got %v, want a *SendError with class %q", err, want)
	}
	return sendErr
}

func wantState(t *testing.T, v *escalation.Conversation, want fsm.State) {
	t.Helper()
	status := must(v.Status(context.WithoutCancel(t.Context())))(t)
	if status.State != want {
		t.Fatalf("state %v, want %v", status.State, want)
	}
}

// wantWidget checks what the visitor of a conversation saw, and that nothing came out of order.
func (s *stack) wantWidget(t *testing.T, conversation string, want ...string) {
	t.Helper()
	wantLines(t, s.api, conversation, want...)
}

func wantLines(t *testing.T, api *fakeapi.Server, conversation string, want ...string) {
	t.Helper()
	var got []string
	for _, line := range api.Widget(conversation) {
		got = append(got, line.Text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("conversation %s: the visitor saw (-want +got):\n%s", conversation, diff)
	}
	if broken := api.Violations(); len(broken) > 0 {
		t.Errorf("out of order: %v", broken)
	}
}

// visitor makes a connection for each call, so that nothing of it outlives the call.
var visitor = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// post makes a webhook call with a body and a secret, and returns the status of the answer.
func (s *stack) post(t *testing.T, body []byte, secret string) int {
	t.Helper()
	r := must(http.NewRequestWithContext(bounded(t), http.MethodPost, "http://"+s.address+"/hook", bytes.NewReader(body)))(t)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(secretHeader, secret)
	answer := must(visitor.Do(r))(t)
	defer answer.Body.Close()
	must(io.Copy(io.Discard, answer.Body))(t)
	return answer.StatusCode
}

// says makes the webhook call for an event, which has to be taken in, and returns its body.
func (s *stack) says(t *testing.T, conversation string, e events.Inbound) []byte {
	t.Helper()
	body := envelope(t, conversation, e)
	if status := s.post(t, body, secret); status != http.StatusOK {
		t.Fatalf("%v was answered %d", e.Kind(), status)
	}
	return body
}

func envelope(t *testing.T, conversation string, e events.Inbound) []byte {
	t.Helper()
	return must(events.Envelope{BotID: bot, Channel: "chat", ConversationID: conversation, Event: e}.Encode())(t)
}

// dial opens a bare connection to the webhook and writes text to it.
func (s *stack) dial(t *testing.T, text string) net.Conn {
	t.Helper()
	ctx := bounded(t)
	conn := must((&net.Dialer{}).DialContext(ctx, "tcp", s.address))(t)
	deadline, _ := ctx.Deadline()
	check(t, conn.SetDeadline(deadline))
	must(io.WriteString(conn, text))(t)
	return conn
}

// receive waits for a value, for as long as a test may wait.
func receive[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	ctx := bounded(t)
	select {
	case v := <-c:
		return v
	case <-ctx.Done():
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}
