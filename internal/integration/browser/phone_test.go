package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPhone goes through an escalation on a screen of 360 pixels. Nothing makes the page wider than the screen, however
// long the words are.
func TestPhone(t *testing.T) {
	t.Parallel()
	_, p := visit(t, phone)
	p.narrow("start")
	p.connect("Ann")
	p.narrow("connected")
	p.say(strings.Repeat("Donaudampfschifffahrt", 12))
	p.chat("Ann: " + strings.Repeat("Donaudampfschifffahrt", 12))
	p.write(strings.Repeat("w", 300))
	p.chat(strings.Repeat("w", 300))
	p.openRow("widgetMessage")
	p.narrow("request")
	for tabs := 2; tabs <= 9; tabs++ {
		p.click("#new-conversation") // which the new tab moves away
		p.wait(fmt.Sprint(tabs, " tabs"), fmt.Sprintf(`document.querySelectorAll('#tabs [role=tab]').length === %d`, tabs))
	}
	p.narrow("tabs")
	p.look(view{name: "as narrow as phones get, or a page at four times its size", width: 320, height: 256, phone: true})
	p.narrow("320")
	p.click("#escalate")
	p.stands("pending")
}

// narrow fails the test if the page can be scrolled sideways, and says what sticks out.
func (p *page) narrow(name string) {
	p.t.Helper()
	p.picture(name)
	wide := eval[[]string](p, "measure", `(() => {
		const root = document.documentElement
		if (root.scrollWidth <= root.clientWidth && visualViewport.scale === 1) return []
		return ['the page is ' + root.scrollWidth + ' wide'].concat([...document.querySelectorAll('body *')].
			filter(e => e.checkVisibility() && e.getBoundingClientRect().right > root.clientWidth + 1).
			map(e => e.tagName + '#' + e.id + '.' + e.className))
	})()`)
	if diff := cmp.Diff([]string{}, wide); diff != "" {
		p.t.Errorf("%s sticks out (-want +got):\n%s", name, diff)
	}
}
