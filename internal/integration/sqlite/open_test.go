package sqlite_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/sqlitestore"
)

// refused opens a store that must not open, and returns why it does not.
func refused(t *testing.T, db *sql.DB, cfg *sqlitestore.Config) *sqlitestore.OpenError {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), db, cfg)
	var why *sqlitestore.OpenError
	if !errors.As(err, &why) {
		if err == nil {
			s.Close()
		}
		t.Fatalf("got %v, want an *OpenError", err)
	}
	return why
}

// TestSecondOpenIsRefused: by the same pool, by another one, and under another name. After Close the database is free.
func TestSecondOpenIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		path := newPath(t)
		link := filepath.Join(t.TempDir(), "link.db")
		check(t, os.Symlink(path, link))
		db := b.db(t, path)
		s := open(t, db, nil)
		for why, again := range map[string]*sql.DB{"the same pool": db, "another pool": b.db(t, path), "another name": b.db(t, link)} {
			if err := refused(t, again, nil); !errors.Is(err, sqlitestore.ErrInUse) {
				t.Errorf("%s: got %v, want ErrInUse", why, err)
			}
		}
		check(t, s.Commit(t.Context(), opened("a"))) // the refused ones did no harm
		check(t, s.Close())
		check(t, s.Close())
		if r := revision(t, open(t, b.db(t, link), nil), "a"); r != 1 {
			t.Errorf("revision %d, want 1", r)
		}
		for _, err := range everyCall(t, s) {
			if !errors.Is(err, store.ErrClosed) {
				t.Errorf("after Close: %v, want ErrClosed", err)
			}
		}
		check(t, b.commitElsewhere(t, db)) // the pool is the caller's and goes on
	})
}

// TestUnfitDatabases: each is refused, in words that name the reason.
func TestUnfitDatabases(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		plain := func(dsn string) *sql.DB {
			db, err := sql.Open(b.name, dsn)
			check(t, err)
			t.Cleanup(func() { check(t, db.Close()) })
			return db
		}
		for why, db := range map[string]*sql.DB{
			"in memory": plain(":memory:"), "in memory, by URI": plain("file:x?mode=memory"), "in memory, by helper": b.db(t, ":memory:"),
			"temporary": plain(""),
		} {
			if err := refused(t, db, nil); !errors.Is(err, sqlitestore.ErrNoFile) {
				t.Errorf("%s: got %v, want ErrNoFile", why, err)
			}
		}

		small := b.db(t, newPath(t))
		small.SetMaxOpenConns(1)
		var setting *sqlitestore.SettingError
		if err := refused(t, small, nil); !errors.As(err, &setting) || setting.Setting != "MaxOpenConns" {
			t.Errorf("a pool of one: got %v, want a *SettingError for MaxOpenConns", err)
		}

		wide, _ := b.tapped(t, newPath(t), "PRAGMA encoding = 'UTF-16le'")
		if err := refused(t, wide, nil); !errors.As(err, &setting) || setting.Setting != "encoding" {
			t.Errorf("UTF-16: got %v, want a *SettingError for encoding", err)
		}

		path := newPath(t)
		check(t, os.WriteFile(path, []byte(strings.Repeat("this is no database. ", 400)), 0o600))
		if err := refused(t, b.db(t, path), nil); !strings.Contains(err.Error(), "not a database") {
			t.Errorf("a file of text: got %v", err)
		}

		nowhere := filepath.Join(t.TempDir(), "gone", "crm.db")
		if err := refused(t, b.db(t, nowhere), nil); !strings.Contains(err.Error(), "open") {
			t.Errorf("a directory that is not there: got %v", err)
		}

		path = newPath(t)
		vanished := b.db(t, path)
		check(t, b.commitElsewhere(t, vanished))
		check(t, os.Remove(path))
		if err := refused(t, vanished, nil); !errors.Is(err, sqlitestore.ErrNoFile) || !errors.Is(err, fs.ErrNotExist) || err.Path != path {
			t.Errorf("a file that is gone: got %v, want ErrNoFile", err)
		}

		path = newPath(t)
		check(t, os.Mkdir(path+"-escalation.lock", 0o700))
		var name *fs.PathError
		if err := refused(t, b.db(t, path), nil); !errors.As(err, &name) || name.Path != path+"-escalation.lock" {
			t.Errorf("a lock that cannot be made: got %v, want its path", err)
		}
	})
}

// TestReadOnlyIsRefused: a database that cannot be written is found out by Open, not by the first commit.
func TestReadOnlyIsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		path := newPath(t)
		check(t, open(t, b.db(t, path), nil).Close())
		readOnly := backend{b.name, func(path string) string { return "file:" + path + "?mode=ro" }}
		if err := refused(t, readOnly.db(t, path), nil); !strings.Contains(err.Error(), "readonly") {
			t.Errorf("got %v", err)
		}
	})
}

// TestSettingsOfTheWriter: whatever the connections of the pool come with, the store writes with WAL and FULL.
func TestSettingsOfTheWriter(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		path := newPath(t)
		plain := backend{b.name, func(path string) string { return path }}
		db, p := plain.tapped(t, path, "PRAGMA synchronous = OFF")
		s := open(t, db, nil)
		check(t, s.Commit(t.Context(), opened("a")))
		if p.count("PRAGMA synchronous = FULL") != 1 || p.count("PRAGMA journal_mode = WAL") != 1 {
			t.Error("the settings were not made")
		}
		_, err := os.Stat(path + "-wal")
		check(t, err)
	})
}

// TestHostilePool: a pool that keeps no connection cannot take the writer's away.
func TestHostilePool(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		db := b.db(t, newPath(t))
		db.SetMaxIdleConns(-1)
		db.SetConnMaxLifetime(1)
		db.SetMaxOpenConns(2)
		s := open(t, db, nil)
		for i, c := range []store.Change{opened("a"), settled("a"), ended("a")} {
			check(t, s.Commit(t.Context(), c))
			if r := revision(t, s, "a"); r != uint64(i+1) {
				t.Errorf("revision %d, want %d", r, i+1)
			}
		}
	})
}
