package webhook_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/webhook"
)

const secretHeader = "X-Hook-Secret"

func TestAnswers(t *testing.T) {
	signed := header(secretHeader, "alpha")
	contentType := func(values ...string) func(*http.Request) { return header("Content-Type", values...) }
	const (
		wantJSON = `{"error":"the body must be declared as application/json"}`
		wantUTF8 = `{"error":"the charset must be utf-8"}`
		unver    = `{"error":"the request could not be verified"}`
		tooBig   = `{"error":"the body is over the size limit"}`
		onlyPost = `{"error":"only POST is answered here"}`
	)
	method := func(m string) func(*http.Request) { return func(r *http.Request) { r.Method = m } }
	cases := []struct {
		why    string
		req    *http.Request
		status int
		body   string
	}{
		{"widgetEscalate", post(bodyEscalate, signed), 200, `{}`},
		{"widgetMessage", post(bodyMessage, signed), 200, `{}`},
		{"widgetEndSession", post(bodyEnd, signed), 200, `{}`},
		{"the vendor may add fields", post(`{"v":2,`+bodyEnd[1:], signed), 200, `{}`},
		{"an event of another API without fallback is never a 4xx", post(`{"botId":"b","data":{"eventType":"isTeamOnline"}}`, signed), 200, `{}`},
		{"charset given", post(bodyEnd, signed, contentType("application/json; charset=utf-8")), 200, `{}`},
		{"charset in upper case and quotes, media type in capitals", post(bodyEnd, signed, contentType(`Application/JSON;charset="UTF-8"`)), 200, `{}`},
		{"another parameter", post(bodyEnd, signed, contentType("application/json; version=1")), 200, `{}`},
		{"not compressed, and saying so", post(bodyEnd, signed, header("Content-Encoding", "identity")), 200, `{}`},

		{"GET", post("", signed, method("GET")), 405, onlyPost},
		{"PUT with a good body", post(bodyEnd, signed, method("PUT")), 405, onlyPost},
		{"OPTIONS", post("", method("OPTIONS")), 405, onlyPost},

		{"no content type", post(bodyEnd, signed, contentType()), 415, wantJSON},
		{"two content types", post(bodyEnd, signed, contentType("application/json", "application/json")), 415, wantJSON},
		{"a form", post(bodyEnd, signed, contentType("application/x-www-form-urlencoded")), 415, wantJSON},
		{"a relative of JSON", post(bodyEnd, signed, contentType("application/problem+json")), 415, wantJSON},
		{"a broken parameter", post(bodyEnd, signed, contentType("application/json; charset")), 415, wantJSON},
		{"another charset", post(bodyEnd, signed, contentType("application/json; charset=iso-8859-1")), 415, wantUTF8},
		{"an empty charset", post(bodyEnd, signed, contentType(`application/json; charset=""`)), 415, wantUTF8},
		{"compressed", post(bodyEnd, signed, header("Content-Encoding", "gzip")), 415, `{"error":"the body must not be compressed"}`},

		{"declared over the limit", post(strings.Repeat(" ", 501), signed), 413, tooBig},
		{"over the limit without saying so", post(strings.Repeat(" ", 501), signed, func(r *http.Request) { r.ContentLength = -1 }), 413, tooBig},
		{"the body breaks off", post("", signed, func(r *http.Request) {
			r.Body = brokenReader{}
			r.ContentLength = -1
		}), 400, `{"error":"the body could not be read to its end in time"}`},

		{"no secret", post(bodyEnd), 401, unver},
		{"wrong secret", post(bodyEnd, header(secretHeader, "beta")), 401, unver},
		{"secret twice", post(bodyEnd, header(secretHeader, "alpha", "alpha")), 401, unver},
		{"verified before decoded", post("{", header(secretHeader, "beta")), 401, unver},
		{"verified before passed on", post(`{"data":{"eventType":"isTeamOnline"}}`), 401, unver},

		{"empty body", post("", signed), 400, `{"error":"the body is refused: body-json"}`},
		{"no body at all, in a request made by hand", post("", signed, func(r *http.Request) { r.Body = nil }), 400, `{"error":"the body is refused: body-json"}`},
		{"not an object", post(`[]`, signed), 400, `{"error":"the body is refused: body-json"}`},
		{"invalid UTF-8", post("{\"a\":\"\xff\"}", signed), 400, `{"error":"the body is refused: body-utf8"}`},
		{"no data", post(`{"botId":"b"}`, signed), 400, `{"error":"the body is refused: field-type (data)"}`},
		{"a message without text", post(`{"botId":"b","data":{"platformConversationId":"c","eventType":"widgetMessage"}}`, signed), 400,
			`{"error":"the body is refused: text-required (data.text)"}`},
		{"everything that is wrong is named", post(`{"data":{"eventType":"widgetMessage","text":1}}`, signed), 400,
			`{"error":"the body is refused: field-type (data.text), bot-id (botId), conversation-id (data.platformConversationId)"}`},
		{"a doubled key, whose name is not repeated", post(`{"leak":1,"leak":2}`, signed), 400, `{"error":"the body is refused: body-keys"}`},
		{"a key in another case cannot end a session", post(`{"botId":"b","data":{"platformConversationId":"c","EVENTTYPE":"widgetEndSession"}}`, signed), 400,
			`{"error":"the body is refused: body-keys, event-type (data.eventType)"}`},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			needReason(t, c.why)
			v := must(webhook.SharedSecret(secretHeader, "alpha"))(t)
			var recv recorder
			h := must(webhook.NewHandler(&recv, v, &webhook.Config{MaxBody: 500, Logger: quiet()}))(t)
			res, body := serve(h, c.req)
			if res.StatusCode != c.status || body != c.body {
				t.Errorf("got %d %s, want %d %s", res.StatusCode, body, c.status, c.body)
			}
			if got := res.Header.Get("Content-Type"); got != "application/json" {
				t.Errorf("Content-Type is %q", got)
			}
			if got, want := res.Header.Get("Allow"), map[int]string{405: "POST"}[c.status]; got != want {
				t.Errorf("Allow is %q, want %q", got, want)
			}
			if got, want := res.Header.Get("Connection") == "close", c.status == 413 || c.why == "the body breaks off"; got != want {
				t.Errorf("Connection: close is %v, want %v", got, want)
			}
			foreign := strings.Contains(c.why, "another API")
			if got, want := len(recv.envelopes()), c.status == 200 && !foreign; (got == 1) != want || got > 1 {
				t.Errorf("the receiver was called %d times", got)
			}
		})
	}
}

// brokenReader is a body whose sender is gone.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (brokenReader) Close() error             { return nil }

func TestReceiverGetsTheEvent(t *testing.T) {
	var recv recorder
	h := must(webhook.NewHandler(&recv, webhook.NoVerification(), nil))(t)
	for _, body := range []string{bodyEscalate, bodyMessage, bodyEnd} {
		serve(h, post(body))
	}
	at := func(e events.Inbound) events.Envelope {
		return events.Envelope{BotID: "bot-1", Channel: "chat", ConversationID: "123456789", Event: e}
	}
	want := []events.Envelope{at(events.WidgetEscalate{EscalateTo: "sales"}), at(events.WidgetMessage{Text: "hello"}), at(events.WidgetEndSession{})}
	if diff := cmp.Diff(want, recv.envelopes()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReceiverErrorIs503(t *testing.T) {
	failure := errors.New("disk full")
	var told []error
	recv := &recorder{err: failure}
	log, out := logger()
	h := must(webhook.NewHandler(recv, webhook.NoVerification(), &webhook.Config{Logger: log,
		OnError: func(_ context.Context, err error) { told = append(told, err) }}))(t)
	res, body := serve(h, post(bodyMessage))
	if res.StatusCode != 503 || res.Header.Get("Retry-After") != "1" || body != `{"error":"the event could not be taken in; try again"}` {
		t.Errorf("got %d, Retry-After %q, %s", res.StatusCode, res.Header.Get("Retry-After"), body)
	}
	if len(told) != 1 || told[0] != failure {
		t.Errorf("OnError was told %v", told)
	}
	if !strings.Contains(out.String(), "kind=widgetMessage") || !strings.Contains(out.String(), "level=ERROR") {
		t.Errorf("log: %s", out)
	}
	recv.err = nil
	if res, _ := serve(h, post(bodyMessage)); res.StatusCode != 200 || res.Header.Get("Retry-After") != "" || len(told) != 1 {
		t.Errorf("after the repair: %d", res.StatusCode)
	}
}

func TestReceiverPanicIsNotCaught(t *testing.T) {
	h := must(webhook.NewHandler(webhook.ReceiverFunc(func(context.Context, events.Envelope) error { panic("bug") }),
		webhook.NoVerification(), nil))(t)
	defer func() {
		if recover() != "bug" {
			t.Error("the panic was swallowed")
		}
	}()
	serve(h, post(bodyEnd))
}

// A sender that hangs up must not undo the work, and a Receiver that hangs must not hold it for ever.
func TestReceiverContext(t *testing.T) {
	type key struct{}
	var sawErr error
	var sawValue any
	var bounded bool
	recv := webhook.ReceiverFunc(func(ctx context.Context, _ events.Envelope) error {
		sawErr, sawValue = ctx.Err(), ctx.Value(key{})
		_, bounded = ctx.Deadline()
		return sawErr
	})
	h := must(webhook.NewHandler(recv, webhook.NoVerification(), nil))(t)
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, "trace"))
	cancel()
	res, _ := serve(h, post(bodyEnd, func(r *http.Request) { *r = *r.WithContext(ctx) }))
	if sawErr != nil || res.StatusCode != 200 {
		t.Errorf("the sender's hanging up reached the receiver: %v, %d", sawErr, res.StatusCode)
	}
	if sawValue != "trace" || !bounded {
		t.Errorf("value %v, deadline %v", sawValue, bounded)
	}
}
