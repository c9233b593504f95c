package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// reasons is what the desk should say against each kind, in each state. A kind that is not listed is allowed. The
// texts are those of the specification.
const (
	notOpened   = "no widgetEscalate has opened a round"
	noAgentYet  = "no agent is connected yet; escalationSuccess comes first"
	nobodyThere = "no agent is connected who could leave; escalationFailed ends the wait"
	noLongWait  = "the visitor no longer waits"
	alreadyOne  = "an agent is connected already"
	tooLate     = "it says that nobody could be connected; agentDisconnect ends the conversation"
	roundIsOver = "the round is over; only a new widgetEscalate opens another"
)

var kinds = []string{"escalationQueueUpdate", "escalationSuccess", "message", "escalationFailed", "agentDisconnect"}

func all(reason string) map[string]string {
	m := map[string]string{}
	for _, k := range kinds {
		m[k] = reason
	}
	return m
}

// TestRefusedEventsSayWhy: in each state, what is not allowed is greyed and gives its reason to eyes and ears; what is
// allowed gives none.
func TestRefusedEventsSayWhy(t *testing.T) {
	t.Parallel()
	_, p := visit(t, desktop)
	p.refuses("none", all(notOpened))
	p.click("#escalate")
	p.refuses("pending", map[string]string{"message": noAgentYet, "agentDisconnect": nobodyThere})
	p.picture("pending")
	p.do("escalationQueueUpdate")
	p.refuses("queued", map[string]string{"message": noAgentYet, "agentDisconnect": nobodyThere})
	p.do("escalationSuccess")
	p.refuses("connected", map[string]string{
		"escalationQueueUpdate": noLongWait, "escalationSuccess": alreadyOne, "escalationFailed": tooLate,
	})
	p.picture("connected")
	if grey := p.looks("escalationFailed"); grey == p.looks("agentDisconnect") {
		t.Errorf("allowed or not, buttons are drawn as %s", grey)
	}
	p.click("#leave")
	p.refuses("ended", all(roundIsOver))
	p.click("#escalate")
	p.refuses("pending", map[string]string{"message": noAgentYet, "agentDisconnect": nobodyThere})
	p.do("escalationFailed")
	p.refuses("failed", all(roundIsOver))
}

// refuses waits for a state and compares what the desk has against each kind.
func (p *page) refuses(state string, want map[string]string) {
	p.t.Helper()
	p.stands(state)
	for _, kind := range kinds {
		reason, refused := want[kind]
		allowed := map[bool]string{true: "false", false: "true"}[refused]
		p.wait(kind+" to be judged anew", `document.querySelector('#desk-`+kind+`').dataset.allowed === '`+allowed+`'`)
		s := p.spoken(button(kind))
		if s.Role != "button" || s.Disabled != refused {
			p.t.Errorf("%s: %s is a %s, disabled: %v", state, kind, s.Role, s.Disabled)
		}
		if !refused {
			continue
		}
		// A reason against everything is said once, above all.
		p.see(map[bool]string{true: "#desk-closed", false: "#reason-" + kind}[len(want) == len(kinds)], reason)
		if !strings.Contains(s.Description, reason) {
			p.t.Errorf("%s: a screen reader hears %q of %s, and not %q", state, s.Description, kind, reason)
		}
	}
}

// looks is what the button for a kind of event is drawn with.
func (p *page) looks(kind string) string {
	p.t.Helper()
	return eval[string](p, "look at "+kind, `(s => [s.color, s.backgroundColor, s.borderColor, s.borderStyle, s.opacity].join(' '))(
		getComputedStyle(document.querySelector(`+quote(button(kind))+`)))`)
}

// TestRefusedButtonSendsNothing: a greyed button keeps the keyboard's focus, so that its reason can be heard, and pressing
// it sends nothing.
func TestRefusedButtonSendsNothing(t *testing.T) {
	t.Parallel()
	s, p := visit(t, desktop)
	p.click("#escalate")
	p.refuses("pending", map[string]string{"message": noAgentYet, "agentDisconnect": nobodyThere})
	p.fill("#message-text", "Too early")
	p.click(button("message"))
	p.eval(`document.querySelector('` + button("message") + `').focus()`)
	p.press(kb.Enter)
	p.wait("focus on the greyed button", `document.activeElement === document.querySelector('`+button("message")+`')`)
	p.do("escalationSuccess")
	p.stands("connected")
	p.wait("what was typed to be there still", `document.querySelector('#message-text').value === 'Too early'`)
	p.until(s.quiet)
	var got []string
	for _, x := range s.wire() {
		got = append(got, x.Kind)
	}
	if diff := cmp.Diff([]string{"widgetEscalate", "escalationSuccess"}, got); diff != "" {
		t.Errorf("on the wire (-want +got):\n%s", diff)
	}
}
