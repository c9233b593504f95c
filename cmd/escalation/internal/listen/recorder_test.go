package listen_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/listen"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// slowLog takes its time.
type slowLog struct {
	memoryLog
	ready chan struct{}
}

func (l *slowLog) Append(x wire.Exchange) (wire.Exchange, error) {
	<-l.ready
	return l.memoryLog.Append(x)
}

func TestRecordedBeforeTheAnswer(t *testing.T) {
	for _, forward := range []string{"", "https://api.example"} {
		synctest.Test(t, func(t *testing.T) {
			log := &slowLog{ready: make(chan struct{})}
			r, _, _ := recorder(t, listen.Config{Log: log, Forward: forward, Transport: answering(200)})
			client := http.Client{Transport: fakeapi.HandlerTransport(r)}
			answered := make(chan int, 1)
			go func() {
				resp, err := client.Post("http://listen"+endpoint, "application/json", strings.NewReader(message))
				if err != nil {
					t.Error(err)
					answered <- 0
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				answered <- resp.StatusCode
			}()
			synctest.Wait()
			select {
			case status := <-answered:
				t.Errorf("answered %d before it was recorded", status)
			default:
			}
			close(log.ready)
			<-answered
		})
	}
}

func TestNoKeyIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	log, err := wire.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	var told, bodies bytes.Buffer
	text, lines := listen.NewText(&told, true), listen.NewJSON(&told)
	status := 200
	r, _, _ := recorder(t, listen.Config{
		Log: log, Forward: "https://api.example", Webhook: "https://crm.example", Bodies: &bodies,
		Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			echo := "not canary-key-of-ours, that is: " + req.Header.Get("Authorization")
			return &http.Response{StatusCode: status, Header: http.Header{"X-Echo": {echo}}, Body: io.NopCloser(strings.NewReader(echo))}, nil
		}),
		Tell: func(x listen.Exchange) error { return errors.Join(text(x), lines(x)) },
	})
	for _, status = range []int{200, 400, 401, 500} {
		for _, key := range []string{"canary-key-of-ours", "Bearer canary-key-of-ours", " canary-key-of-ours ", "Bearer  canary-key-of-ours\t"} {
			req := request(strings.Replace(message, "hi", "it is canary-key-of-ours", 1))
			req.Header.Set("Authorization", key)
			req.Header.Set("X-Api-Key", key)
			req.Header.Set("Cookie", "session=canary-key-of-ours")
			req.URL.RawQuery = "key=canary-key-of-ours"
			if w := serve(r, req); !has(w.Body.Bytes(), "canary-key-of-ours") {
				t.Fatal("the answer does not repeat the key: this test means nothing")
			}
			req = request(hook("widgetEscalate"))
			req.URL.Path = listen.WebhookPath
			req.Header.Set("X-Secret", key)
			req.Header.Set("Authorization", key)
			serve(r, req)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal"} {
		if file, err := os.ReadFile(name); err == nil && has(file, "canary") {
			t.Errorf("%s holds the key", name)
		}
	}
	if has(told.Bytes(), "canary") || has(bodies.Bytes(), "canary") {
		t.Errorf("the key was told:\n%s%s", &told, &bodies)
	}
	if n := bytes.Count(told.Bytes(), []byte(`"headers"`)); n != 32 {
		t.Errorf("%d exchanges were told, want 32", n)
	}
}

// TestAShortKeyChangesNothing: it may be an ordinary word, and what is recorded must be what was sent.
func TestAShortKeyChangesNothing(t *testing.T) {
	r, log, _ := recorder(t, listen.Config{Forward: "https://api.example", Transport: answering(200)})
	body := strings.Replace(message, "hi", "this is a test", 1)
	req := request(body)
	req.Header.Set("Authorization", "test")
	serve(r, req)
	if x := log.exchanges()[0]; x.Body != body {
		t.Errorf("recorded %s", x.Body)
	}
}

func TestBodies(t *testing.T) {
	var bodies strings.Builder
	status := 0
	r, _, _ := recorder(t, listen.Config{
		Forward: "https://api.example", Webhook: "https://crm.example", Bodies: &bodies,
		Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			if status == 0 {
				return nil, errors.New("no answer")
			}
			return answering(status)(req)
		}),
	})
	for _, c := range []struct {
		status int
		body   string
	}{
		{200, of("escalationQueueUpdate")},
		{202, "{\n  \"platformConversationId\": \"1\",\r\n  \"eventType\": \"escalationSuccess\"\n}\n"},
		{401, of("message")}, {404, of("message")}, {429, of("message")}, {500, of("message")}, {0, of("message")}, {302, of("message")},
		{400, `{"a": "b c"}`},
		{400, "{\n not\r\nJSON"},
		{400, " \n"},
	} {
		status = c.status
		serve(r, request(c.body))
	}
	for _, status = range []int{200, 503} {
		req := request(hook("widgetEndSession"))
		req.URL.Path = listen.WebhookPath
		serve(r, req)
	}
	want := `{"platformConversationId":"1","eventType":"escalationQueueUpdate"}
{"platformConversationId":"1","eventType":"escalationSuccess"}
{"a":"b c"}
{  not  JSON
null
{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetEndSession"}}
`
	if diff := cmp.Diff(want, bodies.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPagesInABrowserAreRefused(t *testing.T) {
	r, log, _ := recorder(t, listen.Config{Webhook: "https://crm.example", Transport: answering(200)})
	for _, path := range []string{endpoint, listen.WebhookPath} {
		for _, header := range []http.Header{
			{"Origin": {"https://other.example"}},
			{"Origin": {"null"}},
			{"Origin": {"http://127.0.0.1:8138"}}, // as of a page whose name was made to lead here
			{"Sec-Fetch-Site": {"cross-site"}},
			{"Sec-Fetch-Site": {"none"}}, // somebody opened the address
		} {
			req := request(hook("widgetEscalate"))
			req.URL.Path = path
			req.Header = header
			if w := serve(r, req); w.Code != http.StatusForbidden {
				t.Errorf("%s with %v is answered %d", path, header, w.Code)
			}
		}
	}
	if n := len(log.exchanges()); n != 0 {
		t.Errorf("%d exchanges were recorded", n)
	}
	req := request(of("escalationSuccess"))
	req.Header.Set("Sec-Fetch-Mode", "cors") // as Node's fetch does
	if w := serve(r, req); w.Code != http.StatusOK {
		t.Errorf("a program is answered %d", w.Code)
	}
}

func TestFailuresStopIt(t *testing.T) {
	full := errors.New("disk full")
	for _, c := range []struct {
		why string
		cfg listen.Config
	}{
		{"the log", listen.Config{Log: &memoryLog{err: full}}},
		{"the output", listen.Config{Tell: func(listen.Exchange) error { return full }}},
		{"the bodies", listen.Config{Bodies: failing{full}}},
	} {
		r, _, _ := recorder(t, c.cfg)
		select {
		case <-r.Failed():
			t.Errorf("%s: failed before it began", c.why)
		default:
		}
		for range 2 {
			if w := serve(r, request(of("escalationSuccess"))); w.Code != 200 {
				t.Errorf("%s: the CRM is answered %d", c.why, w.Code)
			}
		}
		<-r.Failed()
		if r.Err() != full {
			t.Errorf("%s: %v", c.why, r.Err())
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestNewReportsAllProblems(t *testing.T) {
	_, err := listen.New(listen.Config{Forward: "my-account.example", Webhook: "%zz"})
	for _, want := range []string{"listen: no log", "listen: Forward is not a URL", "listen: Webhook is not a URL"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestPrinting(t *testing.T) {
	x := listen.Exchange{
		Exchange: wire.Exchange{N: 12, Direction: wire.ToWidget, Kind: "message", Conversation: "a b", Status: 200, Outcome: wire.Answered, Took: 12.6,
			Body: "{\"text\":\"\x1b[2J\"}\n", Findings: []wire.Finding{{Rule: "sequence", Detail: "too\nearly"}}},
		State: "queued", Round: 1, Notes: []wire.Finding{{Rule: "field-unknown", Detail: "x"}},
	}
	failed := listen.Exchange{Exchange: wire.Exchange{N: 13, Direction: wire.ToCRM, Detail: "no answer"}}
	var text strings.Builder
	for _, bodies := range []bool{false, true} {
		for _, x := range []listen.Exchange{x, failed} {
			if err := listen.NewText(&text, bodies)(x); err != nil {
				t.Fatal(err)
			}
		}
	}
	const body = "       {\"text\":\"?[2J\"}\n"
	first := "   12  to-widget  message                200    13ms  conversation \"a b\"  state queued\n"
	rest := "       wrong  sequence: too?early\n       note   field-unknown: x\n"
	second := "   13  to-crm     -                      -       0ms\n"
	want := first + rest + second + "       no answer\n" + first + body + rest + second + "       \n       no answer\n"
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	text.Reset()
	for _, x := range []listen.Exchange{
		{Exchange: wire.Exchange{N: 1, Direction: wire.ToWidget, Status: 401, Answer: "{\"error\":\n \"no\"}"}},
		{Exchange: wire.Exchange{N: 2, Direction: wire.ToWidget, Status: 502, Answer: strings.Repeat("long", 60)}},
		{Exchange: wire.Exchange{N: 3, Direction: wire.ToWidget, Status: 200, Answer: "fine"}},
	} {
		if err := listen.NewText(&text, false)(x); err != nil {
			t.Fatal(err)
		}
	}
	want = "    1  to-widget  -                      401     0ms\n       answer {\"error\": \"no\"}\n" +
		"    2  to-widget  -                      502     0ms\n       answer " + strings.Repeat("long", 50) + " …\n" +
		"    3  to-widget  -                      200     0ms\n"
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	var lines bytes.Buffer
	if err := listen.NewJSON(&lines)(x); err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(lines.Bytes(), &keys); err != nil {
		t.Fatal(err)
	}
	for _, key := range strings.Fields("n at direction bot conversation kind method url headers body bodyCut status outcome detail attempt findings notes took answer state round") {
		if _, ok := keys[key]; !ok {
			t.Errorf("the object has no key %s", key)
		}
		delete(keys, key)
	}
	if len(keys) > 0 {
		t.Errorf("the object has keys that the help does not name: %v", keys)
	}
}

func TestManyAtOnce(t *testing.T) {
	r, log, told := recorder(t, listen.Config{Forward: "https://api.example", Webhook: "https://crm.example", Transport: answering(200)})
	s := httptest.NewServer(r)
	defer s.Close()
	var callers sync.WaitGroup
	for n := range 8 {
		callers.Go(func() {
			in := func(body string) string { return strings.Replace(body, `"1"`, fmt.Sprintf(`"%d"`, n), 1) }
			for range 10 {
				for _, x := range []struct{ path, body string }{
					{listen.WebhookPath, hook("widgetEscalate")}, {endpoint, of("escalationSuccess")}, {endpoint, message}, {endpoint, of("agentDisconnect")},
				} {
					req := request(in(x.body))
					req.URL, req.RequestURI = &url.URL{Scheme: "http", Host: strings.TrimPrefix(s.URL, "http://"), Path: x.path}, ""
					resp, err := http.DefaultClient.Do(req)
					if err != nil {
						t.Error(err)
						return
					}
					io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			}
		})
	}
	callers.Wait()
	if got, want := r.Totals(), (listen.Totals{Requests: 240, Webhooks: 80}); got != want {
		t.Errorf("totals %+v, want %+v", got, want)
	}
	for i, x := range *told {
		if x.N != int64(i+1) || len(x.Findings) > 0 || len(x.Notes) > 0 {
			t.Errorf("exchange %d was told at place %d with %s", x.N, i+1, rules(x))
		}
	}
	if n := len(log.exchanges()); n != 320 {
		t.Errorf("%d exchanges are kept", n)
	}
}
