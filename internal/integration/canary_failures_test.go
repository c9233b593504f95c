package integration_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
	"github.com/escalationkit/escalation/webhook"
)

// outboundFailures sends the text while the API does everything an API can do, and breaks rules with it.
func outboundFailures(t *testing.T, s *stack, seen *printout) {
	t.Helper()
	v := s.client.Conversation(idMark)
	try := func(e events.Outbound) {
		t.Helper()
		seen.errors(v.Explain(t.Context(), e))
		result, err := v.Send(bounded(t), e)
		seen.errors(err)
		status := must(v.Status(t.Context()))(t)
		seen.show(result, status)
		if status.Park.Reason == 0 {
			return
		}
		skip := escalation.Repair{Verb: escalation.Skip, Number: status.Park.Number, By: text, Why: text}
		check(t, v.Repair(bounded(t), skip))
		seen.errors(v.Repair(bounded(t), skip)) // it is not parked any more
	}
	try(events.Message{Text: text}) // never opened
	s.says(t, idMark, events.WidgetEscalate{EscalateTo: text})
	s.api.BeginRound(idMark)
	try(events.EscalationQueueUpdate{QueuePosition: text, WaitingTime: text})
	try(events.EscalationSuccess{Agent: " ", AgentAvatar: "http://" + text})
	try(events.EscalationSuccess{Agent: text + "\x00", AgentAvatar: "https://%" + mark})
	send(t, v, events.EscalationSuccess{Agent: text})
	try(events.Message{Text: strings.Repeat(text, 100)})
	try(events.Message{Text: text + "\xff"})
	try(&events.Message{Text: text})

	echo := []byte(`{"error":"cannot take ` + text + ` with key ` + markKey + `"}`)
	html := http.Header{"Content-Type": {"text/html"}, "Location": {"https://a.example/" + mark}}
	for _, status := range []int{201, 301, 308, 400, 401, 403, 404, 405, 408, 413, 418, 422, 429, 500, 502, 503, 504} {
		check(t, s.api.Next(fakeapi.Fault{Status: status, Body: echo}, fakeapi.Fault{Status: status, Body: echo, Header: html}))
		for s.api.FaultsLeft() > 0 {
			try(events.Message{Text: text})
		}
	}
	unknown := fakeapi.Fault{Status: 200, Body: echo, Header: html}
	for _, faults := range [][]fakeapi.Fault{
		{unknown, unknown, unknown}, // parks
		{{Status: 301, Header: http.Header{"Location": {"://" + mark}}}},
		{{Status: 429, Header: http.Header{"Retry-After": {mark}}}},
		{{Status: 503, Header: http.Header{"Retry-After": {"0"}}}},
		{{Cut: fakeapi.CutBeforeBody}, {Cut: fakeapi.CutAfterBody}},
	} {
		check(t, s.api.Next(faults...))
		try(events.Message{Text: text})
	}
	if n := s.api.FaultsLeft(); n != 0 {
		t.Errorf("%d faults were not met", n)
	}

	hold := new(fakeapi.Hold)
	check(t, s.api.Next(fakeapi.Fault{Hold: hold}))
	ctx, giveUp := context.WithCancelCause(t.Context())
	sent := goSend(ctx, v, events.Message{Text: text})
	check(t, hold.Wait(bounded(t), 1))
	giveUp(errors.New("the host gave up on " + text))
	seen.errors(receive(t, sent, "the call to end"))
	hold.Release()
	keyed := escalation.WithKey(text)
	_, err := v.Send(bounded(t), events.Message{Text: text}, keyed)
	seen.errors(err)
	for _, e := range []events.Outbound{events.Message{Text: text + "?"}, events.AgentDisconnect{}} {
		_, err := v.Accept(bounded(t), e, keyed, escalation.ForRound(1))
		seen.errors(err)
		_, err = v.Accept(bounded(t), e, escalation.ForRound(7))
		seen.errors(err)
	}
	send(t, v, events.AgentDisconnect{})
	try(events.Message{Text: text})
}

// inboundFailures posts every sort of webhook that is not taken in, or not by the host at once.
func inboundFailures(t *testing.T, s *stack) {
	t.Helper()
	whole := envelope(t, idMark, events.WidgetMessage{Text: text})
	alter := func(old, new string) []byte { return bytes.Replace(whole, []byte(old), []byte(new), 1) }
	for _, c := range []struct {
		why    string
		body   []byte
		secret string
		status int
	}{
		{"a wrong secret", whole, mark, 401},
		{"no secret", whole, "", 401},
		{"the host has no room", whole, secret, 200},
		{"cut short", whole[:len(whole)-9], secret, 400},
		{"no JSON", []byte(text), secret, 400},
		{"a key twice", alter(`"text":`, `"text":"canary","text":`), secret, 400},
		{"a key that is the text, twice", alter(`"text":`, `"canary":1,"canary":2,"text":`), secret, 400},
		{"another case", alter(`"text":`, `"TEXT":`), secret, 400},
		{"a NUL", alter(text, text+`\u0000`), secret, 400},
		{"half a surrogate", alter(text, text+`\ud800`), secret, 400},
		{"a list of texts", alter(`"`+text+`"`, `["`+text+`"]`), secret, 400},
		{"a field of another event", alter(`"text":`, `"escalateTo":"canary","text":`), secret, 400},
		{"no bot", alter(`"botId":"bot-1",`, ``), secret, 400},
		{"an event of another API", alter("widgetMessage", "sendMessage"), secret, 200},
		{"an unknown field", alter(`"text":"`+text+`"`, `"odd":"`+text+`","text":"`+text+`"`), secret, 200},
	} {
		if status := s.post(t, c.body, c.secret); status != c.status {
			t.Errorf("%s: answered %d, want %d", c.why, status, c.status)
		}
	}
	// Not over a socket: net/http lingers for half a second where it leaves a body unread.
	large := httptest.NewRequest(http.MethodPost, "/hook", strings.NewReader(strings.Repeat(text, 4000)))
	large.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	s.handler.ServeHTTP(answer, large)
	if answer.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: answered %d", answer.Code)
	}
}

// brokenAnswers meets servers that answer with what they were sent, in no form of HTTP, and one that is not there.
func brokenAnswers(t *testing.T, logger *slog.Logger, seen *printout) {
	t.Helper()
	for _, raw := range []func([]byte) string{
		func(body []byte) string { return string(body) + "\r\n\r\n" },
		func(body []byte) string { return "HTTP/1.1 " + string(body) + "\r\n\r\n" },
		func([]byte) string { return "HTTP/1.1 200 OK\r\n" + text + "\r\n\r\n" },
		func([]byte) string { return "HTTP/1.1 200 OK\r\nContent-Length: " + mark + "\r\n\r\n" },
		func([]byte) string { return "HTTP/1.1 500 " + text + "\r\nContent-Length: 99\r\n\r\n" + text },
		nil,
	} {
		server := httptest.NewServer(nil)
		if raw == nil {
			server.Close()
		} else {
			server.Config.Handler = answering(raw)
		}
		s := newStack(t, setup{log: logger, network: httptransport.Config{BaseURL: server.URL}, provider: newVault(markKey)})
		v := s.open(t, "other")
		number, result := s.attempt(t, v, events.EscalationSuccess{Agent: text})
		if result.Class == transport.Acknowledged {
			t.Error("a broken answer was taken for an acknowledgement")
		}
		_, err := v.Wait(past(t), number)
		seen.errors(result.Err, err)
		seen.show(result)
		s.close(t)
		server.Close()
	}
}

// verifiers returns one of each sort, and shows how their making fails.
func verifiers(t *testing.T, seen *printout) []any {
	t.Helper()
	_, err := webhook.SharedSecret("", mark+"\n", "")
	seen.errors(err)
	_, err = webhook.HMACSHA256("", 99, mark, "")
	seen.errors(err)
	shared := must(webhook.SharedSecret(secretHeader, mark))(t)
	signed := must(webhook.HMACSHA256(secretHeader, webhook.Hex, mark))(t)
	both := must(webhook.All(shared, signed))(t)
	return []any{shared, signed, both, must(webhook.NewHandler(webhook.ReceiverFunc(
		func(context.Context, events.Envelope) error { return nil }), both, nil))(t)}
}
