package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox"
)

// TestDeskOfOthers steers a CRM through its desk: what it takes, refuses and cannot do is passed on, with a view and without.
func TestDeskOfOthers(t *testing.T) {
	var view atomic.Int32 // what the desk answers to a GET
	view.Store(http.StatusInternalServerError)
	var heard atomic.Value
	deskOf := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.WriteHeader(int(view.Load()))
			return
		}
		body, _ := io.ReadAll(r.Body)
		heard.Store(string(body))
		switch {
		case strings.Contains(string(body), "agentDisconnect"):
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, `{"rules":["sequence"],"message":"nobody is there","allowed":["escalationFailed"]}`)
		case strings.Contains(string(body), "escalationFailed"):
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, `{"message":"out of tea"}`)
		}
	}))
	defer deskOf.Close()
	crm := newStranger(t)
	c, _ := start(t, sandbox.Config{Webhook: crm.url, Desk: deskOf.URL + "/desk"})
	for _, tc := range []struct {
		why, body string
		status    int
		answer    string
	}{
		{"taken", `{"platformConversationId":"1","eventType":"escalationSuccess","more":"<é>"}`, 200, `{}`},
		{"refused", `{"platformConversationId":"1","eventType":"agentDisconnect"}`, 409,
			`{"rules":["sequence"],"message":"nobody is there","allowed":["escalationFailed"]}`},
		{"trouble", `{"platformConversationId":"1","eventType":"escalationFailed"}`, 502, `{"message":"the desk answered 418: out of tea"}`},
	} {
		status, text := c.post("/api/desk", tc.body)
		if status != tc.status || text != tc.answer || heard.Load() != tc.body {
			t.Errorf("%s: %d %s; the desk heard %v", tc.why, status, text, heard.Load())
		}
	}
	if status, text := c.post("/api/desk", `not JSON`); status != http.StatusBadRequest {
		t.Errorf("no JSON: %d %s", status, text)
	}
	id := c.state().Conversations[0].ID
	got := c.await("the desk's trouble", func(s state) bool { return s.conversation(id).DeskError != "" }).conversation(id)
	if got.DeskError != "the CRM's desk does not say where it stands: the desk answered 500" || got.Desk != nil {
		t.Errorf("the desk's trouble: %+v", got)
	}
	view.Store(http.StatusNotFound)
	c.must("/api/visitor", `{"conversation":"`+id+`","do":"escalate"}`)
	if s := c.await("no view", func(s state) bool { return s.conversation(id).DeskError == "" }); !s.Desk || s.conversation(id).Desk != nil {
		t.Errorf("a desk without a view: %+v", s)
	}
}

// TestDeskThatIsNotThere: nobody refuses anything where nobody is; what is known of the event differs.
func TestDeskThatIsNotThere(t *testing.T) {
	const event = `{"platformConversationId":"1","eventType":"escalationSuccess"}`
	crm := newStranger(t)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		panic(http.ErrAbortHandler) // it took the event, perhaps
	}))
	defer silent.Close()
	at := strings.TrimPrefix(silent.URL, "http://")
	c, _ := start(t, sandbox.Config{Webhook: crm.url, Desk: silent.URL})
	status, text := c.post("/api/desk", event)
	if want := `{"message":"` + at + ` closed the connection without an answer"}`; status != http.StatusBadGateway || text != want {
		t.Errorf("a silent desk: %d %s, want 502 %s", status, text, want)
	}
	c, _ = start(t, sandbox.Config{Webhook: crm.url, Desk: "http://127.0.0.1:1"})
	status, text = c.post("/api/desk", event)
	if want := `{"message":"connection refused: nothing listens on 127.0.0.1:1"}`; status != http.StatusServiceUnavailable || text != want {
		t.Errorf("no desk: %d %s, want 503 %s", status, text, want)
	}
	const why = "the CRM's desk does not say where it stands: connection refused: nothing listens on 127.0.0.1:1"
	c.must("/api/visitor", `{"conversation":"1","do":"escalate"}`)
	c.await("the reason", func(s state) bool { return s.conversation("1").DeskError == why })
}

// TestDeskThatIsBehind: a CRM that learns late what the visitor did is asked until it has.
func TestDeskThatIsBehind(t *testing.T) {
	const late = 6 // questions
	var asked atomic.Int32
	deskOf := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, state := r.URL.Query().Get("conversation"), "none"
		if id == "1" && asked.Add(1) >= late {
			state = "pending"
		}
		kinds := ""
		for _, kind := range []string{"escalationQueueUpdate", "escalationSuccess", "message", "escalationFailed", "agentDisconnect"} {
			kinds += `,{"kind":"` + kind + `","allowed":true}`
		}
		_, _ = io.WriteString(w, `{"conversation":"`+id+`","state":"`+state+`","kinds":[`+kinds[1:]+`]}`)
	}))
	defer deskOf.Close()
	crm := newStranger(t)
	c, _ := start(t, sandbox.Config{Webhook: crm.url, Desk: deskOf.URL})
	c.must("/api/visitor", `{"conversation":"1","do":"escalate"}`)
	c.await("the desk to follow", func(s state) bool {
		got := s.conversation("1")
		return got.State == "pending" && got.Desk != nil && got.Desk.State == "pending"
	})
}
