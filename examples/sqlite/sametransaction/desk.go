package main

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/sqlitestore"
)

// desk is the host: it has a table of its own in the database that the store uses as well.
type desk struct {
	db     *sql.DB
	kept   *sqlitestore.Store
	client *escalation.Client
}

func newDesk(ctx context.Context, db *sql.DB, kept *sqlitestore.Store, client *escalation.Client) (*desk, error) {
	const table = "CREATE TABLE ticket (id INTEGER PRIMARY KEY, conversation TEXT NOT NULL, agent TEXT NOT NULL)"
	if _, err := db.ExecContext(ctx, table); err != nil {
		return nil, err
	}
	return &desk{db, kept, client}, nil
}

// assign writes the host's row and accepts the event that tells the visitor, in one transaction. beforeCommit stands for
// whatever else a host has to do in it, and may fail.
func (d *desk) assign(ctx context.Context, v *escalation.Conversation, agent string, beforeCommit func() error) (escalation.Receipt, error) {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return escalation.Receipt{}, err
	}
	defer tx.Rollback() // does nothing after a commit

	const row = "INSERT INTO ticket (conversation, agent) VALUES (?, ?)"
	if _, err := tx.ExecContext(ctx, row, v.ID(), agent); err != nil {
		return escalation.Receipt{}, err
	}
	receipt, err := v.AcceptIn(ctx, d.kept.In(tx), events.EscalationSuccess{Agent: agent})
	if err != nil {
		return escalation.Receipt{}, err
	}
	if beforeCommit != nil {
		if err := beforeCommit(); err != nil {
			return escalation.Receipt{}, err
		}
	}
	if err := tx.Commit(); err != nil {
		return escalation.Receipt{}, err
	}
	d.client.Wake() // now it may be sent; without this it is found within seconds
	return receipt, nil
}

// show prints what is kept of both.
func (d *desk) show(ctx context.Context, v *escalation.Conversation) error {
	var tickets int
	if err := d.db.QueryRowContext(ctx, "SELECT count(*) FROM ticket").Scan(&tickets); err != nil {
		return err
	}
	entries, err := v.History(ctx, 0, 10)
	if err != nil {
		return err
	}
	fmt.Printf("  tickets: %d, events: %d\n", tickets, len(entries))
	return nil
}
