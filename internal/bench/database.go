package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/store/sqlitestore"
	"github.com/escalationkit/escalation/transport"
)

// database is a SQLite database in a directory of its own.
type database struct {
	dir string
	db  *sql.DB
}

// newDatabase makes a database file with nothing in it, as durable as a store wants it.
func newDatabase(parent string) (*database, error) {
	dir, err := os.MkdirTemp(parent, "bench-")
	if err != nil {
		return nil, err
	}
	d := &database{dir: dir}
	if d.db, err = d.connect(); err != nil {
		return nil, errors.Join(err, d.remove())
	}
	return d, nil
}

// connect opens the file once more.
func (d *database) connect() (*sql.DB, error) {
	return sql.Open("sqlite", sqlitestore.ModerncDSN(filepath.Join(d.dir, "bench.db")))
}

// remove closes the database and deletes it.
func (d *database) remove() error {
	var err error
	if d.db != nil {
		err = d.db.Close()
	}
	return errors.Join(err, os.RemoveAll(d.dir))
}

// durable is a client on a SQLite store.
type durable struct {
	*escalation.Client
	store *sqlitestore.Store
}

// openDurable opens what is in a database. cfg may be nil.
func openDurable(db *sql.DB, tr transport.Transport, cfg *escalation.Config) (durable, error) {
	s, err := sqlitestore.Open(context.Background(), db, nil)
	if err != nil {
		return durable{}, err
	}
	client, err := escalation.New(s, tr, quietly(cfg))
	if err != nil {
		return durable{}, errors.Join(err, s.Close())
	}
	return durable{client, s}, nil
}

// close waits for what is under way, or cuts it off if ctx is over.
func (d durable) close(ctx context.Context) error {
	err := d.Close(ctx)
	var cut *escalation.CloseError
	if ctx.Err() != nil && errors.As(err, &cut) {
		err = nil
	}
	return errors.Join(err, d.store.Close())
}

// quietly is a configuration whose log goes nowhere: some transports here fail on purpose.
func quietly(cfg *escalation.Config) *escalation.Config {
	var c escalation.Config
	if cfg != nil {
		c = *cfg
	}
	c.Logger = slog.New(slog.DiscardHandler)
	return &c
}

// answers is a transport that hands nothing to anybody and answers at once. Status is 200.
type answers struct{}

func (answers) Send(context.Context, transport.Request) transport.Result {
	return transport.Result{Class: transport.Acknowledged, Status: 200}
}

// name of the i-th conversation.
func name(i int) string { return fmt.Sprintf("conversation-%03d", i) }
