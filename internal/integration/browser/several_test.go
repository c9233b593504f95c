package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// TestLeaving: nobody tells the widget that its visitor has left, and the page says it all the same.
func TestLeaving(t *testing.T) {
	t.Parallel()
	s, p := visit(t, desktop)
	p.connect("Ann")
	for range 20 {
		s.agent(p.conversation(), "message", "text", "Still there?")
	}
	p.wait("all lines", `document.querySelectorAll('#chat li').length === 21`)
	p.click("#leave")
	p.stands("ended")
	p.wait("the end in sight", `(e => e.checkVisibility() && e.getBoundingClientRect().bottom <= e.parentElement.getBoundingClientRect().bottom)(
		document.querySelector('#chat-left'))`)
	p.click("#escalate")
	p.stands("pending")
	p.wait("the end to be over", `!document.querySelector('#chat-left').checkVisibility()`)
}

// TestSeveralConversations: what happens in one conversation is not shown in another.
func TestSeveralConversations(t *testing.T) {
	t.Parallel()
	s, p := visit(t, desktop)
	p.connect("Ann")
	p.say("Hello first")
	p.chat("Ann: Hello first")
	first := p.conversation()

	p.another()
	second := p.conversation()
	if lines := p.lines(); len(lines) > 0 {
		t.Errorf("the second begins with %q", lines)
	}
	p.connect("Bob")

	// While the second is shown, the first goes on; and the other way round.
	s.agent(first, "message", "text", "Still there?")
	p.say("Hello second")
	p.chat("Bob: Hello second")
	p.click(tab(first))
	p.chat("Ann: Still there?")
	s.agent(second, "agentDisconnect")
	p.until(func() bool { return s.talk(second).State == "ended" })
	p.stands("connected")
	p.picture("two")
	p.click(tab(second))
	p.stands("ended")
	want := []said{
		{"crm", "escalationSuccess", "Bob joined"}, {"crm", "message", "Bob: Hello second"}, {"crm", "agentDisconnect", "The agent left"},
	}
	if diff := cmp.Diff(want, p.lines()); diff != "" {
		t.Errorf("the second (-want +got):\n%s", diff)
	}
	ended := []exchange{
		{"to-crm", "widgetEscalate", "answered", "200"},
		{"to-widget", "escalationSuccess", "answered", "200"},
		{"to-widget", "message", "answered", "200"},
		{"to-widget", "agentDisconnect", "answered", "200"},
	}
	if diff := cmp.Diff(ended, p.wire(len(ended))); diff != "" {
		t.Errorf("the second's wire (-want +got):\n%s", diff)
	}

	// The tabs are one stop for the keyboard; arrows walk through them.
	p.press(kb.ArrowLeft)
	p.wait("the first by the arrow", `document.activeElement.dataset.conversation === `+quote(first))
	p.press(kb.Enter)
	p.stands("connected")
	if s := p.spoken(tab(first)); s.Role != "tab" || s.Name == "" {
		t.Errorf("a screen reader hears %+v", s)
	}
}

func tab(conversation string) string {
	return `#tabs [role=tab][data-conversation="` + conversation + `"]`
}
