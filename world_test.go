package escalation_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// world is a client that speaks real HTTP to a fake of the API, which judges for itself what arrives. The
// connections are in memory: in a bubble of testing/synctest an hour of retries takes no time.
type world struct {
	server *fakeapi.Server
	client *escalation.Client
}

// tb is what a world needs of *testing.T or *rapid.T.
type tb interface {
	Helper()
	Fatal(args ...any)
	Cleanup(func())
}

func newWorld(t tb, cfg *escalation.Config) world {
	t.Helper()
	const key = "key-1"
	server, err := fakeapi.New(bot, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	wire := newWire()
	web := &http.Server{Handler: server}
	served := make(chan struct{})
	go func() {
		_ = web.Serve(wire) // returns when it is closed
		close(served)
	}()
	credentials, err := httptransport.Static(bot, key)
	if err != nil {
		t.Fatal(err)
	}
	pool := &http.Transport{DialContext: wire.dial}
	tr, err := httptransport.New(credentials, &httptransport.Config{
		BaseURL: "http://localhost", Client: &http.Client{Transport: pool}, Logger: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	if cfg == nil {
		cfg = &escalation.Config{}
	}
	cfg.Bot, cfg.Logger = bot, quiet
	client, err := escalation.New(memstore.New(nil), tr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		tr.Close()
		pool.CloseIdleConnections()
		web.Close()
		server.Close()
		<-served
	})
	return world{server, client}
}

// put gives an event to the client, and tells the fake what the widget knows of it.
func (w world) put(ctx context.Context, conversation string, e events.Event) error {
	switch e.(type) {
	case events.WidgetEscalate:
		before, err := w.client.Conversation(conversation).Status(ctx)
		if err != nil {
			return err
		}
		if !before.State.Live() {
			w.server.BeginRound(conversation)
		}
	case events.WidgetEndSession:
		defer w.server.VisitorLeft(conversation)
	}
	return put(ctx, w.client, conversation, e)
}

// wire is a net.Listener whose connections lead to whoever dials.
type wire struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newWire() *wire { return &wire{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (w *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case w.conns <- far:
		return near, nil
	case <-w.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

func (w *wire) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "memory"} }

// checkInBubble checks a property whose waits take no time.
func checkInBubble(t *testing.T, property func(*rapid.T)) {
	type timeless struct{ *testing.T } // the real deadline of a test means nothing in a bubble
	synctest.Test(t, func(t *testing.T) { rapid.Check(timeless{t}, property) })
}

// fuzzInBubble does the same with what the fuzzer thinks of.
func fuzzInBubble(f *testing.F, property func(*rapid.T)) {
	check := rapid.MakeFuzz(property)
	f.Fuzz(func(t *testing.T, input []byte) {
		synctest.Test(t, func(t *testing.T) { check(t, input) })
	})
}
