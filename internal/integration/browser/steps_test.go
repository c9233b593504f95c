package browser_test

import (
	"fmt"
	"regexp"
	"testing"
)

// visit starts a sandbox with its demo CRM and opens its page.
func visit(t *testing.T, v view, tolerated ...*regexp.Regexp) (*sandbox, *page) {
	t.Helper()
	s := startSandbox(t, freeAddress())
	p := open(t, s.URL, v, tolerated...)
	p.connected()
	return s, p
}

// connected waits until the page hears the sandbox and shows a conversation.
func (p *page) connected() {
	p.t.Helper()
	p.wait("the stream", `document.querySelector('#connection[data-state=open]') && document.querySelector('#tabs [aria-selected=true]')`)
}

// conversation is the id of the conversation that is shown.
func (p *page) conversation() string {
	p.t.Helper()
	return eval[string](p, "the conversation", `document.querySelector('#conversation').dataset.conversation`)
}

// another opens a new conversation, which is shown from then on.
func (p *page) another() {
	p.t.Helper()
	before := p.conversation()
	p.click("#new-conversation")
	p.wait("another conversation", `document.querySelector('#conversation').dataset.conversation !== `+quote(before))
	p.stands("none")
}

// stands waits until every part of the page agrees where the conversation stands, and the CRM knows it too.
func (p *page) stands(state string) {
	p.t.Helper()
	p.wait("state "+state, fmt.Sprintf(`['#conversation', '#desk-state'].every(s => document.querySelector(s).dataset.state === %[1]q) &&
		(%[1]q === 'none' || [...document.querySelectorAll('#diagram svg g.is-current')].map(g => g.dataset.state).join() === %[1]q)`, state))
}

// idle is whether the CRM has answered everything that the agent did.
const idle = `!document.querySelector('#desk-forms[data-busy]')`

// do presses the agent's button for a kind of event. It waits until the desk offers it, and has sent what was before.
func (p *page) do(kind string) {
	p.t.Helper()
	p.wait(kind+" to be offered", fmt.Sprintf(`document.querySelector('#desk-%s').dataset.allowed === 'true' && `+idle, kind))
	p.click(button(kind))
}

// write has the visitor write.
func (p *page) write(text string) {
	p.t.Helper()
	p.fill("#write-text", text)
	p.click("#write-send")
}

// say has the agent write.
func (p *page) say(text string) {
	p.t.Helper()
	p.fill("#message-text", text)
	p.do("message")
}

// connect brings a new conversation to where both sides talk.
func (p *page) connect(agent string) {
	p.t.Helper()
	p.click("#escalate")
	p.stands("pending")
	p.fill("#agent-name", agent)
	p.do("escalationSuccess")
	p.stands("connected")
	p.chat(agent + " joined")
}

// chat waits until the last line of the chat widget is this.
func (p *page) chat(last string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("the chat to end with %q", last), `[...document.querySelectorAll('#chat .line-text')].at(-1)?.innerText.trim() === `+quote(last))
}

// button is the selector of the agent's button for a kind of event.
func button(kind string) string { return "#desk-" + kind + " button[type=submit]" }

// line of the chat widget.
type said struct{ By, Kind, Text string }

func (p *page) lines() []said {
	p.t.Helper()
	return eval[[]said](p, "read the chat", chatLines)
}

const chatLines = `[...document.querySelectorAll('#chat li')].map(e =>
	({By: e.dataset.by, Kind: e.dataset.kind ?? '', Text: e.querySelector('.line-text').innerText.trim()}))`

// exchange is a row of the wire log.
type exchange struct{ Direction, Kind, Outcome, Status string }

// wire waits until as many requests were answered, and returns all rows, oldest first.
func (p *page) wire(answered int) []exchange {
	p.t.Helper()
	p.wait(fmt.Sprintf("%d answers", answered), fmt.Sprintf(`document.querySelectorAll('#exchanges > li[data-outcome=answered]').length >= %d`, answered))
	return eval[[]exchange](p, "read the wire", `[...document.querySelectorAll('#exchanges > li')].sort((a, b) => a.dataset.n - b.dataset.n).map(e =>
		({Direction: e.dataset.direction, Kind: e.dataset.kind, Outcome: e.dataset.outcome, Status: e.dataset.status}))`)
}

// openRow shows all of the request of a kind that was answered 200. It is the last thing that happened, or the rows would move.
func (p *page) openRow(kind string) {
	p.t.Helper()
	row := `#exchanges > li[data-kind=` + kind + `][data-status="200"] `
	p.wait("the answer to "+kind, `document.querySelector(`+quote(row)+`)`)
	p.click(row + "summary")
	p.wait("the request to open", `document.querySelector(`+quote(row+"details[open] .ex-body")+`)`)
}
