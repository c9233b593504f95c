package sqlite_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/sqlitestore"
	"github.com/escalationkit/escalation/store/storetest"
)

// TestConformance: the clauses hold, S15 included. That a killed process leaves everything behind that it committed
// is the matter of TestKilledProcess; here Reopen closes the store.
func TestConformance(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		storetest.Run(t, storetest.Harness{Open: b.subject})
	})
}

func (b backend) subject(t testing.TB) storetest.Subject {
	path := newPath(t)
	var ahead atomic.Int64
	cfg := &sqlitestore.Config{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}
	db := b.db(t, path)
	s := open(t, db, cfg)
	return storetest.Subject{
		Store: s,
		Close: func() error { return s.Close() },
		Reopen: func(t testing.TB) store.Store {
			check(t, s.Close())
			check(t, db.Close())
			db = b.db(t, path)
			s = open(t, db, cfg)
			return s
		},
		Begin: func(t testing.TB) storetest.Transaction {
			tx, err := db.BeginTx(t.Context(), nil)
			check(t, err)
			return storetest.Transaction{Tx: s.In(tx), Commit: tx.Commit, Rollback: tx.Rollback}
		},
		Advance: func(d time.Duration) { ahead.Add(int64(d)) },
	}
}
