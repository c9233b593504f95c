package browser_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
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

// TestNothingMovesWhileLoading: what can be seen stays where it is until all is there, also if what is to be shown takes long to come:
// what is about to be pressed does not go from under the mouse.
func TestNothingMovesWhileLoading(t *testing.T) {
	t.Parallel()
	for _, v := range everyView {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			s, p := visit(t, v)
			p.noteMoves()
			p.slow()
			for _, state := range []string{"none", "connected"} {
				if state == "connected" {
					p.connect("Ann")
					p.say("Hello")
					p.chat("Ann: Hello")
					p.until(s.quiet)
				}
				p.eval(`scrollTo(0, 0)`)
				p.hold("/api/state", fetch.RequestStageRequest)
				p.call("load the page again", chromedp.Reload())
				p.waitHeld()
				p.frames(2) // as it is without it
				p.letGo()
				p.connected()
				p.stands(state)
				p.frames(2)
				if diff := cmp.Diff([]string{}, p.moves()); diff != "" {
					t.Errorf("%s: moved (-want +got):\n%s", state, diff)
				}
			}
		})
	}
}

// frames waits until the page has been drawn so many times.
func (p *page) frames(n int) {
	p.t.Helper()
	for range n {
		p.eval(`new Promise(done => requestAnimationFrame(() => done(true)))`)
	}
}

// slow has the page itself come bit by bit, so that it is drawn before all of it is there.
func (p *page) slow() {
	p.t.Helper()
	p.call("slow it down", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{URLPattern: "http://*:*/", DownloadThroughput: 20 << 10, UploadThroughput: -1}},
		})
		return err
	}))
}

// noteMoves has the page note from its beginning, at each loading from now on, what moves.
func (p *page) noteMoves() {
	p.t.Helper()
	const source = `
		globalThis.moves = new PerformanceObserver(list => moves.told.push(...list.getEntries()))
		moves.told = []
		moves.observe({type: 'layout-shift'})`
	p.call("note what moves", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: source})
		return err
	}))
}

// moves is what has moved in the page without a hand in it: what it is, from where, and to where. The indicator in the top has its
// right end at the right end of the page, whatever it says.
func (p *page) moves() []string {
	p.t.Helper()
	return eval[[]string](p, "ask what moved", `(() => {
		const name = e => e.nodeType === Node.TEXT_NODE ? name(e.parentElement) : e.tagName + (e.id && '#' + e.id) + (e.className && '.' + e.className)
		const at = r => [r.x, r.y, r.width, r.height].map(Math.round).join(' ')
		return [...moves.told, ...moves.takeRecords()].filter(e => !e.hadRecentInput).flatMap(e => e.sources).
			filter(s => s.node && !(s.node.closest ? s.node : s.node.parentElement).closest("#connection")).
			map(s => name(s.node) + ': ' + at(s.previousRect) + ' -> ' + at(s.currentRect))
	})()`)
}
