package browser_test

import (
	"context"
	"io"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/escalationkit/escalation/internal/integration/require"
)

// chromium is the one browser of all tests. Each page gets a browser context of its own, which shares nothing with the others.
var chromium = &browser{stop: func() {}}

type browser struct {
	once sync.Once
	ctx  context.Context
	err  error
	stop func()
}

// start returns the context of the running browser.
func (b *browser) start(t testing.TB) context.Context {
	t.Helper()
	path := require.Chromium(t)
	b.once.Do(func() { b.run(path) })
	check(t, b.err)
	return b.ctx
}

func (b *browser) run(path string) {
	profile := filepath.Join(scratch, "profile")
	alloc, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path),
		chromedp.UserDataDir(profile),
		chromedp.WSURLReadTimeout(patience),
		chromedp.Env("HOME="+scratch, "XDG_CONFIG_HOME="+scratch, "XDG_CACHE_HOME="+scratch),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true),
		// Nothing of the browser's own may ask for a network. The pages cannot either: see line.
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-default-apps", true),
		chromedp.Flag("disable-extensions", true),
		chromedp.Flag("disable-breakpad", true),
		chromedp.Flag("metrics-recording-only", true),
		chromedp.Flag("disable-features", "Translate,OptimizationHints,MediaRouter,AutofillServerCommunication"),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		// Pages that are open side by side must all be drawn and keep their timers.
		chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("font-render-hinting", "none"),
		chromedp.CombinedOutput(io.Discard),
	)
	ctx, _ := chromedp.NewContext(alloc, chromedp.WithErrorf(func(string, ...any) {}))
	b.ctx, b.err = ctx, chromedp.Do(ctx)
	b.stop = func() {
		if b.err == nil {
			b.err = chromedp.Cancel(ctx)
		}
		stop()
	}
}

// tab opens an empty page whose connections all go through l.
func (b *browser) tab(t testing.TB, l *line, listener func(any)) context.Context {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(b.start(t),
		chromedp.WithNewBrowserContext(func(p *target.CreateBrowserContextParams) {
			p.ProxyServer, p.ProxyBypassList = "socks5://"+l.addr(), "<-loopback>"
		}),
		chromedp.WithListener(listener))
	t.Cleanup(closeTab)
	check(t, chromedp.Do(ctx))
	return ctx
}
