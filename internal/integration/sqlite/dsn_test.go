package sqlite_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDSN: a file of any name is opened under that name, and every connection of the pool has the settings.
func TestDSN(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		for _, name := range []string{
			"plain.db", "two words.db", "what?.db", "a#b.db", "100%.db", "%41.db", "%00.db", "ünï☃.db", "a&b=c;d.db", `it's "q".db`, `back\slash.db`,
			"[x]{y}.db", "1+1.db", "a:b.db", "file:x.db", "~tilde^`|<>.db", "?mode=memory", "tab\tnew\nline.db", "..db", " ",
		} {
			t.Run(strconv.Quote(name), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), name)
				db := b.db(t, path)
				s := open(t, db, nil)
				check(t, s.Commit(t.Context(), opened("a")))
				if _, err := os.Stat(path); err != nil {
					t.Errorf("the file is not there: %v", err)
				}
				for range 2 { // two connections at once
					conn, err := db.Conn(t.Context())
					check(t, err)
					defer conn.Close()
					got := map[string]string{}
					for _, p := range []string{"journal_mode", "synchronous", "busy_timeout"} {
						var v string
						check(t, conn.QueryRowContext(t.Context(), "PRAGMA "+p).Scan(&v))
						got[p] = v
					}
					want := map[string]string{"journal_mode": "wal", "synchronous": "2", "busy_timeout": "10000"}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("settings (-want +got):\n%s", diff)
					}
				}
			})
		}
	})
}

// TestDSNOfARelativePath: as it is written, from the working directory.
func TestDSNOfARelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	check(t, os.Mkdir("sub dir", 0o700))
	onEach(t, func(t *testing.T, b backend) {
		path := filepath.Join("sub dir", b.name+"?.db")
		check(t, b.commitElsewhere(t, b.db(t, path)))
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	})
}

// TestDSNBeginsWithTheWriteLock: a caller's transaction must not find out at its first write that it came too late.
func TestDSNBeginsWithTheWriteLock(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		db := b.db(t, newPath(t))
		tx, err := db.BeginTx(t.Context(), nil)
		check(t, err)
		defer tx.Rollback()
		conn, err := db.Conn(t.Context())
		check(t, err)
		defer conn.Close()
		_, err = conn.ExecContext(t.Context(), "PRAGMA busy_timeout = 0")
		check(t, err)
		if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err == nil {
			t.Error("two transactions have the write lock")
		}
	})
}
