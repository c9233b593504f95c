package sqlite_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/sqlitestore"
)

var errDisk = errors.New("disk I/O error")

// nth fails the n-th statement from now on, counted from 1, and says in seen which one that was.
func nth(n int, seen *string) func(string) error {
	return func(s string) error {
		if n--; n == 0 {
			*seen = s
			return errDisk
		}
		return nil
	}
}

// calls are what a client does, each with whether its effect is there.
type call struct {
	name string
	do   func(*testing.T, *sqlitestore.Store) error
	done func(*testing.T, *sqlitestore.Store) bool
}

func calls() []call {
	rev := func(want uint64) func(*testing.T, *sqlitestore.Store) bool {
		return func(t *testing.T, s *sqlitestore.Store) bool { return revision(t, s, "a") >= want }
	}
	commit := func(c store.Change) func(*testing.T, *sqlitestore.Store) error {
		return func(t *testing.T, s *sqlitestore.Store) error { return s.Commit(t.Context(), c) }
	}
	return []call{
		{"accept", commit(opened("a")), rev(1)},
		{"settle", commit(settled("a")), rev(2)},
		{"end", commit(ended("a")), rev(3)},
		{"prune", func(t *testing.T, s *sqlitestore.Store) error {
			_, err := s.Prune(t.Context(), time.Now().Add(time.Hour), 10)
			return err
		}, func(t *testing.T, s *sqlitestore.Store) bool { return revision(t, s, "a") == 0 }},
	}
}

// TestFailsClosed: every statement of every call fails once, before it was executed and after. A failed COMMIT ends the store;
// any other failure left nothing behind and the store goes on. Whatever happened, the next store finds each change whole or not at all,
// and all that was reported as stored.
func TestFailsClosed(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		path := newPath(t)
		check(t, sqlitestore.Migrate(t.Context(), b.db(t, path)))
		for i := range calls() {
			for _, executed := range []bool{false, true} {
				n := 1
				for ; failsOnce(t, b, i, n, executed); n++ {
				}
				if n < 3 { // BEGIN, at least one, COMMIT
					t.Errorf("%s: only %d statements", calls()[i].name, n-1)
				}
			}
		}
	})
}

// failsOnce makes the n-th statement of a call fail and reports whether there was one.
func failsOnce(t *testing.T, b backend, i, n int, executed bool) bool {
	t.Helper()
	db, p := b.tapped(t, newPath(t))
	defer db.Close()
	s := open(t, db, nil)
	defer s.Close()
	for _, earlier := range calls()[:i] {
		check(t, earlier.do(t, s))
	}
	c, seen := calls()[i], ""
	if executed {
		p.fail(nil, nth(n, &seen))
	} else {
		p.fail(nth(n, &seen), nil)
	}
	err := c.do(t, s)
	p.fail(nil, nil)
	if seen == "" {
		check(t, err)
		return false
	}
	what := fmt.Sprintf("%s, statement %d (%.30s), executed %v", c.name, n, seen, executed)
	if !errors.Is(err, errDisk) {
		t.Fatalf("%s: the call returned %v, want the cause", what, err)
	}
	if seen != "COMMIT" {
		if errors.Is(err, store.ErrFailed) {
			t.Errorf("%s: the store ended: %v", what, err)
		}
		if c.done(t, s) {
			t.Errorf("%s: the change is there", what)
		}
		if err := c.do(t, s); err != nil {
			t.Errorf("%s: the store does not go on: %v", what, err)
		}
		return true
	}
	if !errors.Is(err, store.ErrFailed) {
		t.Errorf("%s: got %v, want ErrFailed", what, err)
	}
	for _, err := range everyCall(t, s) {
		if !errors.Is(err, store.ErrFailed) || !errors.Is(err, errDisk) || strings.Count(err.Error(), errDisk.Error()) != 1 {
			t.Errorf("%s: then %v, want ErrFailed and the cause once", what, err)
		}
	}
	check(t, s.Close())
	again := open(t, db, nil)
	defer again.Close()
	if i > 0 && c.name != "prune" && !calls()[i-1].done(t, again) {
		t.Errorf("%s: what was stored before is lost", what)
	}
	if c.done(t, again) != executed {
		t.Errorf("%s: stored: %v", what, !executed)
	}
	return true
}

// everyCall returns the errors of one call of each method.
func everyCall(t *testing.T, s *sqlitestore.Store) []error {
	t.Helper()
	ctx, key := t.Context(), store.Key{Bot: "bot", Conversation: "a"}
	_, load := s.Load(ctx, key, store.Query{})
	_, _, claim := s.Claim(ctx, 1, time.Minute)
	_, release := s.Release(ctx, "", true, 1)
	_, history := s.History(ctx, key, 0, 1)
	_, parked := s.Parked(ctx, store.Key{}, 1)
	_, prune := s.Prune(ctx, time.Now(), 1)
	_, enlisted := s.In(nil).Load(ctx, key, store.Query{})
	return []error{load, claim, release, history, parked, prune, enlisted, s.Commit(ctx, opened("z")), s.In(nil).Commit(ctx, opened("z"))}
}

// TestRollbackThatFails ends the store: whether the transaction is still open is not known.
func TestRollbackThatFails(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		db, p := b.tapped(t, newPath(t))
		s := open(t, db, nil)
		p.fail(func(s string) error {
			if strings.HasPrefix(s, "BEGIN IMMEDIATE") {
				return nil
			}
			return errDisk
		}, nil)
		if err := s.Commit(t.Context(), opened("a")); !errors.Is(err, store.ErrFailed) || !errors.Is(err, errDisk) {
			t.Errorf("got %v, want ErrFailed and the cause", err)
		}
		p.fail(nil, nil)
		for _, err := range everyCall(t, s) {
			if !errors.Is(err, store.ErrFailed) {
				t.Errorf("then %v, want ErrFailed", err)
			}
		}
		// The writer's connection is gone, and its lock on the database with it.
		check(t, b.commitElsewhere(t, db))
	})
}

// TestRollbackByItself: after some errors SQLite takes the transaction back without being asked, and then ROLLBACK fails. That is no
// reason to end the store.
func TestRollbackByItself(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		db, p := b.tapped(t, newPath(t))
		s := open(t, db, nil)
		failed := false
		p.fail(nil, func(s string) error { // ROLLBACK works and is reported as failed
			if s == "ROLLBACK" && !failed {
				failed = true
				return errDisk
			}
			return nil
		})
		broken := opened("a")
		broken.Accepted = append(broken.Accepted, broken.Accepted[0])
		if err := s.Commit(t.Context(), broken); err == nil || errors.Is(err, store.ErrFailed) || !failed {
			t.Errorf("got %v, want an error that is not ErrFailed", err)
		}
		check(t, s.Commit(t.Context(), opened("a")))
	})
}

// TestBusyAtBegin: another writer is there for longer than BusyTimeout. Nothing is in doubt and the store goes on.
func TestBusyAtBegin(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		db := b.db(t, newPath(t))
		s := open(t, db, &sqlitestore.Config{BusyTimeout: time.Millisecond})
		tx, err := db.BeginTx(t.Context(), nil)
		check(t, err)
		if err := s.Commit(t.Context(), opened("a")); err == nil || errors.Is(err, store.ErrFailed) {
			t.Errorf("got %v, want an error that is not ErrFailed", err)
		}
		if r := revision(t, s, "a"); r != 0 {
			t.Errorf("revision %d, want 0: reads go on", r)
		}
		check(t, tx.Rollback())
		check(t, s.Commit(t.Context(), opened("a")))
	})
}

// TestDiskFull: SQLite says so at a statement here, so that the transaction is taken back and the store goes on with what
// needs no more room.
func TestDiskFull(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		db, _ := b.tapped(t, newPath(t), "PRAGMA max_page_count = 40")
		s := open(t, db, nil)
		check(t, s.Commit(t.Context(), opened("small")))
		big := opened("big")
		big.Accepted[0].Body = make([]byte, 1<<18)
		if err := s.Commit(t.Context(), big); err == nil || errors.Is(err, store.ErrFailed) {
			t.Fatalf("got %v, want an error that is not ErrFailed", err)
		}
		check(t, s.Commit(t.Context(), settled("small")))
		if r := revision(t, s, "big"); r != 0 {
			t.Errorf("revision %d, want 0", r)
		}
	})
}

// TestOpenFailsCleanly: every statement of Open fails once. Open says so and leaves neither lock nor transaction behind.
func TestOpenFailsCleanly(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		for n, more := 1, true; more; n++ {
			db, p := b.tapped(t, newPath(t))
			seen := ""
			p.fail(nth(n, &seen), nil)
			s, err := sqlitestore.Open(t.Context(), db, nil)
			p.fail(nil, nil)
			if more = seen != ""; more {
				var refused *sqlitestore.OpenError
				if !errors.As(err, &refused) || !errors.Is(err, errDisk) {
					t.Errorf("statement %d (%.40s): got %v, want an *OpenError and the cause", n, seen, err)
				}
				s = open(t, db, nil)
			}
			check(t, s.Commit(t.Context(), opened("a")))
			check(t, s.Close())
			check(t, db.Close())
			if n > 100 {
				t.Fatal("no end")
			}
		}
	})
}
