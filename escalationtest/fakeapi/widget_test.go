package fakeapi_test

import (
	"testing"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

func TestWidgetLines(t *testing.T) {
	head := `{"platformConversationId":"c1","eventType":`
	for _, c := range []struct{ why, body, want string }{
		{"both queue details", queueUpdate, "You are number 3 in the queue, about 12 minutes"},
		{"place only", head + `"escalationQueueUpdate","queuePosition":"2"}`, "You are number 2 in the queue"},
		{"time only", head + `"escalationQueueUpdate","waitingTime":"5"}`, "You are in the queue, about 5 minutes"},
		{"one minute", head + `"escalationQueueUpdate","waitingTime":"1"}`, "You are in the queue, about 1 minute"},
		{"no detail", head + `"escalationQueueUpdate"}`, "You are in the queue"},
		{"a named agent", success, "John Smith joined"},
		{"an unnamed agent", head + `"escalationSuccess"}`, "An agent joined"},
		{"a message from nobody yet", message, "Agent: Hello"},
		{"text is not interpreted", head + `"message","text":"<b>a</b>\n\u0026amp;"}`, "Agent: <b>a</b>\n&amp;"},
		{"a failure", failed, "No agent could be connected"},
		{"a disconnect", disconnect, "The agent left"},
	} {
		s := newServer(t, nil)
		serve(s, c.body, nil)
		if got := texts(s.Widget("c1")); got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
}

func TestWidgetNamesTheAgentOfTheRound(t *testing.T) {
	_, s := marks(t, nil, "SMMD+M")
	want := "John Smith joined | John Smith: Hello | John Smith: Hello | The agent left | Agent: Hello"
	if got := texts(s.Widget("c1")); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	lines := s.Widget("c1")
	if l := lines[1]; l.N != 2 || l.Round != 1 || l.EventType != "message" || len(l.Fields) != 1 || l.Fields["text"] != "Hello" {
		t.Errorf("line 2 is %+v", l)
	}
	if l := lines[4]; l.Round != 2 || l.N != 5 {
		t.Errorf("line 5 is %+v", l)
	}
}

func TestRoundsAreCounted(t *testing.T) {
	s := newServer(t, nil)
	if n := s.BeginRound("c1"); n != 1 {
		t.Errorf("first round is %d", n)
	}
	if n := s.BeginRound("c1"); n != 2 {
		t.Errorf("second round is %d", n)
	}
	if n := s.BeginRound("c2"); n != 1 {
		t.Errorf("first round of another conversation is %d", n)
	}
}

func TestBotsDoNotShareConversations(t *testing.T) {
	s := newServer(t, nil)
	must(t, s.SetKey("bot-2", "key-2"))
	other := both(header("botid", "bot-2"), header("Authorization", "key-2"))
	b := s.Bot("bot-2")
	b.BeginRound("c1")
	must(t, b.NextFor("c1", fakeapi.Fault{Status: 503}))

	if w := serve(s, success, nil); w.Code != 200 {
		t.Errorf("the fault of bot-2 hit bot-1: %d", w.Code)
	}
	if w := serve(s, success, other); w.Code != 503 {
		t.Errorf("the fault missed bot-2: %d", w.Code)
	}
	serve(s, queueUpdate, other)
	b.VisitorLeft("c1")
	serve(s, message, nil)

	if got := texts(s.Widget("c1")); got != "John Smith joined | John Smith: Hello" {
		t.Errorf("bot-1 shows %s", got)
	}
	if got := texts(b.Widget("c1")); got != "You are number 3 in the queue, about 12 minutes" {
		t.Errorf("bot-2 shows %s", got)
	}
	if vs := s.Violations(); len(vs) != 0 {
		t.Errorf("violations: %v", vs)
	}
	if n, m := len(s.Conversation("c1")), len(b.Conversation("c1")); n != 2 || m != 2 {
		t.Errorf("%d and %d records, want 2 and 2", n, m)
	}
	must(t, b.WaitWidget(bounded(t), "c1", 1))
}

func TestReturnedValuesAreCopies(t *testing.T) {
	s := newServer(t, nil)
	serve(s, `{"platformConversationId":"c1","eventType":"message","text":"Hello","x":"y"}`, nil)
	for range 2 {
		r := s.Requests()[0]
		l := s.Widget("c1")[0]
		if r.Fields["text"] != "Hello" || r.Body[0] != '{' || r.Header.Get("Content-Type") != "application/json" ||
			r.Problems[0].Field != "x" || l.Fields["text"] != "Hello" {
			t.Fatalf("changed from outside: %+v %+v", r, l)
		}
		r.Fields["text"], r.Body[0], r.Problems[0].Field, l.Fields["text"] = "", 0, "", ""
		r.Header.Set("Content-Type", "")
	}
}
