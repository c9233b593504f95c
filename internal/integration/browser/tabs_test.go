package browser_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestManyTabs: a browser has six connections to a host for all its tabs. The tabs that nobody sees keep none, and say so; the last
// one works, and so does the first when it is seen again. It has missed nothing, and is told nothing twice.
func TestManyTabs(t *testing.T) {
	t.Parallel()
	s, first := visit(t, desktop)
	first.connect("Ann")
	id := first.conversation()
	tabs := []*page{first}
	for i := range 8 {
		next := tabs[len(tabs)-1].beside(desktop)
		next.connected()
		next.click(tab(id))
		next.say(fmt.Sprintf("From tab %d", i))
		next.chat(fmt.Sprintf("Ann: From tab %d", i))
		tabs = append(tabs, next)
	}
	for _, hidden := range tabs[:len(tabs)-1] {
		hidden.eventually("the title to say that it is paused", `document.title.startsWith('paused')`)
		hidden.eventually("the page to say so", `document.querySelector('#connection').innerText.trim() === 'Paused while nobody looks'`)
	}
	first.front()
	first.connected()
	first.see("#connection", "Live")
	first.chat("Ann: From tab 7")
	first.everything(s, id)
	first.heardOnce()
	first.say("Back again")
	first.chat("Ann: Back again")
}

// front makes the page's tab the one of its window that is seen.
func (p *page) front() {
	p.t.Helper()
	p.call("come to the front", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, cdppage.BringToFront, cdp.Empty{})
		return err
	}))
}

// eventually is wait for a page that nobody sees: it draws no frames.
func (p *page) eventually(what, expression string) {
	p.t.Helper()
	eval[any](p, what, `new Promise(done => {
		const look = () => `+expression+` ? done(true) : setTimeout(look, 10)
		look()
	})`)
}
