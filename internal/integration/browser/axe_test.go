package browser_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/escalationkit/escalation/internal/integration/require"
)

// TestAxe: axe has no complaint, in any state, in any view.
func TestAxe(t *testing.T) {
	t.Parallel()
	source := axe(t)
	s, p := visit(t, desktop, unreachable, regexp.MustCompile(`status of 4`))
	for _, state := range []struct {
		name string
		do   func()
	}{
		{"start", func() {}},
		{"queued", func() {
			p.write("I want to talk to a human")
			p.stands("pending")
			p.do("escalationQueueUpdate")
			p.stands("queued")
		}},
		{"connected", func() {
			p.do("escalationSuccess")
			p.stands("connected")
			p.say("Hello")
			p.chat("Ann: Hello")
			p.openRow("message")
		}},
		{"trouble", func() { trouble(s, p) }},
		{"ended", func() {
			p.do("agentDisconnect")
			p.stands("ended")
			p.another()
		}},
		{"lost", func() {
			p.line.cut()
			p.wait("the loss to be told", `document.querySelector('#connection[data-state=lost]')`)
		}},
	} {
		state.do()
		p.fits(source, state.name+"-")
	}
}

// fits looks at the page as it is now in every view: axe has no complaint, and nothing has to be scrolled sideways. The screenshots
// are named by the view, behind a prefix.
func (p *page) fits(source, prefix string) {
	p.t.Helper()
	for _, v := range everyView {
		p.look(v)
		for _, c := range p.complaints(source) {
			p.t.Errorf("%s%s: %s: %s\n\t%s", prefix, v.name, c.ID, c.Help, strings.Join(c.Targets, "\n\t"))
		}
		p.narrow(prefix + v.name)
	}
	p.look(desktop)
}

// axe is the source of axe-core.
func axe(t *testing.T) string {
	t.Helper()
	return string(must(os.ReadFile(require.Axe(t)))(t))
}

// complaint is one of axe's: a rule, what it asks for, and the elements that break it.
type complaint struct {
	ID, Help string
	Targets  []string
}

// complaints runs all of axe's rules over the page as it is now. axe runs in a world of its own: it sees the same
// document, and neither meets the page's scripts nor needs an exception from its policy.
func (p *page) complaints(source string) []complaint {
	p.t.Helper()
	// Colours that are on their way from one to another would be judged as they are.
	p.wait("an end of all movement", `document.getAnimations().every(a => a.playState !== 'running')`)
	var found []complaint
	p.call("run axe", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		tree, err := cdp.Call(ctx, tab, cdppage.GetFrameTree, cdp.Empty{})
		if err != nil {
			return err
		}
		world, err := cdp.Call(ctx, tab, cdppage.CreateIsolatedWorld, cdppage.CreateIsolatedWorldParams{
			FrameID: tree.FrameTree.Frame.ID, WorldName: "axe",
		})
		if err != nil {
			return err
		}
		inWorld := func(params *runtime.EvaluateParams) { params.ContextID = world.ExecutionContextID }
		if _, err := chromedp.Evaluate[chromedp.Void](source, inWorld)(ctx, tab); err != nil {
			return err
		}
		found, err = chromedp.Evaluate[[]complaint](`axe.run(document, {
			resultTypes: ['violations'], rules: {'target-size': {enabled: true}, 'label-content-name-mismatch': {enabled: true}},
		}).then(r => r.violations.map(v => ({
			ID: v.id, Help: v.help, Targets: v.nodes.map(n => n.target.join(' ') + ': ' + n.failureSummary.replace(/\s+/g, ' '))})))`,
			inWorld, chromedp.EvalAwaitPromise)(ctx, tab)
		return err
	}))
	return found
}
