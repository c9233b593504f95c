package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/escalationkit/escalation/store"
)

// In enlists in a transaction of the caller's, which must be one of the database that was given to Open: what is
// committed through the [store.Tx] is there when the caller has committed, and only then. Loads through the Store see it from
// then on. An error here never ends the store; after any but [store.ErrConflict] the transaction has to be rolled back.
//
// The connection of the transaction has to be as durable as the writer: synchronous FULL or more is looked for at the first call, and a
// *SettingError returned otherwise. A transaction belongs to one goroutine at a time, and so does its Tx.
func (s *Store) In(tx *sql.Tx) store.Tx { return &enlisted{store: s, tx: tx} }

type enlisted struct {
	store   *Store
	tx      *sql.Tx
	durable bool // the connection was looked at
}

// begin says why a call cannot be made.
func (e *enlisted) begin(ctx context.Context) error {
	if err := e.store.ready(ctx); err != nil || e.durable {
		return err
	}
	if e.tx == nil {
		return errors.New("sqlitestore: the transaction is nil")
	}
	got, err := pragma(ctx, e.tx, "PRAGMA synchronous")
	if err == nil && got != "2" && got != "3" {
		err = &SettingError{Setting: "synchronous", Got: got, Want: "2 or 3 on every connection of the pool"}
	}
	if err != nil {
		return fmt.Errorf("sqlitestore: %w", err)
	}
	e.durable = true
	return nil
}

func (e *enlisted) Load(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
	if err := e.begin(ctx); err != nil {
		return store.Snapshot{}, err
	}
	snap, err := e.session(ctx).load(ctx, key, q)
	return snap, e.store.reading(ctx, err)
}

func (e *enlisted) Commit(ctx context.Context, c store.Change) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // begun, it is carried to its end
	if err := e.session(ctx).commit(ctx, &c, e.store.now()); err != nil {
		return fmt.Errorf("sqlitestore: %w", err)
	}
	return nil
}

// session uses the pool's statements on the connection of the transaction.
func (e *enlisted) session(ctx context.Context) session {
	return func(n statement) *sql.Stmt { return e.tx.StmtContext(ctx, e.store.shared[n]) }
}
