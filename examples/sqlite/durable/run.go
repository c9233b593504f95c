package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	_ "modernc.org/sqlite" // the driver is the program's choice

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/store/sqlitestore"
	"github.com/escalationkit/escalation/transport/httptransport"
)

const (
	botID          = "my-bot"
	apiKey         = "my-api-key"
	conversationID = "123456789"
)

type options struct {
	path         string
	crash, retry bool
	pace, settle time.Duration
	die          func()
	now          func() time.Time // nil: time.Now
}

// run opens everything from the bottom up, plays the story, and closes everything in the opposite order.
func run(ctx context.Context, out io.Writer, o options) (err error) {
	closing := func(f func() error) {
		if closeErr := f(); err == nil {
			err = closeErr
		}
	}
	say := &printer{out: out}
	api, err := newFake(say, o)
	if err != nil {
		return err
	}
	defer closing(api.Close)

	credentials, err := httptransport.Static(botID, apiKey)
	if err != nil {
		return err
	}
	network, err := httptransport.New(credentials, &httptransport.Config{BaseURL: api.URL()})
	if err != nil {
		return err
	}
	defer closing(network.Close)

	say.line("database: %s", o.path)
	db, err := sql.Open("sqlite", sqlitestore.ModerncDSN(o.path))
	if err != nil {
		return err
	}
	defer closing(db.Close)
	kept, err := sqlitestore.Open(ctx, db, nil)
	if errors.Is(err, sqlitestore.ErrInUse) {
		return fmt.Errorf("another run is still going on: %w", err)
	}
	if _, ok := errors.AsType[*sqlitestore.SchemaError](err); ok {
		return fmt.Errorf("%w; another version of the library made it: remove the file, or name another one with -db", err)
	}
	if err != nil {
		return err
	}
	defer closing(kept.Close)

	client, err := escalation.New(kept, network, &escalation.Config{
		Bot: botID, Settle: o.settle, Now: o.now,
		Logger: slog.New(slog.DiscardHandler), // this program prints what it wants to show
	})
	if err != nil {
		return err
	}
	defer closing(func() error {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		return client.Close(ctx)
	})
	return play(ctx, say, client, o)
}
