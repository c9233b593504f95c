package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// tap hears what comes to the page, and what is held back from it.
type tap struct {
	mu   sync.Mutex
	ids  []string // of the stream's events, as they came
	held []fetch.RequestID
}

func (a *tap) hear(event any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch e := event.(type) {
	case *network.EventEventSourceMessageReceived:
		a.ids = append(a.ids, e.EventID)
	case *fetch.EventRequestPaused:
		a.held = append(a.held, e.RequestID)
	}
}

func (a *tap) received() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.ids)
}

func (a *tap) holding() []fetch.RequestID {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.held)
}

// release returns what is held, and forgets it.
func (a *tap) release() []fetch.RequestID {
	a.mu.Lock()
	defer a.mu.Unlock()
	held := a.held
	a.held = nil
	return held
}

// hold holds back the page's next requests to a path, or their answers.
func (p *page) hold(path string, stage fetch.RequestStage) {
	p.t.Helper()
	p.call("hold "+path, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{
			{URLPattern: "*" + path + "*", RequestStage: stage},
		}})
		return err
	}))
}

// waitHeld returns when something is held.
func (p *page) waitHeld() {
	p.t.Helper()
	p.until(func() bool { return len(p.tap.holding()) > 0 })
}

// letGo lets everything through that was held, and holds nothing more.
func (p *page) letGo() {
	p.t.Helper()
	p.call("let go", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		for _, id := range p.tap.release() {
			if _, err := cdp.Call(ctx, tab, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: id}); err != nil {
				return err
			}
		}
		_, err := cdp.Call(ctx, tab, fetch.Disable, cdp.Empty{})
		return err
	}))
}

// heardOnce fails the test if the stream told the page something twice, or in another order.
func (p *page) heardOnce() {
	p.t.Helper()
	last := 0
	for _, id := range p.tap.received() {
		n, err := strconv.Atoi(id)
		if err != nil || n <= last {
			p.t.Errorf("event %q of the stream came after %d", id, last)
		}
		last = n
	}
}

// seq is the id of the newest event of the stream.
func (s *sandbox) seq() string {
	s.t.Helper()
	var state struct{ Seq json.Number }
	s.get("/api/state", &state)
	return state.Seq.String()
}

// TestNothingIsLostBeforeTheStream: what happens after the page has loaded all there was, and before the stream has begun, is shown.
func TestNothingIsLostBeforeTheStream(t *testing.T) {
	t.Parallel()
	s, p := visit(t, desktop)
	p.connect("Ann")
	id := p.conversation()
	p.hold("/api/events", fetch.RequestStageRequest)
	p.call("load the page again", chromedp.Reload())
	p.waitHeld()
	for i := range 5 {
		s.agent(id, "message", "text", fmt.Sprintf("meanwhile %d", i))
	}
	p.until(s.quiet)
	p.letGo()
	p.connected()
	p.chat("Ann: meanwhile 4")
	p.everything(s, id)
}

// TestLateAnswer: the page loads everything anew, as the sandbox was started again, and what the stream tells overtakes that. The
// older news does not replace the newer.
func TestLateAnswer(t *testing.T) {
	t.Parallel()
	first, p := visit(t, desktop, unreachable)
	p.connect("Ann")
	first.stop()
	p.wait("the loss to be told", `document.querySelector('#connection[data-state=lost]')`)
	p.hold("/api/state", fetch.RequestStageResponse)
	s := startSandbox(t, strings.TrimPrefix(first.URL, "http://"))
	p.waitHeld()
	id := s.talks()[0].ID
	s.visitor(id, "escalate", "")
	p.until(func() bool { return s.talk(id).Desk.State == "pending" })
	s.agent(id, "escalationSuccess", "agent", "Bob")
	p.until(s.quiet)
	p.until(func() bool { // all that there is to tell has been told
		ids := p.tap.received()
		return len(ids) > 0 && ids[len(ids)-1] == s.seq()
	})
	p.letGo()
	p.stands("connected")
	p.chat("Bob joined")
	p.everything(s, id)
}
