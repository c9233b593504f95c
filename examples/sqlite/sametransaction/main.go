// Sametransaction keeps a row of the host's own and an escalation event together or not at all: both are in one SQLite
// database, and one transaction commits or rolls back both.
//
//	go run ./examples/sqlite/sametransaction
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver is the program's choice

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/sqlitestore"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "sametransaction:", err)
		os.Exit(1)
	}
}

// run makes a database, plays with it, and removes it.
func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "escalation-*")
	if err != nil {
		return err
	}
	closing := func(f func() error) {
		if closeErr := f(); err == nil {
			err = closeErr
		}
	}
	defer closing(func() error { return os.RemoveAll(dir) })

	db, err := sql.Open("sqlite", sqlitestore.ModerncDSN(filepath.Join(dir, "host.db")))
	if err != nil {
		return err
	}
	defer closing(db.Close)
	kept, err := sqlitestore.Open(ctx, db, nil) // makes its own tables, beside the host's
	if err != nil {
		return err
	}
	defer closing(kept.Close)
	client, err := escalation.New(kept, &escalationtest.Recorder{}, &escalation.Config{Bot: "my-bot"})
	if err != nil {
		return err
	}
	defer closing(func() error { return client.Close(ctx) })
	desk, err := newDesk(ctx, db, kept, client)
	if err != nil {
		return err
	}
	return play(ctx, desk)
}

// play assigns one ticket three times: once in vain, once for good, and once to somebody who comes too late.
func play(ctx context.Context, d *desk) error {
	conversation := d.client.Conversation("123456789")
	if err := conversation.Open(ctx); err != nil { // what a widgetEscalate webhook does
		return err
	}

	fmt.Println("Ann takes the ticket, but her line breaks before the commit.")
	_, err := d.assign(ctx, conversation, "Ann", func() error { return errors.New("the line is broken") })
	fmt.Println("  error:", err)
	if err := d.show(ctx, conversation); err != nil {
		return err
	}

	fmt.Println("Ben takes it.")
	receipt, err := d.assign(ctx, conversation, "Ben", nil)
	if err != nil {
		return err
	}
	result, err := conversation.Wait(ctx, receipt.Number)
	if err != nil {
		return err
	}
	fmt.Printf("  %v is event %d, acknowledged\n", result.Kind, result.Number)
	if err := d.show(ctx, conversation); err != nil {
		return err
	}

	fmt.Println("Cem wants it too: the event is refused, so his row is not kept either.")
	_, err = d.assign(ctx, conversation, "Cem", nil)
	fmt.Println("  error:", err)
	if err := d.show(ctx, conversation); err != nil {
		return err
	}
	_, err = conversation.Send(ctx, events.AgentDisconnect{})
	return err
}
