package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/transport"
)

// build makes a database as a process leaves it whose key was refused: in most conversations everything was acknowledged, and
// every stride-th has a message that waits for another key. The client writes one conversation of either kind; the
// others are copies of its rows.
func build(dir string, conversations, stride int) (*database, error) {
	d, err := newDatabase(dir)
	if err != nil {
		return nil, err
	}
	err = writeModels(d.db)
	if err == nil {
		err = copyModels(d, conversations, stride)
	}
	if err != nil {
		return nil, errors.Join(err, d.remove())
	}
	return d, nil
}

// The conversations that the client writes: two to copy, and one that finds out about the key.
const (
	idleModel    = "idle"
	pendingModel = "pending"
	refusedOne   = "refused"
)

// locked is a transport whose key is refused once it is set.
type locked struct{ atomic.Bool }

func (l *locked) Send(ctx context.Context, r transport.Request) transport.Result {
	if l.Load() {
		return transport.Result{Class: transport.RefusedScope, Status: 401, Err: errors.New("the key is refused")}
	}
	return answers{}.Send(ctx, r)
}

// writeModels has the client write them.
func writeModels(db *sql.DB) (err error) {
	var tr locked
	heard := make(chan struct{})
	client, err := openDurable(db, &tr, &escalation.Config{Observers: []escalation.Observer{
		func(_ context.Context, o escalation.Observation) {
			if o.Occasion == escalation.Attempted && o.Result.Class == transport.RefusedScope {
				close(heard) // once: nothing is tried again before half a minute has passed
			}
		},
	}})
	if err != nil {
		return err
	}
	ctx := context.Background()
	defer func() { err = errors.Join(err, client.close(ctx)) }()
	for _, name := range []string{idleModel, pendingModel, refusedOne} {
		if err := connect(ctx, client.Conversation(name)); err != nil {
			return err
		}
	}
	message := events.Message{Text: shortText}
	if _, err := client.Conversation(idleModel).Send(ctx, message); err != nil {
		return err
	}
	tr.Store(true)
	if _, err := client.Conversation(refusedOne).Accept(ctx, message); err != nil {
		return err
	}
	<-heard
	_, err = client.Conversation(pendingModel).Accept(ctx, message)
	return err
}

// copyModels makes conversations of the models, every stride-th of them with something to send, and deletes the models.
// Until it is done nothing is safe on disk, which saves minutes.
func copyModels(d *database, conversations, stride int) error {
	db, err := d.connect()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1) // the settings belong to the connection
	exec := func(text string, args ...any) {
		if err == nil {
			_, err = db.Exec(text, args...)
		}
	}
	exec("PRAGMA synchronous = OFF")
	exec("PRAGMA cache_size = -200000")
	const atOnce = 50_000
	for first := 1; first <= conversations; first += atOnce {
		last := min(first+atOnce-1, conversations)
		for _, table := range []string{"escalation_conversation", "escalation_event"} {
			text, listErr := copying(db, table)
			err = errors.Join(err, listErr)
			exec(text, first, last, stride, pendingModel, idleModel)
		}
	}
	models := "(SELECT id FROM escalation_conversation WHERE conversation IN ('" + idleModel + "', '" + pendingModel + "', '" + refusedOne + "'))"
	exec("DELETE FROM escalation_event WHERE conversation IN " + models)
	exec("DELETE FROM escalation_conversation WHERE id IN " + models)
	exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// copying returns the statement that copies the rows of the models in a table: as conversations ?1 to ?2.
func copying(db *sql.DB, table string) (string, error) {
	const firstID = 1_000_000_000 // behind those of the models
	rows, err := db.Query("SELECT name FROM pragma_table_info(?)", table)
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }()
	var columns, values []string
	owner := "id"
	if table == "escalation_event" {
		owner = "conversation"
	}
	for rows.Next() {
		var column string
		if err := rows.Scan(&column); err != nil {
			return "", err
		}
		value := "r." + column
		switch column {
		case owner:
			value = fmt.Sprintf("%d + i", firstID)
		case "conversation":
			value = "printf('%09d', i)"
		}
		columns, values = append(columns, column), append(values, value)
	}
	return "WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)" +
		" INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") SELECT " + strings.Join(values, ", ") +
		" FROM n CROSS JOIN escalation_conversation AS m ON m.conversation = CASE WHEN i % ?3 = 0 THEN ?4 ELSE ?5 END" +
		" CROSS JOIN " + table + " AS r ON r." + owner + " = m.id", rows.Err()
}
