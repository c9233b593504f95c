package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/sqlitestore"
)

// commitElsewhere writes to the database on a connection of the pool.
func (b backend) commitElsewhere(t *testing.T, db *sql.DB) error {
	t.Helper()
	_, err := db.ExecContext(t.Context(), "CREATE TABLE IF NOT EXISTS ticket (id TEXT)")
	if err == nil {
		_, err = db.ExecContext(t.Context(), "INSERT INTO ticket VALUES ('x')")
	}
	return err
}

func tickets(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	check(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM ticket").Scan(&n))
	return n
}

// TestEnlisted: the caller's row and the event are kept together or not at all, and a conflict hurts neither.
func TestEnlisted(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		db := b.db(t, newPath(t))
		s := open(t, db, nil)
		check(t, b.commitElsewhere(t, db))
		key := opened("a").Key
		for _, c := range []struct {
			why     string
			end     func(*sql.Tx) error
			tickets int
			want    uint64
		}{
			{"rolled back: neither is there", (*sql.Tx).Rollback, 1, 0},
			{"committed: both are there", (*sql.Tx).Commit, 2, 1},
		} {
			tx, err := db.BeginTx(t.Context(), nil)
			check(t, err)
			in := s.In(tx)
			_, err = tx.ExecContext(t.Context(), "INSERT INTO ticket VALUES ('y')")
			check(t, err)
			check(t, in.Commit(t.Context(), opened("a")))
			if err := in.Commit(t.Context(), opened("a")); !errors.Is(err, store.ErrConflict) {
				t.Errorf("%s: the same again: %v, want ErrConflict", c.why, err)
			}
			snap, err := in.Load(t.Context(), key, store.Query{})
			check(t, err)
			if snap.Conversation.Revision != 1 {
				t.Errorf("%s: inside, the revision is %d, want 1", c.why, snap.Conversation.Revision)
			}
			if r := revision(t, s, "a"); r != 0 {
				t.Errorf("%s: outside, the revision is %d before the end", c.why, r)
			}
			check(t, c.end(tx))
			if n := tickets(t, db); n != c.tickets {
				t.Errorf("%s: %d tickets, want %d", c.why, n, c.tickets)
			}
			if r := revision(t, s, "a"); r != c.want {
				t.Errorf("%s: revision %d, want %d", c.why, r, c.want)
			}
		}
		check(t, s.Commit(t.Context(), settled("a")))
	})
}

// TestEnlistedErrors: none of them ends the store.
func TestEnlistedErrors(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		db, p := b.tapped(t, newPath(t))
		s := open(t, db, nil)
		begin := func() (*sql.Tx, store.Tx) {
			tx, err := db.BeginTx(t.Context(), nil)
			check(t, err)
			return tx, s.In(tx)
		}
		broken := opened("a")
		broken.Accepted = append(broken.Accepted, broken.Accepted[0])
		tx, in := begin()
		if err := in.Commit(t.Context(), broken); err == nil {
			t.Error("a change with the same number twice was taken")
		}
		check(t, tx.Rollback())
		if err := in.Commit(t.Context(), opened("a")); !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("after its end: %v, want sql.ErrTxDone", err)
		}

		tx, in = begin()
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := in.Commit(over, opened("a")); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that is over: %v", err)
		}
		check(t, in.Commit(t.Context(), opened("a"))) // nothing had happened
		check(t, tx.Rollback())

		tx, in = begin()
		seen := ""
		p.fail(nth(2, &seen), nil) // the first asks for the settings
		if err := in.Commit(t.Context(), opened("a")); !errors.Is(err, errDisk) || errors.Is(err, store.ErrFailed) {
			t.Errorf("a statement that fails: %v, want the cause alone", err)
		}
		p.fail(nil, nil)
		check(t, tx.Rollback())
		check(t, s.Commit(t.Context(), opened("a")))
		if err := s.In(nil).Commit(t.Context(), opened("b")); err == nil {
			t.Error("a nil transaction was taken")
		}
	})
}

// TestEnlistedMustBeDurable: a pool whose connections do not wait for the disk would accept what a loss of power takes back.
func TestEnlistedMustBeDurable(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		db, _ := b.tapped(t, newPath(t), "PRAGMA synchronous = NORMAL")
		s := open(t, db, nil) // the writer has its own setting
		tx, err := db.BeginTx(t.Context(), nil)
		check(t, err)
		defer tx.Rollback()
		var setting *sqlitestore.SettingError
		if err := s.In(tx).Commit(t.Context(), opened("a")); !errors.As(err, &setting) || setting.Setting != "synchronous" || setting.Got != "1" {
			t.Errorf("got %v, want a *SettingError for synchronous", err)
		}
	})
}
