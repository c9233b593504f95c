package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/escalationkit/escalation/store/sqlitestore"
)

// backend is one driver.
type backend struct {
	name string // also of the driver
	dsn  func(path string) string
}

// backends are the drivers that every test runs on; that of mattn needs cgo and joins in drivers_cgo_test.go.
var backends = []backend{{"sqlite", sqlitestore.ModerncDSN}}

// onEach runs a test on every driver.
func onEach(t *testing.T, test func(t *testing.T, b backend)) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) { test(t, b) })
	}
}

// db opens a pool on a path, to be closed at the end of the test.
func (b backend) db(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open(b.name, b.dsn(path))
	check(t, err)
	t.Cleanup(func() { check(t, db.Close()) })
	return db
}

// newPath names a database that is not there yet.
func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "crm.db") }

// open makes a store, to be closed at the end of the test; closing it before is fine.
func open(t testing.TB, db *sql.DB, cfg *sqlitestore.Config) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.Open(t.Context(), db, cfg)
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	return s
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
