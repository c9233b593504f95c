package desk_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// stub is a desk that says what it is told to.
type stub struct {
	act     error
	view    desk.View
	viewErr error

	bodies []string
	asked  []string
}

func (s *stub) Act(_ context.Context, body []byte) error {
	s.bodies = append(s.bodies, string(body))
	return s.act
}

func (s *stub) View(_ context.Context, id string) (desk.View, error) {
	s.asked = append(s.asked, id)
	return s.view, s.viewErr
}

// overHTTP puts a handler behind an address that only those reach who keep its query, and a client before it.
func overHTTP(t *testing.T, h http.Handler) *desk.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/desk" || r.URL.Query().Get("token") != "a b" {
			t.Errorf("asked for %s", r.URL)
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return client(t, server.URL+"/desk?token=a%20b", nil)
}

func client(t *testing.T, url string, cfg *desk.Config) *desk.Client {
	t.Helper()
	c, err := desk.NewClient(url, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// queued is the view of a visitor who waits, written by hand.
var queued = desk.View{
	Conversation: "ä&b=c", State: fsm.Pending, Accepted: fsm.Queued, Round: 2, Pending: 1, Parked: "event 3: rejected",
	Kinds: []desk.KindView{
		{Kind: events.KindEscalationQueueUpdate, Allowed: true, Rules: []string{}},
		{Kind: events.KindEscalationSuccess, Allowed: true, Rules: []string{}},
		{Kind: events.KindMessage, Rules: []string{"sequence"}, Reason: "no agent yet"},
		{Kind: events.KindEscalationFailed, Allowed: true, Rules: []string{}},
		{Kind: events.KindAgentDisconnect, Rules: []string{"sequence"}, Reason: "nobody is there"},
	},
	Repairs: []desk.Repair{
		{ID: "3 again", Label: "Again", About: "It is sent again."},
		{ID: "3 other", Label: "Other words", Event: desk.Event{"eventType": "message", "text": "Grüße"}},
	},
}

func TestActOverHTTP(t *testing.T) {
	s := &stub{}
	c := overHTTP(t, desk.NewHandler(s))
	body := `{"platformConversationId":"1","eventType":"message","text":"Grüße"}`
	if err := c.Act(t.Context(), []byte(body)); err != nil {
		t.Errorf("taken, and the client says %v", err)
	}

	refusal := &desk.Refusal{Rules: []string{"sequence"}, Message: "too early", Allowed: []string{"escalationSuccess"}}
	s.act = refusal
	err := c.Act(t.Context(), []byte(body))
	got, ok := errors.AsType[*desk.Refusal](err)
	if !ok {
		t.Fatalf("refused, and the client says %v", err)
	}
	if diff := cmp.Diff(refusal, got); diff != "" {
		t.Errorf("refusal (-want +got):\n%s", diff)
	}
	if want := "desk: refused: sequence: too early; allowed: escalationSuccess"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}

	s.act = &desk.Refusal{Message: "not now"}
	want := &desk.Refusal{Rules: []string{}, Message: "not now", Allowed: []string{}}
	if diff := cmp.Diff(error(want), c.Act(t.Context(), []byte(body))); diff != "" {
		t.Errorf("refusal without lists (-want +got):\n%s", diff)
	}

	s.act = errors.New("the disk is full")
	err = c.Act(t.Context(), []byte(body))
	if want := "desk: act: answered 500: the disk is full"; err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
	if diff := cmp.Diff([]string{body, body, body, body}, s.bodies); diff != "" {
		t.Errorf("what the desk got (-want +got):\n%s", diff)
	}
}

func TestViewOverHTTP(t *testing.T) {
	s := &stub{view: queued}
	c := overHTTP(t, desk.NewHandler(s))
	got, err := c.View(t.Context(), queued.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(queued, got); diff != "" {
		t.Errorf("view (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ä&b=c"}, s.asked); diff != "" {
		t.Errorf("what the desk was asked for (-want +got):\n%s", diff)
	}

	s.viewErr = desk.ErrNoView
	if _, err := c.View(t.Context(), "1"); !errors.Is(err, desk.ErrNoView) {
		t.Errorf("no view, and the client says %v", err)
	}
	s.viewErr = errors.New("the store is down")
	_, err = c.View(t.Context(), "1")
	if want := "desk: view: answered 500: the store is down"; err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
}

func TestViewKind(t *testing.T) {
	if diff := cmp.Diff(queued.Kinds[2], queued.Kind(events.KindMessage)); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	if got := (desk.View{}).Kind(events.KindMessage); got.Kind != 0 || got.Allowed {
		t.Errorf("an empty view says %+v", got)
	}
}

func TestEventBody(t *testing.T) {
	e := desk.Event{"eventType": "message", "text": `"<Hello>"`}
	body, err := e.Body("ü")
	if err != nil {
		t.Fatal(err)
	}
	request, unknown, err := events.DecodeRequest(body)
	if err != nil || len(unknown) > 0 {
		t.Fatalf("%v, %v", unknown, err)
	}
	want := events.Request{ConversationID: "ü", Event: events.Message{Text: `"<Hello>"`}}
	if diff := cmp.Diff(want, request); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
	if _, has := e["platformConversationId"]; has {
		t.Error("the event itself was changed")
	}
	if _, err := (desk.Event{"text": "a\xff"}).Body("1"); err == nil || !strings.Contains(err.Error(), "text") {
		t.Errorf("invalid UTF-8 gives %v", err)
	}
	if body, err := desk.Event(nil).Body("1"); err != nil || string(body) != `{"platformConversationId":"1"}` {
		t.Errorf("no fields give %s, %v", body, err)
	}
}
