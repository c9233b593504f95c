package browser_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEarlierRun: after a restart on the same database the conversations of before are there to be looked at, with what was sent and
// with what the CRM remembers. Nobody acts in them, nobody is left in them, and axe has no complaint.
func TestEarlierRun(t *testing.T) {
	t.Parallel()
	source := axe(t)
	db := filepath.Join(t.TempDir(), "kept.db")
	first := startSandbox(t, freeAddress(), "--db", db)
	p := open(t, first.URL, desktop, unreachable)
	p.connected()
	p.connect("Ann")
	p.say("Hello")
	p.chat("Ann: Hello")
	p.until(first.quiet)
	id, log := p.conversation(), p.wire(3)
	first.stop()
	p.wait("the loss to be told", `document.querySelector('#connection[data-state=lost]')`)
	s := startSandbox(t, strings.TrimPrefix(first.URL, "http://"), "--db", db)

	// Whoever was in the middle of it is in a new one.
	p.connected()
	p.stands("none")
	fresh := p.conversation()
	if fresh == id {
		t.Fatal("the page stays in a conversation that is over")
	}
	p.see("#wire-empty", "3 are of earlier runs.")

	look := func() {
		t.Helper()
		p.click(tab(id))
		p.see(tab(id), "earlier run")
		p.see("#chat-empty", "This conversation is of an earlier run. The widget has begun anew and forgotten it")
		p.see("#desk-closed", "The conversation is of an earlier run: the visitor is gone. The CRM has it as “connected”.")
		p.see("#desk-state", "connected")
		p.see("#machine-now", "of an earlier run, which the widget has forgotten")
		if diff := cmp.Diff(log, p.wire(3)); diff != "" {
			t.Errorf("the wire (-before +now):\n%s", diff)
		}
		if got := p.texts("#visitor-controls, #desk-forms, #diagram .is-current, #desk-differs"); len(got) > 0 {
			t.Errorf("to be done, or wrong: %q", got)
		}
	}
	look()
	p.fits(source, "")

	p.click(tab(fresh))
	p.stands("none")
	p.connect("Bob")
	look()

	// What happens in it after all is shown.
	s.visitor(id, "write", "Still there?")
	p.wait("the line", `document.querySelector('#chat li')?.innerText.includes('Still there?')`)
	p.see("#visitor-controls", "Talk to a human")
}
