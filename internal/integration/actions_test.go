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

// accept has an event accepted and does not wait for it.
func accept(t *testing.T, v *escalation.Conversation, e events.Outbound) uint64 {
	t.Helper()
	return must(v.Accept(bounded(t), e))(t).Number
}

// attempt has an event accepted, and returns how its first attempt ended. More attempts may follow.
func (s *stack) attempt(t *testing.T, v *escalation.Conversation, e events.Outbound) (number uint64, r transport.Result) {
	t.Helper()
	number = accept(t, v, e)
	for {
		o := receive(t, s.attempts, "an attempt to end")
		if o.ConversationID == v.ID() && o.Number == number {
			return number, o.Result
		}
	}
}

// wantClass checks how an attempt ended.
func wantClass(t *testing.T, r transport.Result, want transport.Class, status int) {
	t.Helper()
	if r.Class != want || r.Status != status {
		t.Fatalf("the attempt ended %v, status %d (%v); want %v, %d", r.Class, r.Status, r.Err, want, status)
	}
}

// wantPending checks that a Send was left before the event had its final result.
func wantPending(t *testing.T, err error, mayHaveArrived bool, cause error) {
	t.Helper()
	sendErr, ok := errors.AsType[*escalation.SendError](err)
	if !ok || !sendErr.Pending() || sendErr.MayHaveArrived != mayHaveArrived || !errors.Is(err, cause) {
		t.Fatalf("got %v, want a *SendError for a pending event because of %v; may have arrived: %v", err, cause, mayHaveArrived)
	}
}

// acknowledgedIn waits until an event is acknowledged.
func acknowledgedIn(t *testing.T, v *escalation.Conversation, number uint64) escalation.Result {
	t.Helper()
	return must(v.Wait(bounded(t), number))(t)
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
