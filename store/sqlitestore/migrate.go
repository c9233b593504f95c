package sqlitestore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var files embed.FS

// migration is one step of the schema: a file named after its version.
type migration struct {
	name, text, checksum string
}

// migrations are all steps in order; that of version n is at n-1.
var migrations = readMigrations()

func readMigrations() []migration {
	names, err := fs.Glob(files, "migrations/*.sql") // sorted
	var all []migration
	for i, name := range names {
		var text []byte
		if text, err = files.ReadFile(name); err != nil {
			break
		}
		base := strings.TrimPrefix(name, "migrations/")
		if version, _, _ := strings.Cut(base, "_"); version != fmt.Sprintf("%04d", i+1) {
			err = fmt.Errorf("%s is not number %d", name, i+1)
			break
		}
		// A checkout may turn line ends; that changes nothing.
		clean := strings.ReplaceAll(string(text), "\r\n", "\n")
		sum := sha256.Sum256([]byte(clean))
		all = append(all, migration{name: base, text: clean, checksum: hex.EncodeToString(sum[:])})
	}
	if err != nil {
		panic("sqlitestore: " + err.Error()) // a package built wrongly; TestMigrationsAreNumbered
	}
	return all
}

// Migrate brings the schema up to date in one transaction; if it is, nothing is written. A schema that is newer than this
// package, or was made in another wording, is a *SchemaError.
func Migrate(ctx context.Context, db *sql.DB) error {
	return onConn(ctx, db, migrate)
}

// Validate returns a *SchemaError unless the schema is the one that this package works with.
func Validate(ctx context.Context, db *sql.DB) error {
	return onConn(ctx, db, validate)
}

func onConn(ctx context.Context, db *sql.DB, do func(context.Context, *sql.Conn) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("sqlitestore: %w", err)
	}
	defer conn.Close()
	if err := do(ctx, conn); err != nil {
		return fmt.Errorf("sqlitestore: %w", err)
	}
	return nil
}

func validate(ctx context.Context, conn *sql.Conn) error {
	found, err := schemaVersion(ctx, conn)
	if err == nil && found < len(migrations) {
		err = &SchemaError{Found: found, Want: len(migrations)}
	}
	return err
}

func migrate(ctx context.Context, conn *sql.Conn) (err error) {
	if found, err := schemaVersion(ctx, conn); err != nil || found == len(migrations) {
		return err
	}
	// Whoever else migrates is waited for here, and what is there is looked at again.
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer func() {
		if err != nil && leave(conn) != nil {
			discard(conn)
		}
	}()
	found, err := schemaVersion(ctx, conn)
	if err != nil {
		return err
	}
	const table = `CREATE TABLE IF NOT EXISTS escalation_migration (
	version    INTEGER PRIMARY KEY,
	name       TEXT    NOT NULL,
	checksum   TEXT    NOT NULL, -- SHA-256 of the migration
	applied_at INTEGER NOT NULL
) STRICT`
	if _, err := conn.ExecContext(ctx, table); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for i, m := range migrations[found:] {
		if _, err := conn.ExecContext(ctx, m.text); err != nil {
			return fmt.Errorf("migrate: %s: %w", m.name, err)
		}
		const applied = "INSERT INTO escalation_migration (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)"
		if _, err := conn.ExecContext(ctx, applied, found+i+1, m.name, m.checksum, time.Now().UnixMicro()); err != nil {
			return fmt.Errorf("migrate: %s: %w", m.name, err)
		}
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// schemaVersion returns the number of migrations that were applied, after comparing them with ours.
func schemaVersion(ctx context.Context, conn *sql.Conn) (int, error) {
	var exists int
	const table = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'escalation_migration'"
	if err := conn.QueryRowContext(ctx, table).Scan(&exists); err != nil || exists == 0 {
		return 0, err
	}
	rows, err := conn.QueryContext(ctx, "SELECT version, checksum FROM escalation_migration ORDER BY version")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	found, changed := 0, 0
	for n := 1; rows.Next(); n++ {
		var checksum string
		if err := rows.Scan(&found, &checksum); err != nil {
			return 0, err
		}
		if n <= len(migrations) && changed == 0 && (found != n || checksum != migrations[n-1].checksum) {
			changed = n
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	if changed != 0 || found > len(migrations) {
		return found, &SchemaError{Found: found, Want: len(migrations), Changed: changed}
	}
	return found, nil
}
