package browser_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// TestPolicyHolds: the browser enforces the policy that the other tests see kept: what somebody smuggles into the page does
// not run, and takes nothing out.
func TestPolicyHolds(t *testing.T) {
	t.Parallel()
	_, p := visit(t, desktop, regexp.MustCompile(`Content Security Policy|ContentSecurityPolicyIssue|198\.51\.100\.7`))
	p.eval(`(() => {
		const script = document.createElement('script')
		script.textContent = 'window.ran = true'
		document.body.append(script)
		const button = document.createElement('button')
		button.setAttribute('onclick', 'window.ran = true')
		document.body.append(button)
		button.click()
	})()`)
	got := eval[[]string](p, "try", `Promise.all([
		fetch('http://198.51.100.7/').then(() => 'fetched', () => 'refused'),
		new Promise(done => { const i = new Image(); i.onload = () => done('loaded'); i.onerror = () => done('refused'); i.src = 'http://198.51.100.7/x.png' }),
		window.ran ? 'ran' : 'not run',
	])`)
	if diff := cmp.Diff([]string{"refused", "refused", "not run"}, got); diff != "" {
		t.Errorf("a fetch, a picture, scripts (-want +got):\n%s", diff)
	}
}

// TestOtherPagesAreKeptOut: a page of another origin, in the same browser, can neither steer the sandbox nor read it nor frame it.
func TestOtherPagesAreKeptOut(t *testing.T) {
	t.Parallel()
	s := startSandbox(t, "127.0.0.1:0")
	id := s.talks()[0].ID
	// This page has no policy of its own that would keep it from trying.
	p := open(t, serveFree(t), desktop, regexp.MustCompile(`.`))
	p.line.set(func() { p.line.also = strings.TrimPrefix(s.URL, "http://") })
	url, body := quote(s.URL), quote(`{"conversation":"`+id+`","do":"write","text":"from elsewhere"}`)
	got := eval[[]string](p, "try", `(async () => {
		const post = (mode, type) => fetch(`+url+` + '/api/visitor', {method: 'POST', mode, headers: {'Content-Type': type}, body: `+body+`})
			.then(() => 'read', () => 'refused')
		const read = path => fetch(`+url+` + path).then(() => 'read', () => 'refused')
		const stream = new Promise(done => {
			const s = new EventSource(`+url+` + '/api/events')
			s.onopen = () => done('read'); s.onerror = () => done('refused')
		})
		await new Promise(done => {
			const f = document.createElement('iframe')
			f.onload = () => done()
			f.src = `+url+`
			document.body.append(f)
		})
		return Promise.all([post('cors', 'application/json'), post('no-cors', 'text/plain'), read('/api/state'), stream])
	})()`)
	// The simple post is sent all the same, as browsers do; what counts is that it did nothing.
	if diff := cmp.Diff([]string{"refused", "refused", "refused", "refused"}, got); diff != "" {
		t.Errorf("a post, a simple post, a read, the stream (-want +got):\n%s", diff)
	}
	p.call("look into the frame", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		tree, err := cdp.Call(ctx, tab, cdppage.GetFrameTree, cdp.Empty{})
		if err == nil && tree.FrameTree.ChildFrames[0].Frame.UnreachableURL == "" {
			t.Errorf("the frame shows %s", tree.FrameTree.ChildFrames[0].Frame.URL)
		}
		return err
	}))
	if c := s.talk(id); len(c.Lines) > 0 {
		t.Errorf("the other page wrote %+v", c.Lines)
	}
}
