package sqlite_test

import (
	"database/sql"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/store/sqlitestore"
)

// wantSchema checks that an error is a *SchemaError with these facts.
func wantSchema(t *testing.T, what string, err error, want sqlitestore.SchemaError) {
	t.Helper()
	var got *sqlitestore.SchemaError
	if !errors.As(err, &got) {
		t.Errorf("%s: got %v, want a *SchemaError", what, err)
	} else if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestMigrate: from nothing to the newest schema; once more, and many at once, changes nothing.
func TestMigrate(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		db := b.db(t, newPath(t))
		manual := &sqlitestore.Config{ManualMigration: true}
		wantSchema(t, "Validate before", sqlitestore.Validate(t.Context(), db), sqlitestore.SchemaError{Found: 0, Want: 1})
		wantSchema(t, "Open before", refused(t, db, manual), sqlitestore.SchemaError{Found: 0, Want: 1})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := sqlitestore.Migrate(t.Context(), db); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		check(t, sqlitestore.Validate(t.Context(), db))
		var applied int
		check(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM escalation_migration").Scan(&applied))
		if applied != 1 {
			t.Errorf("%d migrations are recorded, want 1", applied)
		}
		check(t, open(t, db, manual).Commit(t.Context(), opened("a")))
	})
}

// TestForeignSchemas: a schema of a newer program, or one of another wording, is refused and not touched.
func TestForeignSchemas(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		for _, c := range []struct {
			why, change string
			want        sqlitestore.SchemaError
		}{
			{"a newer program was here", "INSERT INTO escalation_migration VALUES (2, '0002_later.sql', 'abc', 1)", sqlitestore.SchemaError{Found: 2, Want: 1}},
			{"the migration was edited", "UPDATE escalation_migration SET checksum = 'abc'", sqlitestore.SchemaError{Found: 1, Want: 1, Changed: 1}},
			{"the first one is missing", "UPDATE escalation_migration SET version = 2", sqlitestore.SchemaError{Found: 2, Want: 1, Changed: 1}},
		} {
			db := b.db(t, newPath(t))
			check(t, sqlitestore.Migrate(t.Context(), db))
			_, err := db.ExecContext(t.Context(), c.change)
			check(t, err)
			wantSchema(t, c.why+": Migrate", sqlitestore.Migrate(t.Context(), db), c.want)
			wantSchema(t, c.why+": Validate", sqlitestore.Validate(t.Context(), db), c.want)
			wantSchema(t, c.why+": Open", refused(t, db, nil), c.want)
		}
	})
}

// TestMigrationThatFails leaves nothing behind: a table of the name is there already.
func TestMigrationThatFails(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		db := b.db(t, newPath(t))
		_, err := db.ExecContext(t.Context(), "CREATE TABLE escalation_repair (mine TEXT)")
		check(t, err)
		if err := sqlitestore.Migrate(t.Context(), db); err == nil {
			t.Fatal("a migration over a table of the caller's succeeded")
		}
		if diff := cmp.Diff([]string{"escalation_repair"}, tables(t, db)); diff != "" {
			t.Errorf("tables (-want +got):\n%s", diff)
		}
		_, err = db.ExecContext(t.Context(), "DROP TABLE escalation_repair")
		check(t, err)
		check(t, sqlitestore.Migrate(t.Context(), db))
		// The database is shared with the caller: every table says whose it is.
		want := []string{"escalation_conversation", "escalation_event", "escalation_message", "escalation_migration", "escalation_repair"}
		if diff := cmp.Diff(want, tables(t, db)); diff != "" {
			t.Errorf("tables (-want +got):\n%s", diff)
		}
	})
}

func tables(t *testing.T, db *sql.DB) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
	check(t, err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var name string
		check(t, rows.Scan(&name))
		all = append(all, name)
	}
	check(t, rows.Err())
	return all
}
