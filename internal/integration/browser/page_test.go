package browser_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// view is what a page is looked at with.
type view struct {
	name          string
	width, height int64
	phone, dark   bool
	lively        bool // things move; otherwise they hold still, so that pictures and colours do
}

var (
	desktop     = view{name: "desktop-light", width: 1280, height: 800}
	desktopDark = view{name: "desktop-dark", width: 1280, height: 800, dark: true}
	phone       = view{name: "phone-light", width: 360, height: 740, phone: true}
	phoneDark   = view{name: "phone-dark", width: 360, height: 740, phone: true, dark: true}
	everyView   = []view{desktop, desktopDark, phone, phoneDark}
	unreachable = regexp.MustCompile(`net::ERR_`)
)

// page is an open page. Its methods fail the test when the page does not do in time what they wait for.
type page struct {
	t         *testing.T
	ctx       context.Context
	line      *line
	watch     *watch
	tap       *tap
	tolerated []*regexp.Regexp
}

// open opens a page of a server on loopback, given as http://host:port, and watches it until the end of the test.
// What matches tolerated may happen on the console.
func open(t *testing.T, server string, v view, tolerated ...*regexp.Regexp) *page {
	t.Helper()
	p := newPage(t, server, newLine(t, strings.TrimPrefix(server, "http://")), tolerated)
	p.ctx = chromium.tab(t, p.line, p.hear)
	p.begin(server, v)
	return p
}

// beside opens a page as another tab of the window in which p is. From then on it is the one that is seen.
func (p *page) beside(v view) *page {
	p.t.Helper()
	q := newPage(p.t, p.watch.origin, p.line, p.tolerated)
	ctx, closeTab := chromedp.NewContext(p.ctx, chromedp.WithNewWindow(false), chromedp.WithListener(q.hear))
	p.t.Cleanup(closeTab)
	check(p.t, chromedp.Do(ctx))
	q.ctx = ctx
	q.begin(p.watch.origin, v)
	return q
}

func newPage(t *testing.T, server string, l *line, tolerated []*regexp.Regexp) *page {
	return &page{t: t, line: l, watch: &watch{origin: server}, tap: &tap{}, tolerated: tolerated}
}

func (p *page) hear(event any) {
	p.watch.hear(event)
	p.tap.hear(event)
}

// begin goes to a server and watches what comes of it.
func (p *page) begin(server string, v view) {
	p.t.Helper()
	p.t.Cleanup(func() {
		if p.t.Failed() {
			p.picture("failed")
		}
		for _, problem := range p.watch.take(p.tolerated...) {
			p.t.Errorf("the page: %s", problem)
		}
	})
	p.look(v)
	p.call("watch for issues", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, audits.Enable, cdp.Empty{})
		return err
	}))
	p.call("open "+server, chromedp.Navigate(server+"/"))
}

// look changes what the page is looked at with.
func (p *page) look(v view) {
	p.t.Helper()
	scheme := map[bool]string{false: "light", true: "dark"}[v.dark]
	motion := map[bool]string{false: "reduce", true: "no-preference"}[v.lively]
	p.call("look with "+v.name, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: v.width, Height: v.height, DeviceScaleFactor: 1, Mobile: v.phone,
		})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: motion},
		}})
		return err
	}))
}

// wait waits until an expression of JavaScript is truthy.
func (p *page) wait(what, expression string) {
	p.t.Helper()
	eval[any](p, what, waitFor("("+expression+") || undefined"))
}

// until waits for something outside the page, looking once for each frame that the page draws.
func (p *page) until(true func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); !true(); {
		if time.Now().After(deadline) {
			p.t.Fatalf("not within %v; the page shows\n%s", patience, p.shown())
		}
		p.eval(`new Promise(done => requestAnimationFrame(() => done(true)))`)
	}
}

func (p *page) eval(expression string) {
	p.t.Helper()
	eval[any](p, "evaluate", expression)
}

// eval evaluates an expression in the page; a promise is awaited.
func eval[T any](p *page, what, expression string) T {
	p.t.Helper()
	var v T
	p.call(what, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) (err error) {
		v, err = chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise)(ctx, tab)
		return err
	}))
	return v
}

// call does something with the page, for as long as patience lasts.
func (p *page) call(what string, action chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	err := chromedp.Do(ctx, action)
	if errors.Is(err, context.DeadlineExceeded) {
		p.t.Fatalf("%s: not within %v; the page shows\n%s", what, patience, p.shown())
	}
	if err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// shown is the text of the page, for failures.
func (p *page) shown() string {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// picture keeps a screenshot of the whole page with the test's output.
func (p *page) picture(name string) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	yes := true
	shot, err := chromedp.Call(ctx, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{
		CaptureBeyondViewport: &yes, OptimizeForSpeed: &yes,
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(p.t.ArtifactDir(), strings.ReplaceAll(p.t.Name(), "/", "-")+"-"+name+".png"), shot.Data, 0o644)
	}
	if err != nil {
		p.t.Errorf("picture %s: %v", name, err)
	}
}

// waitFor makes a promise of the first value of an expression that is not undefined. It looks once for each frame
// that is drawn. The expression may keep things in kept.
func waitFor(expression string) string {
	return `new Promise(done => {
		const kept = {}
		const look = () => {
			const v = ` + expression + `
			v === undefined ? requestAnimationFrame(look) : done(v)
		}
		look()
	})`
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
