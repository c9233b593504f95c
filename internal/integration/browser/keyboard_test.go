package browser_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestKeyboardAlone goes through an escalation without a mouse. Wherever the focus is, it can be seen, and it is
// never lost.
func TestKeyboardAlone(t *testing.T) {
	t.Parallel()
	_, p := visit(t, desktop)
	p.press(kb.Tab)
	p.wait("the way past the top", `document.activeElement.matches('a.skip')`)

	p.reach("#write-text")
	p.press("I want to talk to a human" + kb.Enter)
	p.stands("pending")
	p.reach("#queue-position")
	p.press("2")
	p.reach("#waiting-time")
	p.press("5" + kb.Enter)
	p.stands("queued")
	p.chat("You are number 2 in the queue, about 5 minutes")
	p.reach("#agent-name")
	p.press("Ann")
	p.reach(button("escalationSuccess"))
	p.press(kb.Enter)
	p.stands("connected")
	p.reach("#message-text")
	p.press("How can I help?")
	p.reach(button("message"))
	p.press(" ")
	p.chat("Ann: How can I help?")
	p.reach("#write-text")
	p.press("Thank you" + kb.Enter)
	p.chat("Thank you")
	p.reach(button("agentDisconnect"))
	p.wait("the message to be sent", idle)
	p.press(kb.Enter)
	p.stands("ended")
	p.reach("#exchanges > li summary")
	p.press(kb.Enter)
	p.wait("the request to open", `document.activeElement.closest('details').open`)
	p.reach("#faults button[data-fault]")
	p.press(" ")
	p.wait("the fault to be set", `document.activeElement.getAttribute('aria-pressed') === 'true'`)
	p.reach("#new-conversation")
	p.press(kb.Enter)
	p.stands("none")
}

// TestOlderRequestsKeepTheFocus: the button that shows them goes when there are no more; the focus is on the last row then.
func TestOlderRequestsKeepTheFocus(t *testing.T) {
	t.Parallel()
	s := startSandbox(t, "127.0.0.1:0")
	const requests = 210
	for i := range requests {
		s.bypass(theKey, map[string]string{"platformConversationId": "elsewhere", "eventType": "message", "text": fmt.Sprint(i)})
	}
	p := open(t, s.URL, desktop)
	p.connected()
	p.eval(`(e => { e.value = 'all'; e.dispatchEvent(new Event('change')) })(document.querySelector('#wire-scope'))`)
	p.wait("the newest", `document.querySelectorAll('#exchanges > li').length === 200`)
	p.eval(`document.querySelector('#wire-older').focus()`)
	p.press(kb.Enter)
	p.wait("the others", fmt.Sprintf(`document.querySelectorAll('#exchanges > li').length === %d`, requests))
	p.wait("the focus on the oldest", `document.activeElement === document.querySelector('#exchanges > li:last-child summary')`)
}

// TestOlderRequestsOfOthers: where nothing of what was loaded is to be shown, that is said.
func TestOlderRequestsOfOthers(t *testing.T) {
	t.Parallel()
	s := startSandbox(t, "127.0.0.1:0")
	for i := range 350 {
		s.bypass(theKey, map[string]string{"platformConversationId": "elsewhere", "eventType": "message", "text": fmt.Sprint(i)})
	}
	p := open(t, s.URL, desktop)
	p.connected()
	p.another()
	p.click("#wire-older")
	p.see("#wire-notice", "The 100 before exchange 151 are not among those chosen above.")
}

// reach presses Tab until an element has the focus, and looks at every stop.
func (p *page) reach(selector string) {
	p.t.Helper()
	p.wait(selector+" to be there", `document.querySelector(`+quote(selector)+`)`)
	var stops []string
	for range 120 {
		p.press(kb.Tab)
		at := eval[struct {
			There, Nowhere, Seen bool
			What                 string
		}](p, "look where the focus is", `(e => {
			const s = getComputedStyle(e), box = e.getBoundingClientRect()
			return {
				There: e.matches(`+quote(selector)+`), Nowhere: e === document.body,
				Seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight &&
					(s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none'),
				What: e.tagName + '#' + e.id + ' ' + e.innerText.slice(0, 30),
			}
		})(document.activeElement)`)
		stops = append(stops, at.What)
		if !at.Nowhere && !at.Seen { // beyond the last stop the focus goes to the browser, and comes back with the next Tab
			p.t.Errorf("nobody sees the focus on %s", at.What)
		}
		if at.There {
			return
		}
	}
	p.t.Fatalf("%s cannot be reached: %s", selector, fmt.Sprint(stops))
}
