package statemachine_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/internal/durabletest"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/sqlitestore"
)

func TestDurableMachine(t *testing.T) {
	type timeless struct{ *testing.T } // the real deadline of a test means nothing in a bubble
	synctest.Test(t, func(t *testing.T) { rapid.Check(timeless{t}, durableMachine) })
}

func FuzzDurableMachine(f *testing.F) {
	check := rapid.MakeFuzz(durableMachine)
	f.Fuzz(func(t *testing.T, input []byte) {
		synctest.Test(t, func(t *testing.T) { check(t, input) })
	})
}

func durableMachine(t *rapid.T) {
	dir, err := os.MkdirTemp("", "statemachine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	durabletest.Check(t, file{filepath.Join(dir, "crm.db")})
}

// file is a disk of package durabletest: a database that every process opens anew.
type file struct{ path string }

// opened is a store with its pool.
type opened struct {
	*sqlitestore.Store
	db *sql.DB
}

func (f file) Open() (store.Store, error) {
	db, err := sql.Open("sqlite", sqlitestore.ModerncDSN(f.path))
	if err != nil {
		return nil, err
	}
	s, err := sqlitestore.Open(context.Background(), db, nil)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return opened{s, db}, nil
}

func (f file) Close(s store.Store) error {
	o := s.(opened)
	return errors.Join(o.Store.Close(), o.db.Close())
}
