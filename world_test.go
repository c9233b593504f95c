package escalation_test

import (
	"context"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// world is a client that speaks real HTTP to a fake of the API, which judges for itself what arrives.
type world struct {
	server *fakeapi.Server
	client *escalation.Client
}

// tb is what a world needs of *testing.T, *testing.F or *rapid.T.
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
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	credentials, err := httptransport.Static(bot, key)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := httptransport.New(credentials, &httptransport.Config{BaseURL: server.URL()})
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
		server.Close()
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
