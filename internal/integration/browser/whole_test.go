package browser_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWholeEscalation clicks through an escalation, and looks after each step at all parts of the page.
func TestWholeEscalation(t *testing.T) {
	t.Parallel()
	_, p := visit(t, desktop)
	p.stands("none")
	p.picture("0-start")
	for i, step := range []struct {
		why        string
		do         func()
		chat       string // the last line
		state      string
		transition string // the one the diagram marks
	}{
		{"the bot answers", func() { p.write("Where is my parcel?") }, "", "none", ""},
		{"the visitor asks for a human, and the bot hands over", func() { p.write("I want to talk to a human, please") }, "",
			"pending", "none widgetEscalate pending"},
		{"the agent's desk tells the place in the queue", func() {
			p.fill("#queue-position", "3")
			p.fill("#waiting-time", "12")
			p.do("escalationQueueUpdate")
		}, "You are number 3 in the queue, about 12 minutes", "queued", "pending escalationQueueUpdate queued"},
		{"an agent joins", func() {
			p.fill("#agent-name", "Ann")
			p.do("escalationSuccess")
		}, "Ann joined", "connected", "queued escalationSuccess connected"},
		{"the agent writes", func() { p.say("Hello, I am Ann. It left us this morning.") },
			"Ann: Hello, I am Ann. It left us this morning.", "connected", "connected message connected"},
		{"the visitor answers", func() {
			p.write("Thank you <b>very</b> much!")
			p.wire(5) // a webhook has its place in the log when it has been answered
		},
			"Thank you <b>very</b> much!", "connected", "connected message connected"},
		{"the agent ends it", func() { p.do("agentDisconnect") }, "The agent left", "ended", "connected agentDisconnect ended"},
	} {
		step.do()
		if step.chat != "" {
			p.chat(step.chat)
		}
		p.stands(step.state)
		if step.transition != "" {
			p.wait(step.why+": the diagram to mark "+step.transition, `[...document.querySelectorAll('#diagram svg g.is-last')].
				map(g => g.dataset.from + ' ' + g.dataset.kind + ' ' + g.dataset.to).join() === `+quote(step.transition))
		}
		p.picture(fmt.Sprintf("%d-%s", i+1, step.state))
	}

	var crm []said
	for _, l := range p.lines() {
		if l.By != "bot" {
			crm = append(crm, l)
		}
	}
	if diff := cmp.Diff([]said{
		{"visitor", "", "Where is my parcel?"},
		{"visitor", "", "I want to talk to a human, please"},
		{"crm", "escalationQueueUpdate", "You are number 3 in the queue, about 12 minutes"},
		{"crm", "escalationSuccess", "Ann joined"},
		{"crm", "message", "Ann: Hello, I am Ann. It left us this morning."},
		{"visitor", "widgetMessage", "Thank you <b>very</b> much!"},
		{"crm", "agentDisconnect", "The agent left"},
	}, crm); diff != "" {
		t.Errorf("the chat (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]exchange{
		{"to-crm", "widgetEscalate", "answered", "200"},
		{"to-widget", "escalationQueueUpdate", "answered", "200"},
		{"to-widget", "escalationSuccess", "answered", "200"},
		{"to-widget", "message", "answered", "200"},
		{"to-crm", "widgetMessage", "answered", "200"},
		{"to-widget", "agentDisconnect", "answered", "200"},
	}, p.wire(6)); diff != "" {
		t.Errorf("the wire (-want +got):\n%s", diff)
	}
	if n := len(p.texts(".ex-findings li, #chat li[data-broken]")); n > 0 {
		t.Errorf("%d findings against an escalation without a mistake", n)
	}
}

// TestStranger presses what the page proposes and nothing else, fills in nothing, and comes to the end.
func TestStranger(t *testing.T) {
	t.Parallel()
	lively := desktop
	lively.lively = true
	_, p := visit(t, lively)
	t.Logf("proposed: %q", p.obey())
	p.stands("ended")
}

// TestStrangerInTrouble: the same, where delivery stops at the agent's first words.
func TestStrangerInTrouble(t *testing.T) {
	t.Parallel()
	_, p := visit(t, desktop)
	p.connect("Ann")
	p.stop()
	pressed := p.obey()
	if !slices.Equal(pressed[:min(2, len(pressed))], []string{"Send", "Send it again"}) {
		t.Errorf("proposed: %q", pressed)
	}
	p.stands("ended")
}

// obey presses what is proposed until the conversation has ended, and returns what that was.
func (p *page) obey() (pressed []string) {
	p.t.Helper()
	for range 12 {
		if len(p.texts("#conversation[data-state=ended]")) > 0 {
			break
		}
		p.wait("a proposal that both sides agree on, or a choice", idle+` && (document.querySelector('#repairs [data-next]') ||
			document.querySelector('#desk [data-next], #visitor [data-next]') &&
			document.querySelector('#conversation').dataset.state === document.querySelector('#desk-state').dataset.state)`)
		before := p.conversationNow()
		// Both sides may have something to do: the agent first, who is the one that ends it.
		selector := "#visitor [data-next]"
		if len(p.texts("#desk [data-next]")) > 0 {
			selector = "#desk [data-next]"
		}
		pressed = append(pressed, strings.Join(p.texts(selector), ", "))
		p.click(selector)
		p.until(func() bool { return p.conversationNow() != before })
	}
	return pressed
}

// conversationNow is everything that a step of a conversation changes.
func (p *page) conversationNow() string {
	p.t.Helper()
	return eval[string](p, "look", `document.querySelector('#conversation').dataset.state + document.querySelectorAll('#chat li').length + [...document.querySelectorAll('[data-next]')].map(e => e.id + e.innerText)`)
}
