package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRightToLeft: each message runs in the direction of its own words, whoever says it and wherever it stands, with the
// name of the agent left out of account.
func TestRightToLeft(t *testing.T) {
	t.Parallel()
	const hebrew, arabic = "שלום! איך אפשר לעזור?", "مرحبا! كيف حالك؟"
	_, p := visit(t, desktop)
	p.connect("Ann")
	p.say(hebrew)
	p.chat("Ann: " + hebrew)
	p.write(arabic)
	p.chat(arabic)
	p.see("#desk-heard", arabic)
	p.wire(4) // or the two might be told in another order
	p.say("Hello " + hebrew)
	p.chat("Ann: Hello " + hebrew)
	p.wire(5)
	p.fill("#message-text", hebrew)
	p.fill("#write-text", arabic)
	directions := func(selector string) []string {
		t.Helper()
		return eval[[]string](p, "look at "+selector, `[...document.querySelectorAll(`+quote(selector)+`)].map(e => getComputedStyle(e).direction)`)
	}
	for selector, want := range map[string][]string{
		"#chat li.bubble[data-kind] .line-text": {"rtl", "rtl", "ltr"},
		"#chat li.event .line-text":             {"ltr"},
		"#desk-heard q":                         {"rtl"},
		"#message-text, #write-text":            {"rtl", "rtl"},
		"#exchanges .ex-words":                  {"ltr", "rtl", "rtl", "ltr", "ltr"}, // the newest first; without words those of the page
	} {
		if diff := cmp.Diff(want, directions(selector)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", selector, diff)
		}
	}
	p.picture("rtl")
}

// TestCutText: of a long text the chat says that it shows the beginning, and where the rest is.
func TestCutText(t *testing.T) {
	t.Parallel()
	s, p := visit(t, desktop)
	p.connect("Ann")
	s.agent(p.conversation(), "message", "text", "short")
	s.agent(p.conversation(), "message", "text", strings.Repeat("long ", 1000))
	p.see("#chat .line-cut", "Cut here by this page")
	if n := len(p.texts("#chat .line-cut")); n != 1 {
		t.Errorf("%d lines are said to be cut", n)
	}
	p.openRow("message")
	p.wait("all of it in the wire log", fmt.Sprintf(`JSON.parse(document.querySelector('#exchanges details[open] .ex-body').textContent).text.length === %d`, 5000))
	p.picture("cut")
}

// TestChatFollows: the newest line is in sight, however quickly others came before it and however little room is left, until the
// visitor scrolls back.
func TestChatFollows(t *testing.T) {
	t.Parallel()
	lively := desktop
	lively.lively = true
	s, p := visit(t, lively)
	p.connect("Ann")
	id := p.conversation()
	const inSight = `(e => e.lastElementChild.getBoundingClientRect().bottom <= e.parentElement.getBoundingClientRect().bottom)(document.querySelector('#chat ol'))`
	for i := range 40 {
		s.agent(id, "message", "text", fmt.Sprintf("line %d", i))
	}
	p.chat("Ann: line 39")
	p.wait("it in sight", inSight)
	p.look(view{name: "lower", width: 360, height: 400, phone: true})
	p.wait("it in sight with less room", inSight)

	p.eval(`document.querySelector('#chat').scrollTop = 0`)
	p.frames(2)
	s.agent(id, "message", "text", "and one more")
	p.chat("Ann: and one more")
	p.frames(5)
	if top := eval[float64](p, "look where the visitor is", `document.querySelector('#chat').scrollTop`); top != 0 {
		t.Errorf("who had scrolled back is moved to %v", top)
	}
}
