package sqlitestore_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/store/sqlitestore"
)

// open opens a store that has to open, and closes it at the end of the test.
func open(t *testing.T, db *sql.DB) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), db, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// settings returns the settings for which a database was refused, as "name: got".
func settings(t *testing.T, db *sql.DB) (all []string, err error) {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), db, nil)
	if err == nil {
		return nil, s.Close()
	}
	var refused *sqlitestore.OpenError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want an *OpenError", err)
	}
	for _, p := range refused.Problems {
		var setting *sqlitestore.SettingError
		if errors.As(p, &setting) {
			all = append(all, setting.Setting+": "+setting.Got)
			if !strings.Contains(err.Error(), setting.Error()) {
				t.Errorf("the text lacks a problem: %v", err)
			}
		}
	}
	return all, err
}

// TestOldSQLiteIsRefused: before 3.51.3 resetting a WAL could lose commits.
func TestOldSQLiteIsRefused(t *testing.T) {
	for version, fits := range map[string]bool{
		"3.51.3": true, "3.51.4": true, "3.51.10": true, "3.52.0": true, "3.60.1": true, "4.0.0": true, "3.52": true,
		"3.51.2": false, "3.51": false, "3.50.9": false, "3.9.99": false, "2.99.99": false, "": false, "new": false,
	} {
		f := fit(t)
		f.answers["SELECT sqlite_version()"] = [][]driver.Value{{version}}
		got, err := settings(t, f.db(t))
		var want []string
		if !fits {
			want = []string{"SQLite: " + version}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s\n%v", version, diff, err)
		}
	}
}

// TestSynchronousIsReadBack: a setting that did not take is refused, whatever the driver said when it was made.
func TestSynchronousIsReadBack(t *testing.T) {
	for _, c := range []struct {
		pragma string
		value  driver.Value
		want   []string
		why    string
	}{
		{"synchronous", int64(2), nil, "FULL"},
		{"synchronous", int64(1), []string{"synchronous: 1"}, "NORMAL loses commits with the power"},
		{"synchronous", int64(0), []string{"synchronous: 0"}, "OFF"},
		{"synchronous", "1", []string{"synchronous: 1"}, "as text"},
		{"journal_mode", "delete", []string{"journal_mode: delete"}, "a file system without shared memory has no WAL"},
		{"journal_mode", "WAL", nil, "case is nothing"},
		{"busy_timeout", int64(0), []string{"busy_timeout: 0"}, "the writer would not wait for others"},
		{"fullfsync", int64(0), []string{"fullfsync: 0"}, "macOS would keep commits in the disk's cache"},
	} {
		f := fit(t)
		f.answers["PRAGMA "+c.pragma] = [][]driver.Value{{c.value}}
		got, err := settings(t, f.db(t))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s\n%v", c.why, diff, err)
		}
		if c.want != nil && f.count("BEGIN IMMEDIATE") != 0 {
			t.Errorf("%s: written to before it was refused", c.why)
		}
	}
}

// TestAllProblemsAtOnce: nobody wants to learn of them one by one.
func TestAllProblemsAtOnce(t *testing.T) {
	f := fit(t)
	f.answers["SELECT sqlite_version()"] = [][]driver.Value{{"3.40.0"}}
	f.answers["PRAGMA database_list"] = [][]driver.Value{{int64(0), "main", ""}}
	f.answers["PRAGMA encoding"] = [][]driver.Value{{"UTF-16le"}}
	got, err := settings(t, f.db(t))
	if diff := cmp.Diff([]string{"SQLite: 3.40.0", "encoding: UTF-16le"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !errors.Is(err, sqlitestore.ErrNoFile) {
		t.Errorf("got %v, want ErrNoFile as well", err)
	}
	if f.count("PRAGMA journal_mode = WAL") != 0 {
		t.Error("a database that is refused was changed")
	}

	f = fit(t)
	f.answers["PRAGMA synchronous"] = [][]driver.Value{{int64(1)}}
	f.answers["PRAGMA journal_mode"] = [][]driver.Value{{"memory"}}
	got, _ = settings(t, f.db(t))
	if diff := cmp.Diff([]string{"journal_mode: memory", "synchronous: 1"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestArguments: what no database can make good.
func TestArguments(t *testing.T) {
	if _, err := sqlitestore.Open(t.Context(), nil, nil); err == nil {
		t.Error("a nil database was taken")
	}
	for _, wait := range []time.Duration{-1, time.Microsecond} {
		if _, err := sqlitestore.Open(t.Context(), fit(t).db(t), &sqlitestore.Config{BusyTimeout: wait}); err == nil {
			t.Errorf("a BusyTimeout of %v was taken", wait)
		}
	}
	if s, err := sqlitestore.Open(t.Context(), fit(t).db(t), &sqlitestore.Config{}); err != nil {
		t.Errorf("a zero Config: %v", err)
	} else if err := s.Close(); err != nil {
		t.Error(err)
	}
}
