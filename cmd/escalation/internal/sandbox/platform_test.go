package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

const endpoint = "/agent/converse/send-message-to-widget"

// send posts an event as a CRM does.
func (c *caller) send(path, key, body string) int {
	c.t.Helper()
	status, _, _ := c.do("POST", path, body, http.Header{
		"Content-Type": {"application/json"}, "Authorization": {key}, "Botid": {"5f3a"},
		"Host": {"host.docker.internal:8137"}, // the key protects the platform, not the name
	})
	return status
}

// A stranger is a CRM in somebody else's hands: it answers webhooks with a status and keeps them.
type stranger struct {
	url  string
	got  chan string
	want chan int
}

func newStranger(t *testing.T) *stranger {
	s := &stranger{got: make(chan string, 100), want: make(chan int, 100)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.got <- r.Header.Get("X-Token") + " " + string(body)
		select {
		case status := <-s.want:
			w.WriteHeader(status)
		default:
		}
	}))
	t.Cleanup(server.Close)
	s.url = server.URL + "/hook"
	return s
}

// TestCRMUnderTest plays against a CRM that knows nothing of us, and makes the mistakes that newcomers make.
func TestCRMUnderTest(t *testing.T) {
	crm := newStranger(t)
	sign, err := fakeapi.SharedSecretSigner("X-Token", "secret-0815")
	if err != nil {
		t.Fatal(err)
	}
	c, s := start(t, sandbox.Config{Webhook: crm.url + "?token=secret-0816", Sign: sign, Secrets: []string{"secret-0815"}})
	if err := s.AwaitCRM(t.Context(), 20*time.Second); err != nil {
		t.Error(err)
	}
	if got := c.state(); got.Demo || got.Desk || got.Webhook != crm.url {
		t.Errorf("the state: %+v", got)
	}
	if status, text := c.post("/api/desk", `{"platformConversationId":"1","eventType":"message","text":"x"}`); status != http.StatusNotImplemented {
		t.Errorf("a desk that is not there: %d %s", status, text)
	}

	crm.want <- http.StatusTeapot
	c.must("/api/visitor", `{"conversation":"1","do":"escalate","to":"support"}`)
	want := `secret-0815 {"botId":"5f3a","channel":"chat","data":{"platformConversationId":"1","eventType":"widgetEscalate","escalateTo":"support"}}`
	if got := <-crm.got; got != want {
		t.Errorf("the webhook: %s", got)
	}
	c.await("the webhook's answer", func(state) bool { return len(c.wire()) == 1 })

	const speak = `{"platformConversationId":"1","eventType":"message","text":"Hi"}`
	for _, tc := range []struct {
		why, path, key, body string
		want                 int
	}{
		{"no key", endpoint, "", speak, 401},
		{"a scheme word", endpoint, "Bearer key-4711", speak, 401},
		{"a wrong key", endpoint, "key-0000", speak, 401},
		{"a wrong path", "/v1" + endpoint, "key-4711", speak, 404},
		{"not a string", endpoint, "key-4711", `{"platformConversationId":"1","eventType":"escalationQueueUpdate","queuePosition":3}`, 400},
		{"before an agent joined", endpoint, "key-4711", speak, 200},
		{"an agent", endpoint, "key-4711", `{"platformConversationId":"1","eventType":"escalationSuccess"}`, 200},
		{"after the newer base path", "/ai-agents/api" + endpoint, "key-4711", speak, 200},
		{"to somebody who never asked", endpoint, "key-4711", `{"platformConversationId":"2","eventType":"escalationSuccess"}`, 200},
	} {
		if got := c.send(tc.path, tc.key, tc.body); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.why, got, tc.want)
		}
	}
	c.await("the last answer", func(state) bool { xs := c.wire(); return len(xs) == 10 && xs[9].Status != 0 })
	var rules [][]string
	for _, x := range c.wire() {
		ids := []string{}
		for _, f := range x.Findings {
			ids = append(ids, f.Rule)
		}
		rules = append(rules, ids)
	}
	wantRules := [][]string{
		{"webhook-status"}, {"auth-key-required"}, {"auth-key-bare"}, {"auth-key"}, {"endpoint-path"}, {"field-type"}, {"sequence"}, {}, {}, {"sequence"},
	}
	if diff := cmp.Diff(wantRules, rules); diff != "" {
		t.Errorf("the rules (-want +got):\n%s", diff)
	}
	got := c.state().conversation("1")
	lines := []line{
		{1, "crm", "message", "Agent: Hi", "sequence", "no agent is connected yet; escalationSuccess comes first", false},
		{2, "crm", "escalationSuccess", "An agent joined", "", "", false},
		{3, "crm", "message", "Agent: Hi", "", "", false},
	}
	if diff := cmp.Diff(lines, got.Lines); diff != "" || got.State != "connected" || got.Findings != 7 {
		t.Errorf("conversation 1: %s, %d findings (-want +got):\n%s", got.State, got.Findings, diff)
	}
	if got := c.state().conversation("2"); len(got.Lines) != 1 || got.Lines[0].Broken != "sequence" || got.Lines[0].Why != "no round begun" || got.State != "none" {
		t.Errorf("conversation 2: %+v", got)
	}
}

// TestResend sends a webhook again, and says what cannot be sent again.
func TestResend(t *testing.T) {
	crm := newStranger(t)
	c, _ := start(t, sandbox.Config{Webhook: crm.url})
	c.must("/api/visitor", `{"conversation":"1","do":"escalate"}`)
	first := <-crm.got
	c.send(endpoint, "key-4711", `{"platformConversationId":"1","eventType":"escalationSuccess"}`)
	c.await("both", func(state) bool { return len(c.wire()) == 2 })
	var hook, request int64
	for _, x := range c.wire() {
		if x.Direction == "to-crm" {
			hook = x.N
		} else {
			request = x.N
		}
	}
	for attempt := 2; attempt <= 3; attempt++ {
		c.must("/api/resend", fmt.Sprintf(`{"n":%d}`, hook))
		if again := <-crm.got; again != first {
			t.Errorf("sent again: %s, first: %s", again, first)
		}
		xs := c.wire()
		if x := xs[len(xs)-1]; x.Attempt != attempt || x.Of != hook || !x.Resend || x.Status != 200 {
			t.Errorf("attempt %d: %+v", attempt, x)
		}
	}
	for _, tc := range []struct {
		n      int64
		status int
		want   string
	}{
		{request, http.StatusConflict, "the platform sends webhooks again; what the CRM sent, only the CRM can send again"},
		{99, http.StatusNotFound, "there is no exchange 99"},
		{0, http.StatusNotFound, "there is no exchange 0"},
	} {
		status, text := c.post("/api/resend", fmt.Sprintf(`{"n":%d}`, tc.n))
		if status != tc.status || text != `{"message":"`+tc.want+`"}` {
			t.Errorf("exchange %d: %d %s", tc.n, status, text)
		}
	}
}

// TestAttempts: the same body again is another attempt, unless the one before was taken.
func TestAttempts(t *testing.T) {
	crm := newStranger(t)
	c, _ := start(t, sandbox.Config{Webhook: crm.url})
	c.must("/api/visitor", `{"conversation":"1","do":"escalate"}`)
	c.must("/api/faults", `{"preset":"outage"}`)
	for _, text := range []string{"a", "a", "b", "b", "b", "a"} { // the first three are answered 503
		c.send(endpoint, "key-4711", `{"platformConversationId":"1","eventType":"escalationQueueUpdate","waitingTime":"`+text+`"}`)
	}
	c.await("all", func(state) bool { return len(c.wire()) == 7 })
	var got []int
	for _, x := range c.wire() {
		if x.Direction == "to-widget" {
			got = append(got, x.Attempt)
		}
	}
	if diff := cmp.Diff([]int{1, 2, 1, 2, 1, 1}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestKeyRotation: the old key is refused at once; the new one is told to whoever asked for it, and the demo CRM learns it by
// itself.
func TestKeyRotation(t *testing.T) {
	var told struct{ Key string }
	rotate := func(c *caller) {
		t.Helper()
		if err := json.Unmarshal([]byte(c.must("/api/key", `{"rotate":true}`)), &told); err != nil || len(told.Key) < 16 {
			t.Errorf("the new key: %+v %v", told, err)
		}
	}
	c, _ := start(t, sandbox.Config{})
	c.must("/api/visitor", `{"conversation":"1","do":"escalate"}`)
	c.settled("1", "pending")
	rotate(c)
	if status := c.send(endpoint, told.Key, `{"platformConversationId":"1","eventType":"escalationQueueUpdate"}`); status != 200 {
		t.Errorf("with the new key: %d", status)
	}
	c.must("/api/desk", `{"platformConversationId":"1","eventType":"escalationSuccess"}`)
	c.settled("1", "connected")

	crm := newStranger(t)
	c, _ = start(t, sandbox.Config{Webhook: crm.url})
	const join = `{"platformConversationId":"1","eventType":"escalationSuccess"}`
	rotate(c)
	if old, now := c.send(endpoint, "key-4711", join), c.send(endpoint, told.Key, join); old != 401 || now != 200 {
		t.Errorf("the old key %d, the new key %d", old, now)
	}
	c.send(endpoint, told.Key, `{"platformConversationId":"1","eventType":"message","text":"`+told.Key+`"}`)
	xs := c.wire()
	if x := xs[len(xs)-1]; x.Kind != "message" || strings.Contains(x.Body, told.Key) {
		t.Errorf("the new key is kept: %s", x.Body)
	}
	status, text := c.post("/api/key", `{}`)
	if status != http.StatusBadRequest || !strings.Contains(text, "rotate must be true") {
		t.Errorf("an empty order: %d %s", status, text)
	}
}
