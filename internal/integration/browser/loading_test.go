package browser_test

import (
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"
)

// TestBeforeTheFirstState: until the page knows what it is about nothing can be pressed; and what failed to load on the way
// is loaded once the sandbox is there again.
func TestBeforeTheFirstState(t *testing.T) {
	t.Parallel()
	_, p := visit(t, desktop, unreachable)
	p.hold("/api/state", fetch.RequestStageRequest)
	p.call("load the page again", chromedp.Reload())
	p.waitHeld()
	p.wait("the page", `document.querySelector('#escalate')`)
	const open = `[...document.querySelectorAll('button, input, select, textarea')].filter(e => !e.closest('[inert]')).map(e => e.id)`
	if ids := eval[[]string](p, "what can be pressed", open); len(ids) > 0 {
		t.Errorf("can be used before anything is known: %q", ids)
	}
	p.line.cut()
	p.letGo()
	p.wait("the loss to be told", `document.querySelector('#connection[data-state=lost]')`)
	if ids := eval[[]string](p, "what can be pressed", open); len(ids) > 0 {
		t.Errorf("can be used with the sandbox gone: %q", ids)
	}
	p.line.mend()
	p.connected()
	p.wait("all to be open", `!document.querySelector('[inert]')`)
	p.connect("Ann")
}

// TestDiagramIsLoadedAgain: the sandbox goes away while the diagram is on its way.
func TestDiagramIsLoadedAgain(t *testing.T) {
	t.Parallel()
	_, p := visit(t, desktop, unreachable)
	p.hold("/diagram.svg", fetch.RequestStageRequest)
	p.call("load the page again", chromedp.Reload())
	p.waitHeld()
	p.line.cut()
	p.letGo()
	p.see("#diagram", "The diagram could not be loaded")
	p.line.mend()
	p.connected()
	p.wait("the diagram", `document.querySelector('#diagram svg')`)
	p.connect("Ann")
}
