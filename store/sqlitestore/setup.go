package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// oldest is the first SQLite in which resetting a WAL cannot lose commits.
var oldest = [3]int{3, 51, 3}

// inspect changes nothing. It returns the path of the database and all that makes it unfit.
func inspect(ctx context.Context, conn *sql.Conn) (path string, problems []error) {
	version, err := pragma(ctx, conn, "SELECT sqlite_version()")
	if err != nil {
		return "", []error{err}
	}
	if older(version) {
		problems = append(problems, &SettingError{Setting: "SQLite", Got: version,
			Want: fmt.Sprintf("%d.%d.%d or newer", oldest[0], oldest[1], oldest[2])})
	}
	if path, err = databasePath(ctx, conn); err != nil {
		problems = append(problems, err)
	} else if path == "" {
		problems = append(problems, ErrNoFile)
	}
	switch encoding, err := pragma(ctx, conn, "PRAGMA encoding"); {
	case err != nil:
		problems = append(problems, err)
	case encoding != "UTF-8": // others do not keep bytes as they are, nor sort them as S14 wants
		problems = append(problems, &SettingError{Setting: "encoding", Got: encoding, Want: "UTF-8"})
	}
	return path, problems
}

func older(version string) bool {
	parts := strings.Split(version, ".")
	for i, want := range oldest {
		var got int
		if i < len(parts) {
			got, _ = strconv.Atoi(parts[i])
		}
		if got != want {
			return got < want
		}
	}
	return false
}

// databasePath returns the file of the main database as SQLite resolved it; empty if it has none.
func databasePath(ctx context.Context, conn *sql.Conn) (string, error) {
	rows, err := conn.QueryContext(ctx, "PRAGMA database_list")
	if err != nil {
		return "", fmt.Errorf("PRAGMA database_list: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var seq int
		var name string
		var file sql.NullString
		if err := rows.Scan(&seq, &name, &file); err != nil {
			return "", fmt.Errorf("PRAGMA database_list: %w", err)
		}
		if name == "main" {
			return file.String, nil
		}
	}
	return "", rows.Err()
}

// configure makes the connection durable and reads back whether it is.
func configure(ctx context.Context, conn *sql.Conn, busy time.Duration) (problems []error) {
	for _, s := range []struct{ name, value, readBack string }{
		{"busy_timeout", strconv.FormatInt(busy.Milliseconds(), 10), strconv.FormatInt(busy.Milliseconds(), 10)},
		{"journal_mode", "WAL", "wal"},
		{"synchronous", "FULL", "2"},
		{"fullfsync", "ON", "1"}, // on macOS fsync alone does not reach the disk; elsewhere it does nothing
	} {
		// journal_mode and busy_timeout answer with a row, the others with none: Query suits both.
		if rows, err := conn.QueryContext(ctx, "PRAGMA "+s.name+" = "+s.value); err != nil {
			problems = append(problems, fmt.Errorf("PRAGMA %s: %w", s.name, err))
			continue
		} else if err := drain(rows); err != nil {
			problems = append(problems, fmt.Errorf("PRAGMA %s: %w", s.name, err))
			continue
		}
		got, err := pragma(ctx, conn, "PRAGMA "+s.name)
		if err != nil {
			problems = append(problems, err)
		} else if !strings.EqualFold(got, s.readBack) {
			problems = append(problems, &SettingError{Setting: s.name, Got: got, Want: s.readBack})
		}
	}
	return problems
}

// tryWriting finds out whether the database can be written, without leaving anything there.
func tryWriting(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
	if err == nil {
		_, err = conn.ExecContext(ctx, "DELETE FROM escalation_migration WHERE version = 0") // there is none
	}
	if left := leave(conn); left != nil {
		discard(conn)
		err = errors.Join(err, left)
	}
	return err
}

func drain(rows *sql.Rows) error {
	for rows.Next() {
	}
	if err := rows.Err(); err != nil {
		rows.Close()
		return err
	}
	return rows.Close()
}

// pragma returns the one value that a statement answers.
func pragma(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}, text string) (string, error) {
	var value string
	if err := q.QueryRowContext(ctx, text).Scan(&value); err != nil {
		return "", fmt.Errorf("%s: %w", text, err)
	}
	return value, nil
}

// leave takes back what the connection has begun. SQLite may have done so by itself after an error, and then ROLLBACK fails;
// that a transaction can begin shows that none is open. If neither works the connection is of no use any more.
func leave(conn *sql.Conn) error {
	ctx := context.Background()
	_, err := conn.ExecContext(ctx, "ROLLBACK")
	if err == nil {
		return nil
	}
	if _, again := conn.ExecContext(ctx, "BEGIN"); again == nil {
		if _, again = conn.ExecContext(ctx, "ROLLBACK"); again == nil {
			return nil
		}
	}
	return err
}

// discard closes the driver's connection instead of giving it back to the pool. Statements on it must have been closed.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
}
