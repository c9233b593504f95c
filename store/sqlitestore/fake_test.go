package sqlitestore_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// fake is a driver that holds no data: it answers what Open asks in the way of a fit SQLite, unless told otherwise, and
// says of every other statement that it changed one row.
type fake struct {
	mu      sync.Mutex
	answers map[string][][]driver.Value // by statement
	seen    []string
	before  func(statement string) error // called outside mu
}

// fit returns a fake in front of a file that exists, with an up-to-date schema.
func fit(t *testing.T) *fake {
	t.Helper()
	path := filepath.Join(t.TempDir(), "crm.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const name = "0001_conversations.sql"
	text, err := os.ReadFile(filepath.Join("migrations", name))
	if err != nil {
		t.Fatal(err)
	}
	return &fake{answers: map[string][][]driver.Value{
		"SELECT sqlite_version()": {{"3.51.3"}},
		"PRAGMA database_list":    {{int64(0), "main", path}, {int64(1), "temp", ""}},
		"PRAGMA encoding":         {{"UTF-8"}},
		"PRAGMA busy_timeout":     {{int64(10000)}},
		"PRAGMA journal_mode":     {{"wal"}},
		"PRAGMA synchronous":      {{int64(2)}},
		"PRAGMA fullfsync":        {{int64(1)}},
		"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'escalation_migration'": {{int64(1)}},
		"SELECT version, checksum FROM escalation_migration ORDER BY version":                       {{int64(1), fmt.Sprintf("%x", sha256.Sum256(text))}},
	}}
}

// db opens a pool on the fake.
func (f *fake) db(t *testing.T) *sql.DB {
	db := sql.OpenDB(f)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// count returns how often a statement was executed.
func (f *fake) count(statement string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, s := range f.seen {
		if s == statement {
			n++
		}
	}
	return n
}

func (f *fake) onEach(before func(statement string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before = before
}

func (f *fake) run(statement string) ([][]driver.Value, error) {
	f.mu.Lock()
	f.seen = append(f.seen, statement)
	before, answer := f.before, f.answers[statement]
	f.mu.Unlock()
	if before != nil {
		if err := before(statement); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

func (f *fake) Driver() driver.Driver                        { return nil }
func (f *fake) Connect(context.Context) (driver.Conn, error) { return fakeConn{f}, nil }

type fakeConn struct{ *fake }

func (c fakeConn) Prepare(text string) (driver.Stmt, error) { return fakeStmt{c.fake, text}, nil }
func (c fakeConn) Close() error                             { return nil }
func (c fakeConn) Begin() (driver.Tx, error)                { return fakeTx(c), nil }

type fakeTx struct{ *fake }

func (x fakeTx) Commit() error   { return nil }
func (x fakeTx) Rollback() error { return nil }

type fakeStmt struct {
	*fake
	text string
}

func (s fakeStmt) Close() error  { return nil }
func (s fakeStmt) NumInput() int { return -1 }

func (s fakeStmt) Exec([]driver.Value) (driver.Result, error) {
	_, err := s.run(s.text)
	return driver.RowsAffected(1), err
}

func (s fakeStmt) Query([]driver.Value) (driver.Rows, error) {
	rows, err := s.run(s.text)
	return &fakeRows{rows: rows}, err
}

type fakeRows struct{ rows [][]driver.Value }

func (r *fakeRows) Columns() []string {
	if len(r.rows) == 0 {
		return nil
	}
	return strings.Split(strings.Repeat("c,", len(r.rows[0])-1)+"c", ",")
}

func (r *fakeRows) Close() error { return nil }

func (r *fakeRows) Next(into []driver.Value) error {
	if len(r.rows) == 0 {
		return io.EOF
	}
	copy(into, r.rows[0])
	r.rows = r.rows[1:]
	return nil
}
