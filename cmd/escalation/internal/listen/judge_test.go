package listen_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/listen"
)

// A chat in one conversation: each line of the expectation is one request.
func TestJudgesAChat(t *testing.T) {
	r, _, told := recorder(t, listen.Config{})
	for _, body := range []string{
		of("escalationQueueUpdate"), message, of("escalationSuccess"), message, message, of("escalationSuccess"),
		of("agentDisconnect"), message, of("escalationQueueUpdate"), of("escalationFailed"), of("escalationFailed"), of("escalationSuccess"),
	} {
		serve(r, request(body))
	}
	want := []string{
		"200 escalationQueueUpdate queued/1",
		"200 message queued/1: sequence",
		"200 escalationSuccess connected/1",
		"200 message connected/1",
		"200 message connected/1: (duplicate)",
		"200 escalationSuccess connected/1: sequence",
		"200 agentDisconnect ended/1",
		"200 message ended/1: sequence",
		"200 escalationQueueUpdate queued/2: (round)",
		"200 escalationFailed failed/2",
		"200 escalationFailed failed/2: sequence duplicate",
		"200 escalationSuccess connected/3: (round)",
	}
	if diff := cmp.Diff(want, summaries(*told)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got, want := (*told)[1].Findings[0].Detail, "out of order; before it came escalationQueueUpdate"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	if got, want := r.Totals(), (listen.Totals{Requests: 12, Findings: 5}); got != want {
		t.Errorf("totals %+v, want %+v", got, want)
	}
}

func TestJudgesARequest(t *testing.T) {
	for _, c := range []struct {
		why    string
		cfg    listen.Config
		change func(*http.Request)
		body   string
		want   string
	}{
		{"any bot and any key will do", listen.Config{}, nil, of("escalationSuccess"), "200 escalationSuccess connected/1"},
		{"the base URL may end as the platform's does", listen.Config{}, func(r *http.Request) { r.URL.Path = "/ai-agents/api" + endpoint }, of("escalationSuccess"), "200 escalationSuccess connected/1"},
		{"but in nothing else", listen.Config{}, func(r *http.Request) { r.URL.Path = "/api" + endpoint }, of("escalationSuccess"), "404 escalationSuccess none/0: endpoint-path"},
		{"of what went elsewhere nothing else is said", listen.Config{}, func(r *http.Request) { r.URL.Path = "/favicon.ico"; r.Header = http.Header{} }, "", "404  none/0: endpoint-path"},
		{"a scheme word", listen.Config{}, func(r *http.Request) { r.Header.Set("Authorization", "Bearer canary-key-of-ours") }, of("escalationSuccess"), "401 escalationSuccess none/0: auth-key-bare"},
		{"no key", listen.Config{}, func(r *http.Request) { r.Header.Del("Authorization") }, of("escalationSuccess"), "401 escalationSuccess none/0: auth-key-required"},
		{"two keys", listen.Config{}, func(r *http.Request) { r.Header.Add("Authorization", "other") }, of("escalationSuccess"), "401 escalationSuccess none/0: auth-key-required"},
		{"no bot", listen.Config{}, func(r *http.Request) { r.Header.Del("Botid") }, of("escalationSuccess"), "401 escalationSuccess none/0: auth-bot-required"},
		{"the key that is demanded", listen.Config{Key: "canary-key-of-ours"}, nil, of("escalationSuccess"), "200 escalationSuccess connected/1"},
		{"another one", listen.Config{Key: "other"}, nil, of("escalationSuccess"), "401 escalationSuccess none/0: auth-key"},
		{"the bot that is demanded", listen.Config{Bot: "b"}, nil, of("escalationSuccess"), "200 escalationSuccess connected/1"},
		{"another bot", listen.Config{Bot: "other"}, nil, of("escalationSuccess"), "401 escalationSuccess none/0: auth-bot"},
		{"both demanded", listen.Config{Bot: "b", Key: "canary-key-of-ours"}, nil, of("escalationSuccess"), "200 escalationSuccess connected/1"},
		{"a body that is none", listen.Config{}, nil, "{", "400  none/0: body-json"},
		{"a number", listen.Config{}, nil, `{"platformConversationId":"1","eventType":"escalationQueueUpdate","queuePosition":3}`, "400 escalationQueueUpdate none/0: field-type"},
		{"an unknown field is accepted, and worth knowing", listen.Config{}, nil, `{"platformConversationId":"1","eventType":"escalationFailed","x":"1"}`, "200 escalationFailed failed/1: (field-unknown)"},
		{"another content type", listen.Config{}, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, of("escalationSuccess"), "400 escalationSuccess none/0: content-type"},
		{"no webhook is taken unless asked", listen.Config{}, func(r *http.Request) { r.URL.Path = "/webhook" }, hook("widgetEscalate"), "404  none/0: endpoint-path"},
	} {
		r, _, told := recorder(t, c.cfg)
		req := request(c.body)
		if c.change != nil {
			c.change(req)
		}
		w := serve(r, req)
		if got := summary((*told)[0]); got != c.want {
			t.Errorf("%s: %s, want %s", c.why, got, c.want)
		}
		if w.Code != (*told)[0].Status {
			t.Errorf("%s: answered %d, told %d", c.why, w.Code, (*told)[0].Status)
		}
	}
}

// With webhooks, they alone say when a round begins and ends.
func TestWebhooksMakeRounds(t *testing.T) {
	r, _, told := recorder(t, listen.Config{Webhook: "http://crm.example/hook", Transport: answering(200)})
	webhook := func(kind string) {
		req := request(hook(kind))
		req.URL.Path = listen.WebhookPath
		serve(r, req)
	}
	webhook("widgetEscalate")
	webhook("widgetEscalate") // twice; it is the same round
	serve(r, request(of("escalationSuccess")))
	webhook("widgetEndSession")
	serve(r, request(message))
	webhook("widgetEscalate")
	serve(r, request(of("escalationFailed")))
	serve(r, request(of("escalationQueueUpdate"))) // nobody escalated
	webhook("sendMessage")
	want := []string{
		"200 widgetEscalate", "200 widgetEscalate",
		"200 escalationSuccess connected/1",
		"200 widgetEndSession",
		"200 message ended/1: sequence",
		"200 widgetEscalate",
		"200 escalationFailed failed/2",
		"200 escalationQueueUpdate failed/2: sequence",
		"200 : (webhook)",
	}
	if diff := cmp.Diff(want, summaries(*told)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got, want := r.Totals(), (listen.Totals{Requests: 4, Webhooks: 5, Findings: 2}); got != want {
		t.Errorf("totals %+v, want %+v", got, want)
	}
}

// What the API answers decides what has happened, and a repeat that could not be avoided is no fault.
func TestJudgesByTheAnswers(t *testing.T) {
	status := 200
	r, _, told := recorder(t, listen.Config{Forward: "https://api.example", Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		switch status {
		case 0:
			return nil, http.ErrHandlerTimeout
		case 299: // and then it breaks off
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(errReader{})}, nil
		}
		return answering(status)(req)
	})})
	for _, step := range []struct {
		status int
		body   string
	}{
		{401, of("escalationSuccess")},                                 // refused: nothing has happened
		{299, of("escalationSuccess")}, {200, of("escalationSuccess")}, // half an answer is none
		{503, message}, {200, message}, // it may have been shown: the repeat is no fault either way
		{0, of("agentDisconnect")},     // no answer: it may have happened
		{200, of("agentDisconnect")},   // and so this is a repeat nobody could avoid
		{200, of("agentDisconnect")},   // but this one is not
		{429, of("escalationSuccess")}, // refused for now
	} {
		status = step.status
		serveAborted(r, request(step.body))
	}
	want := []string{
		"401 escalationSuccess none/0",
		"200 escalationSuccess connected/1",
		"200 escalationSuccess connected/1: (sequence) (duplicate)",
		"503 message connected/1",
		"200 message connected/1: (duplicate)",
		"0 agentDisconnect ended/1",
		"200 agentDisconnect ended/1: (sequence) (duplicate)",
		"200 agentDisconnect ended/1: sequence duplicate",
		"429 escalationSuccess pending/2: (round)",
	}
	if diff := cmp.Diff(want, summaries(*told)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A message may cross the webhook that tells of the visitor's leaving: until the CRM has answered that, it cannot know.
func TestACrossingIsNoFault(t *testing.T) {
	heard, answer := make(chan bool), make(chan bool)
	r, _, told := recorder(t, listen.Config{Webhook: "http://crm.example/hook", Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		heard <- true
		<-answer
		return answering(200)(req)
	})})
	webhook := func(kind string) (done chan bool) {
		done = make(chan bool)
		go func() {
			defer close(done)
			req := request(hook(kind))
			req.URL.Path = listen.WebhookPath
			serve(r, req)
		}()
		<-heard
		return done
	}
	done := webhook("widgetEscalate")
	answer <- true
	<-done
	serve(r, request(of("escalationSuccess")))
	done = webhook("widgetEndSession")
	serve(r, request(message))
	answer <- true
	<-done
	serve(r, request(message))
	want := []string{
		"200 widgetEscalate",
		"200 escalationSuccess connected/1",
		"200 message ended/1: (sequence)",
		"200 widgetEndSession",
		"200 message ended/1: sequence (duplicate)",
	}
	if diff := cmp.Diff(want, summaries(*told)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A caller that has given up when the answer comes does not know it, so its repeat is no fault.
func TestAnAnswerToNobody(t *testing.T) {
	ctx, giveUp := context.WithCancel(t.Context())
	r, _, told := recorder(t, listen.Config{Forward: "https://api.example", Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		giveUp()
		return answering(200)(req)
	})})
	serve(r, request(of("escalationSuccess")).WithContext(ctx))
	serve(r, request(of("escalationSuccess")))
	want := []string{"200 escalationSuccess connected/1", "200 escalationSuccess connected/1: (sequence) (duplicate)"}
	if diff := cmp.Diff(want, summaries(*told)); diff != "" || (*told)[0].Outcome != "error" || (*told)[1].Outcome != "answered" {
		t.Errorf("outcomes %s and %s (-want +got):\n%s", (*told)[0].Outcome, (*told)[1].Outcome, diff)
	}
}
