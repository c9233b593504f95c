// Package sandbox is the server of the command of that name: the platform, a page that shows it, and the interface by which
// the page, or any program, plays the visitor and the agent.
//
// # Guarantees
//
//   - Changes are streamed as package feed promises: a stream that is taken up again loses nothing and repeats nothing.
//   - Memory does not grow with the number of events. (TestTenThousandEvents)
//   - Nothing that another page in the user's browser sends is obeyed, nor can it read anything. (TestOtherPagesAreKeptOut)
//   - No key and no secret is written to the database or told to the page as package wire has it, but for a new key in the
//     answer that makes it. (TestNoSecretIsKept)
//   - After Close nothing listens any more, no goroutine is left, and a temporary database is gone. (TestCloseLeavesNothing)
package sandbox

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/port"
	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox/feed"
	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/webhook"
)

// Config says what to serve.
type Config struct {
	Addr     string // to listen on; a loopback address
	Bot, Key string // of the platform
	Webhook  string // of the CRM under test; empty: the demo CRM is started
	Desk     string // of the CRM under test; empty: it plays its agent itself
	Database string // path; empty: a temporary one

	Sign     fakeapi.Signer   // of webhooks; nil: none, or a secret of its own for the demo CRM
	Verifier webhook.Verifier // accepts what Sign made; for the demo CRM
	Secrets  []string         // must not be kept anywhere; Key need not be named

	Script *scenario.Scenario // that RunScript plays. Default: none

	Logger *slog.Logger // of the demo CRM and the server. Default: nothing is logged

	_ struct{}
}

// keep is how many records of each kind the platform keeps.
const keep = 1000

// A Sandbox is the running server.
type Sandbox struct {
	cfg      Config
	listener net.Listener
	log      *wire.Log
	book     *book
	platform *fakeapi.Server
	streams  *feed.Stream
	faults   *faults
	watch    *scenario.Watch
	demo     *demo     // nil with a CRM under test
	desk     desk.Desk // nil without one

	webhookURL   string // as it is called
	shownWebhook string // fit to be shown
	shownDesk    string // likewise; empty with the demo CRM, or without a desk

	ready   chan struct{} // closed when Start is done with all that handlers read
	done    chan struct{} // closed when Close begins
	running sync.WaitGroup
	closing sync.Once
	closers []func() error // from the bottom up
	err     error
}

// Start listens and serves, until Close. If it fails nothing is left open.
func Start(ctx context.Context, cfg Config) (_ *Sandbox, err error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Sandbox{cfg: cfg, watch: scenario.NewWatch(), ready: make(chan struct{}), done: make(chan struct{})}
	defer func() {
		close(s.ready)
		if err != nil {
			_ = s.Close(ctx) // the first error says more
		}
	}()
	if s.log, err = wire.Open(ctx, cfg.Database, nil); err != nil {
		return nil, err
	}
	s.onClose(s.log.Close)
	for _, secret := range append([]string{cfg.Key}, cfg.Secrets...) {
		s.log.Hide(secret)
	}
	if s.listener, err = port.Listen(cfg.Addr); err != nil {
		return nil, err
	}
	s.onClose(func() error { _ = s.listener.Close(); return nil }) // twice, if it was served

	s.book = newBook(s.log, time.Now().UnixMilli()*1000)
	if cfg.Script != nil {
		s.book.setScript(scriptView{Name: cfg.Script.Name, Status: "waiting", Reasons: []string{}})
	}
	if err := s.makePlatform(); err != nil {
		return nil, err
	}
	s.faults = &faults{platform: s.platform, book: s.book, done: make(chan struct{})}
	s.faults.publish()
	s.streams = feed.NewStream(s.book.feed, s.done, fail, nil)
	watch := newDeskWatch(s.book)
	s.book.stale = watch.mark
	if err := s.recall(ctx); err != nil {
		return nil, err
	}
	s.serve()
	if cfg.Webhook == "" {
		err = s.startDemo(ctx)
	} else {
		err = s.connectCRM(ctx)
	}
	if err != nil {
		return nil, err
	}
	if s.desk != nil {
		s.running.Go(func() {
			ctx, cancel := contextUntil(s.done)
			defer cancel()
			watch.run(ctx, s.desk)
		})
	}
	s.book.open(newConversationID())
	return s, nil
}

func (s *Sandbox) makePlatform() (err error) {
	cfg := &fakeapi.Config{
		MaxBody: maxPost, RequireRound: true, Keep: keep,
		OnRequest: func(r fakeapi.Record) {
			s.book.request(s.URL(), r)
			s.faults.taken(true)
		},
		OnAnswer: func(r fakeapi.Record) { s.book.request(s.URL(), r) },
		OnWebhook: func(r fakeapi.WebhookRecord) {
			s.book.webhook(s.webhookURL, r)
			s.faults.taken(false)
			s.book.look(r.ConversationID)
		},
		OnLine: s.book.show,
	}
	s.watch.Hook(cfg)
	s.platform, err = fakeapi.New(s.cfg.Bot, s.cfg.Key, cfg)
	if err != nil {
		return err
	}
	s.book.state, s.book.judge = s.platform.State, s.platform.Findings
	s.onClose(s.platform.Close)
	return nil
}

// serve starts the HTTP server.
func (s *Sandbox) serve() {
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: time.Minute, // a browser may connect and then stand still
		ErrorLog:          slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelWarn),
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(s.listener) // always http.ErrServerClosed: only Close ends it
	}()
	s.onClose(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(ctx) // whoever takes longer is cut off
		err := server.Close()
		<-served
		return err
	})
}

// URL returns the address of the page, which is also the base URL for a CRM.
func (s *Sandbox) URL() string { return "http://" + s.listener.Addr().String() }

// WebhookURL returns where webhooks go, without the parts of it that may be secret.
func (s *Sandbox) WebhookURL() string { return s.shownWebhook }

// DeskURL returns where the agent of the CRM under test is played, without the parts of it that may be secret. It is empty where
// that CRM has no desk, and with the demo CRM.
func (s *Sandbox) DeskURL() string { return s.shownDesk }

// Database returns the path of the database.
func (s *Sandbox) Database() string { return s.log.Path() }

// Failed is closed when the sandbox cannot go on; Err then says why.
func (s *Sandbox) Failed() <-chan struct{} { return s.log.Failed() }

// Err returns why the sandbox cannot go on.
func (s *Sandbox) Err() error { return s.log.Err() }

// setKey makes key the only valid one, and tells the demo CRM.
func (s *Sandbox) setKey(key string) error {
	s.log.Hide(key)
	if err := s.platform.SetKey(s.cfg.Bot, key); err != nil {
		return err
	}
	if s.demo != nil {
		return s.demo.SetKey(key)
	}
	return nil
}

func (s *Sandbox) setWebhookURL(raw string) {
	s.webhookURL, s.shownWebhook = raw, fitToShow(raw)
}

// fitToShow returns a URL without user and query.
func fitToShow(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	u.User, u.RawQuery = nil, ""
	return u.String()
}

// onClose has f called by Close, after whatever was opened later was closed.
func (s *Sandbox) onClose(f func() error) { s.closers = append(s.closers, f) }

// Close ends everything: streams, the demo CRM, the platform, the server, the database. When ctx ends the demo CRM's
// requests are cut off. A repeat waits for the same.
func (s *Sandbox) Close(ctx context.Context) error {
	s.closing.Do(func() {
		close(s.done)
		s.running.Wait()
		if s.faults != nil {
			s.faults.stop()
		}
		if s.demo != nil {
			ctx, cancel := context.WithTimeout(ctx, demoGrace)
			defer cancel()
			if err := s.demo.close(ctx); ctx.Err() == nil { // what was cut off is repeated by the next run
				s.err = err
			}
		}
		for _, f := range slices.Backward(s.closers) {
			s.err = errors.Join(s.err, f())
		}
	})
	return s.err
}

func contextUntil(done <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-done:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
