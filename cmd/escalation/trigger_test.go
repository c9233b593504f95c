package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/webhook"
)

// triggered runs the command and returns its exit code and what it printed.
func triggered(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"trigger"}, args...), strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// TestTriggerWebhook sends all three webhooks, authenticated in every way, to a webhook of the library, which refuses what is
// not exactly right.
func TestTriggerWebhook(t *testing.T) {
	t.Setenv(secretVariable, "")
	t.Setenv(keyVariable, "")
	var got []events.Envelope
	serve := func(v webhook.Verifier) string {
		h, err := webhook.NewHandler(webhook.ReceiverFunc(func(_ context.Context, env events.Envelope) error {
			got = append(got, env)
			return nil
		}), v, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	must := func(v webhook.Verifier, err error) webhook.Verifier {
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	open := serve(webhook.NoVerification())
	secret := serve(must(webhook.SharedSecret("X-Token", "s3cret")))
	signed := serve(must(webhook.HMACSHA256("X-Sum", webhook.Base64, "s3cret")))
	for _, c := range []struct {
		why  string
		args []string
		want []events.Envelope
	}{
		{"all defaults", []string{"widgetEscalate", "--webhook", open}, []events.Envelope{
			{BotID: "my-bot", Channel: "chat", ConversationID: "1", Event: events.WidgetEscalate{}}}},
		{"all flags", []string{"widgetEscalate", "--webhook", open, "--bot", "b", "--conversation", "a b", "--to", "sales", "--channel", "web"}, []events.Envelope{
			{BotID: "b", Channel: "web", ConversationID: "a b", Event: events.WidgetEscalate{EscalateTo: "sales"}}}},
		{"a channel is optional", []string{"widgetEndSession", "--webhook", open, "--channel="}, []events.Envelope{
			{BotID: "my-bot", ConversationID: "1", Event: events.WidgetEndSession{}}}},
		{"copies", []string{"widgetMessage", "--webhook", open, "--times", "2", "--text", "same"}, []events.Envelope{
			{BotID: "my-bot", Channel: "chat", ConversationID: "1", Event: events.WidgetMessage{Text: "same"}},
			{BotID: "my-bot", Channel: "chat", ConversationID: "1", Event: events.WidgetMessage{Text: "same"}}}},
		{"numbers, in order", []string{"widgetMessage", "--webhook", open, "--times", "2", "--text", "line {n} of <{n}>"}, []events.Envelope{
			{BotID: "my-bot", Channel: "chat", ConversationID: "1", Event: events.WidgetMessage{Text: "line 1 of <1>"}},
			{BotID: "my-bot", Channel: "chat", ConversationID: "1", Event: events.WidgetMessage{Text: "line 2 of <2>"}}}},
		{"with a secret", []string{"widgetMessage", "--webhook", secret, "--secret=s3cret", "--secret-header=X-Token"}, []events.Envelope{
			{BotID: "my-bot", Channel: "chat", ConversationID: "1", Event: events.WidgetMessage{Text: "Hello"}}}},
		{"signed, other bytes each time", []string{"widgetMessage", "--webhook", signed, "--secret=s3cret", "--signature-header=X-Sum", "--signature-encoding=base64", "--times=2", "--text={n}"}, []events.Envelope{
			{BotID: "my-bot", Channel: "chat", ConversationID: "1", Event: events.WidgetMessage{Text: "1"}},
			{BotID: "my-bot", Channel: "chat", ConversationID: "1", Event: events.WidgetMessage{Text: "2"}}}},
	} {
		got = nil
		code, stdout, stderr := triggered(t, c.args...)
		if code != exitOK || stderr != "" || strings.Contains(stdout, "s3cret") {
			t.Errorf("%s: exit code %d, %q\n%s", c.why, code, stderr, stdout)
		}
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(events.Envelope{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}

	got = nil
	code, stdout, stderr := triggered(t, "widgetEndSession", "--webhook", secret)
	if code != exitNotAll || stderr != "" || len(got) != 0 || !strings.Contains(stdout, "  answered  401 Unauthorized in ") ||
		!strings.Contains(stdout, `: {"error":"the request could not be verified"}`) {
		t.Errorf("without the secret: exit code %d, %q\n%s", code, stderr, stdout)
	}
}

// TestTriggerAPI sends all five events to the fake platform.
func TestTriggerAPI(t *testing.T) {
	t.Setenv(keyVariable, "")
	fake, err := fakeapi.New("my-bot", "my-key", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := fake.Start(); err != nil {
		t.Fatal(err)
	}
	defer fake.Close()
	api := fake.URL()
	for _, args := range [][]string{
		{"escalationQueueUpdate", "--api", api, "--position", "3", "--waiting", "12"},
		{"escalationSuccess", "--api", api, "--agent", "Ann", "--avatar", "https://example.com/a.png"},
		{"message", "--api", api, "--text", "line {n}", "--times", "2"},
		{"agentDisconnect", "--api", api},
		{"escalationFailed", "--api", api, "--conversation", "2"},
	} {
		if code, stdout, stderr := triggered(t, args...); code != exitOK || stderr != "" {
			t.Errorf("%v: exit code %d, %q\n%s", args, code, stderr, stdout)
		}
	}
	var seen []string
	for _, conversation := range []string{"1", "2"} {
		for _, line := range fake.Widget(conversation) {
			seen = append(seen, conversation+": "+line.Text)
		}
	}
	want := []string{"1: You are number 3 in the queue, about 12 minutes", "1: Ann joined", "1: Ann: line 1", "1: Ann: line 2", "1: The agent left",
		"2: No agent could be connected"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("the visitor saw (-want +got):\n%s", diff)
	}

	t.Setenv(keyVariable, "wrong-key")
	code, stdout, stderr := triggered(t, "message", "--api", api, "--json")
	var got struct {
		N       int             `json:"n"`
		To      string          `json:"to"`
		Body    json.RawMessage `json:"body"`
		Status  int             `json:"status"`
		Problem string          `json:"problem"`
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	if code != exitNotAll || stderr != "" || got.N != 1 || got.To != api+fakeapi.Path || got.Status != 401 ||
		string(got.Body) != `{"platformConversationId":"1","eventType":"message","text":"Hello"}` ||
		!strings.Contains(got.Problem, "key or bot id is missing or invalid") || strings.Contains(stdout, "wrong-key") {
		t.Errorf("exit code %d, %q\n%s", code, stderr, stdout)
	}
}

// refusing is a desk that takes a queue update, and nothing else.
type refusing struct{ got []string }

func (r *refusing) Act(_ context.Context, body []byte) error {
	r.got = append(r.got, string(body))
	if strings.Contains(string(body), "escalationQueueUpdate") {
		return nil
	}
	return &desk.Refusal{Rules: []string{"sequence"}, Message: "nobody is connected"}
}

func (r *refusing) View(context.Context, string) (desk.View, error) {
	return desk.View{}, http.ErrNotSupported
}

func TestTriggerDesk(t *testing.T) {
	crm := &refusing{}
	s := httptest.NewServer(desk.NewHandler(crm))
	defer s.Close()
	if code, stdout, _ := triggered(t, "escalationQueueUpdate", "--desk", s.URL); code != exitOK {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	code, stdout, stderr := triggered(t, "message", "--desk", s.URL)
	if code != exitNotAll || stderr != "" || !strings.Contains(stdout, "answered  409 Conflict") || !strings.Contains(stdout, "nobody is connected") {
		t.Errorf("exit code %d, %q\n%s", code, stderr, stdout)
	}
	want := []string{`{"platformConversationId":"1","eventType":"escalationQueueUpdate"}`, `{"platformConversationId":"1","eventType":"message","text":"Hello"}`}
	if diff := cmp.Diff(want, crm.got); diff != "" {
		t.Errorf("the desk got (-want +got):\n%s", diff)
	}
}

// TestTriggerGoesOnAfterAFailure: each sending is told, and one failure among them is enough for the exit code.
func TestTriggerGoesOnAfterAFailure(t *testing.T) {
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n++; n == 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer s.Close()
	code, stdout, _ := triggered(t, "widgetMessage", "--webhook", s.URL, "--times", "3")
	if code != exitNotAll || n != 3 || strings.Count(stdout, "answered  200 OK") != 2 || strings.Count(stdout, "answered  503") != 1 {
		t.Errorf("exit code %d after %d requests\n%s", code, n, stdout)
	}
}

// TestTriggerNamesTheFlag whose value cannot be sent; the key itself is not repeated.
func TestTriggerNamesTheFlag(t *testing.T) {
	code, _, stderr := triggered(t, "message", "--api", "http://127.0.0.1:1", "--key", "canary\n")
	if code != exitUsage || !strings.HasPrefix(stderr, "escalation: --bot, --key: ") || strings.Contains(stderr, "canary") {
		t.Errorf("exit code %d, standard error %q", code, stderr)
	}
}
