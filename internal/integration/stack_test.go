package integration_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport/httptransport"
	"github.com/escalationkit/escalation/webhook"
)

const (
	bot          = "bot-1"
	key          = "key-1"
	secretHeader = "X-Webhook-Secret"
	secret       = "secret-1"
)

// setup is what a test wants different from the defaults.
type setup struct {
	api      fakeapi.Config
	provider httptransport.Provider // default: bot and key, never changing
	network  httptransport.Config   // default BaseURL: the fake's
	client   escalation.Config
	webhook  webhook.Config
	log      *slog.Logger // default: none
}

// stack is a whole deployment: the platform's side, and the CRM's from the transport to the webhook.
type stack struct {
	api     *fakeapi.Server
	network *httptransport.Transport
	client  *escalation.Client
	handler *webhook.Handler

	web     *http.Server
	address string // of the webhook

	attempts chan escalation.Observation // one for each attempt that ended

	// A webhook call sends to began when it reaches the handler, to ended when the handler returned, and to gone
	// when its sender hung up or, at the latest, after it ended.
	began, ended, gone chan struct{}

	closing, closingClient sync.Once
}

func newStack(t *testing.T, c setup) *stack {
	t.Helper()
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.network.Logger, c.client.Logger, c.webhook.Logger = c.log, c.log, c.log
	if c.client.Bot == "" {
		c.client.Bot = bot
	}
	if c.client.Settle == 0 {
		c.client.Settle = 2 * time.Millisecond // the network of the tests is short
	}
	s := &stack{
		attempts: make(chan escalation.Observation, 10_000),
		began:    make(chan struct{}, 100), ended: make(chan struct{}, 100), gone: make(chan struct{}, 100),
	}
	c.client.Observers = append(c.client.Observers, func(_ context.Context, o escalation.Observation) {
		if o.Occasion == escalation.Attempted {
			s.attempts <- o
		}
	})
	s.api = must(fakeapi.New(bot, key, &c.api))(t)
	check(t, s.api.Start())
	if c.network.BaseURL == "" {
		c.network.BaseURL = s.api.URL()
	}
	if c.provider == nil {
		c.provider = must(httptransport.Static(bot, key))(t)
	}
	s.network = must(httptransport.New(c.provider, &c.network))(t)
	s.client = must(escalation.New(memstore.New(nil), s.network, &c.client))(t)
	verifier := must(webhook.SharedSecret(secretHeader, secret))(t)
	s.handler = must(webhook.NewHandler(s.client, verifier, &c.webhook))(t)
	s.serve(t, c.log)
	t.Cleanup(func() { s.close(t) })
	return s
}

// serve puts the webhook on loopback.
func (s *stack) serve(t *testing.T, log *slog.Logger) {
	t.Helper()
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	s.address = listener.Addr().String()
	s.web = &http.Server{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.began <- struct{}{}
			context.AfterFunc(r.Context(), func() { s.gone <- struct{}{} })
			s.handler.ServeHTTP(w, r)
			s.ended <- struct{}{}
		}),
	}
	served := make(chan error, 1)
	go func() { served <- s.web.Serve(listener) }()
	t.Cleanup(func() {
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("the webhook's server ended: %v", err)
		}
	})
}

// close takes everything down in the order in which a service would: no more webhooks, no more sending.
func (s *stack) close(t *testing.T) {
	t.Helper()
	s.closing.Do(func() {
		check(t, s.web.Close())
		if err := s.closeClient(bounded(t)); err != nil {
			t.Errorf("closing the client: %v", err)
		}
		check(t, s.network.Close())
		check(t, s.api.Close())
	})
}

// closeClient closes the client, once.
func (s *stack) closeClient(ctx context.Context) (err error) {
	s.closingClient.Do(func() { err = s.client.Close(ctx) })
	return err
}

// bounded is a context that a broken test runs into, and a working one never.
func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// past is a context whose deadline is over.
func past(t *testing.T) context.Context {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	t.Cleanup(cancel)
	return ctx
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// must unwraps a call that the test does not expect to fail.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		check(t, err)
		return v
	}
}
