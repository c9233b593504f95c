package sandbox_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox"
)

// TestWholeEscalation plays what a newcomer sees: the demo CRM, from the first word to the last.
func TestWholeEscalation(t *testing.T) {
	c, _ := start(t, sandbox.Config{})
	s := c.state()
	if !s.Demo || !s.Desk || s.Bot != "5f3a" || s.BaseURL != c.url || len(s.Conversations) != 1 {
		t.Fatalf("at the start: %+v", s)
	}
	id := s.Conversations[0].ID
	visitor := func(do, text string) {
		c.must("/api/visitor", fmt.Sprintf(`{"conversation":%q,"do":%q,"text":%q}`, id, do, text))
	}
	agent := func(rest string) { c.must("/api/desk", fmt.Sprintf(`{"platformConversationId":%q,%s}`, id, rest)) }

	visitor("write", "Hello")
	visitor("write", "I want a human")
	got := c.settled(id, "pending")
	if want := (&transition{"none", "pending", "widgetEscalate"}); got.Round != 1 || !got.Live || cmp.Diff(want, got.Last) != "" {
		t.Errorf("after the escalation: round %d, live %v, last %+v", got.Round, got.Live, got.Last)
	}
	refused := got.Desk.Kinds[slices.IndexFunc(got.Desk.Kinds, func(k kindView) bool { return k.Kind == "message" })]
	if want := (kindView{"message", false, []string{"sequence"}, "no agent is connected yet; escalationSuccess comes first"}); cmp.Diff(want, refused) != "" {
		t.Errorf("a message too early: %+v", refused)
	}
	status, text := c.post("/api/desk", fmt.Sprintf(`{"platformConversationId":%q,"eventType":"message","text":"too early"}`, id))
	want := `{"rules":["sequence"],"message":"no agent is connected yet; escalationSuccess comes first",` +
		`"allowed":["escalationQueueUpdate","escalationSuccess","escalationFailed"]}`
	if status != http.StatusConflict || text != want {
		t.Errorf("the refusal: %d %s", status, text)
	}

	agent(`"eventType":"escalationQueueUpdate","queuePosition":"3","waitingTime":"12"`)
	c.settled(id, "queued")
	agent(`"eventType":"escalationSuccess","agent":"Ann"`)
	agent(`"eventType":"message","text":"What can I do?"`)
	c.await("Ann's words", func(s state) bool { return len(s.conversation(id).Lines) == 7 })
	visitor("write", "Nothing")
	if got, want := c.state().conversation(id).Last, (&transition{"connected", "connected", "message"}); cmp.Diff(want, got) != "" {
		t.Errorf("the visitor's words are no step of the lifecycle: %+v", got)
	}
	c.must("/api/desk", fmt.Sprintf(`{"platformConversationId":%q,"eventType":"agentDisconnect"}`, id))
	got = c.settled(id, "ended")
	lines := []string{
		"visitor: Hello",
		"bot: Thank you for your message. If you would rather talk to a person, just say so.",
		"visitor: I want a human",
		"bot: I am connecting you with a person.",
		"crm: You are number 3 in the queue, about 12 minutes",
		"crm: Ann joined",
		"crm: Ann: What can I do?",
		"visitor: Nothing",
		"crm: The agent left",
	}
	if diff := cmp.Diff(lines, texts(got.Lines)); diff != "" {
		t.Errorf("the widget (-want +got):\n%s", diff)
	}
	if want := (&transition{"connected", "ended", "agentDisconnect"}); got.EndedBy != "agent" || got.Live || cmp.Diff(want, got.Last) != "" || got.Findings != 0 {
		t.Errorf("at the end: by %q, live %v, last %+v, %d findings", got.EndedBy, got.Live, got.Last, got.Findings)
	}

	var kinds []string
	for i, x := range c.recorded(6) {
		kinds = append(kinds, fmt.Sprint(x.Direction, " ", x.Kind, " ", x.Status, " ", x.Outcome, " ", x.Attempt, " ", x.Resend))
		if x.N != int64(i+1) || x.Conversation != id || len(x.Findings) != 0 {
			t.Errorf("exchange %+v", x)
		}
	}
	slices.Sort(kinds)
	wantKinds := []string{
		"to-crm widgetEscalate 200 answered 1 true",
		"to-crm widgetMessage 200 answered 1 true",
		"to-widget agentDisconnect 200 answered 1 false",
		"to-widget escalationQueueUpdate 200 answered 1 false",
		"to-widget escalationSuccess 200 answered 1 false",
		"to-widget message 200 answered 1 false",
	}
	if diff := cmp.Diff(wantKinds, kinds); diff != "" {
		t.Errorf("the wire (-want +got):\n%s", diff)
	}
}

// TestVisitorLeavesAndComesBack: the visitor's end, what is not possible then, and a second round.
func TestVisitorLeavesAndComesBack(t *testing.T) {
	c, _ := start(t, sandbox.Config{})
	act := func(do string) (int, string) {
		return c.post("/api/visitor", `{"conversation":"own id","do":"`+do+`","text":"x","to":"support"}`)
	}
	if status, text := act("leave"); status != http.StatusConflict || text != `{"message":"conversation is not escalated: \"own id\" is none"}` {
		t.Errorf("leaving what is not escalated: %d %s", status, text)
	}
	act("escalate")
	c.settled("own id", "pending")
	if status, _ := act("escalate"); status != http.StatusConflict {
		t.Errorf("escalating twice: %d", status)
	}
	act("leave")
	got := c.settled("own id", "ended")
	if want := (&transition{"pending", "ended", "widgetEndSession"}); got.EndedBy != "visitor" || cmp.Diff(want, got.Last) != "" {
		t.Errorf("left: %+v", got)
	}
	act("escalate")
	got = c.settled("own id", "pending")
	if want := (&transition{"ended", "pending", "widgetEscalate"}); got.Round != 2 || got.EndedBy != "" || cmp.Diff(want, got.Last) != "" {
		t.Errorf("again: %+v", got)
	}

	text := c.must("/api/visitor", `{"do":"new"}`)
	s := c.state()
	if n := len(s.Conversations); n != 3 || text != `{"conversation":"`+s.Conversations[2].ID+`"}` {
		t.Errorf("a new conversation: %s of %d", text, n)
	}
	for _, bad := range []string{`{"do":"write","text":"x"}`, `{"conversation":"1","do":"jump"}`, `{"conversation":"1"}`, `[]`, `{`, `{"do":"new"} {}`, `{"do":"new","x":1}`} {
		if status, text := c.post("/api/visitor", bad); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", bad, status, text)
		}
	}
}

// TestLibraryAgainstFaults arms every preset for a request once, and lets the agent speak: each event arrives, and the page is told what
// is still to come.
func TestLibraryAgainstFaults(t *testing.T) {
	c, _ := start(t, sandbox.Config{})
	c.must("/api/visitor", `{"conversation":"1","do":"escalate"}`)
	c.settled("1", "pending")
	c.recorded(1)
	for i, p := range c.state().Faults.Presets {
		switch p.Name {
		case "no-answer", "late-copy", "rate-limit", "outage":
			continue // they take seconds
		case "cut-answer":
			continue // its 200 is answer enough
		}
		if p.Group != "request" {
			continue
		}
		c.must("/api/faults", `{"preset":"`+p.Name+`"}`)
		if f := c.state().Faults; f.Left != 1 || f.Presets[i].Armed != 1 {
			t.Errorf("%s armed: %+v", p.Name, f)
		}
		before := len(c.wire())
		c.must("/api/desk", fmt.Sprintf(`{"platformConversationId":"1","eventType":"escalationQueueUpdate","queuePosition":"%d"}`, i+1))
		c.await(p.Name+" is over", func(s state) bool {
			xs := c.wire()[before:]
			return s.Faults.Left == 0 && s.Faults.Presets[i].Armed == 0 && len(xs) > 1 && xs[len(xs)-1].Status == 200
		})
		xs := c.wire()[before:]
		if last := xs[len(xs)-1]; last.Status != 200 || last.Outcome != "answered" || len(xs) != 2 || xs[0].Status == 200 {
			t.Errorf("%s: %+v", p.Name, xs)
		}
	}
	if n := c.state().conversation("1").Findings; n != 0 {
		t.Errorf("%d findings against the library", n)
	}
}
