package wire

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/escalationkit/escalation/store/sqlitestore"
)

var (
	// ErrInUse: another Log has the file open, or another program keeps it locked.
	ErrInUse = errors.New("it is in use by another program")
	// ErrForeign: the file is no SQLite database, or one that this program did not make.
	ErrForeign = errors.New("it is not a database that this program made")
	// ErrNotFound: no exchange has the number, or it is not kept any more.
	ErrNotFound = errors.New("wire: no such exchange")
	// ErrClosed: the Log is closed.
	ErrClosed = errors.New("wire: log closed")
)

// applicationID marks a database as made by this program: "escw".
const applicationID = 0x65736377

const schema = `CREATE TABLE IF NOT EXISTS wire_exchange (
	n            INTEGER PRIMARY KEY,
	at           INTEGER NOT NULL, -- microseconds since 1970
	direction    TEXT    NOT NULL,
	bot          TEXT    NOT NULL,
	conversation TEXT    NOT NULL,
	kind         TEXT    NOT NULL,
	method       TEXT    NOT NULL,
	url          TEXT    NOT NULL,
	headers      TEXT    NOT NULL, -- JSON
	body         TEXT    NOT NULL,
	body_cut     INTEGER NOT NULL,
	status       INTEGER NOT NULL,
	outcome      TEXT    NOT NULL,
	detail       TEXT    NOT NULL,
	attempt      INTEGER NOT NULL,
	findings     TEXT    NOT NULL, -- JSON
	took         REAL    NOT NULL, -- milliseconds
	answer       TEXT    NOT NULL
) STRICT`

// orphans ends what was held when an earlier Log was killed: nobody will answer it any more.
const orphans = `UPDATE wire_exchange SET outcome = '` + Failed + `', status = 0, detail = 'it was held when the program ended' WHERE outcome = '` + Held + `'`

// openDB opens the file with settings that suit a log: a crash of the machine may lose the end of it.
func openDB(path string, params string) (*sql.DB, error) {
	dsn, _, _ := strings.Cut(sqlitestore.ModerncDSN(path), "?")
	return sql.Open("sqlite", dsn+"?"+params)
}

func writerParams(busy time.Duration) string {
	return fmt.Sprintf("_pragma=busy_timeout(%d)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate", busy.Milliseconds())
}

// prepare makes sure that the database is ours and has the table.
func prepare(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing is left of it after a commit
	if err := ours(ctx, tx); err != nil {
		return err
	}
	for _, text := range []string{fmt.Sprintf("PRAGMA application_id = %d", applicationID), schema, orphans} {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// ours refuses a database that holds something and is not marked.
func ours(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) error {
	var id, tables int
	if err := q.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if err := q.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	if id != applicationID && (id != 0 || tables > 0) {
		return ErrForeign
	}
	return nil
}

// peek looks at a file that is there already, without changing it: setting the journal mode would.
func peek(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	case info.Size() == 0:
		return nil
	}
	db, err := openDB(path, readerParams(path, time.Second))
	if err != nil {
		return err
	}
	defer db.Close()
	return ours(ctx, db)
}

// readerParams are for reading a file. Where nobody writes it, all of it is in the one file; SQLite would otherwise leave
// others beside it, and could read nothing in a folder that it cannot write.
func readerParams(path string, busy time.Duration) string {
	if absent(path+"-wal") && absent(path+"-journal") {
		return "mode=ro&immutable=1"
	}
	return fmt.Sprintf("mode=ro&_pragma=busy_timeout(%d)", busy.Milliseconds())
}

func absent(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// openError says in one line what is wrong with the file.
func openError(path string, err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
			err = ErrForeign
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			err = ErrInUse
		case sqlite3.SQLITE_CANTOPEN:
			err = errors.New("the file cannot be opened or made")
		case sqlite3.SQLITE_READONLY:
			err = errors.New("it cannot be written")
		}
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return fmt.Errorf("wire: database %q: %w", path, err)
}

// lock takes the file next to the database that says that a Log has it open. It is a database of its own, kept locked, for SQLite's
// locks work on every system and end with the process. The file stays: removing it would let two Logs lock two files of the
// same name.
func lock(ctx context.Context, path string) (*sql.DB, error) {
	db, err := openDB(path+"-wire.lock", "_pragma=busy_timeout(0)&_pragma=locking_mode(EXCLUSIVE)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetConnMaxLifetime(0)
	if _, err := db.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// place returns an absolute path for the database, and a folder to remove at the end if it is a temporary one.
func place(path string) (abs, remove string, err error) {
	if path == "" {
		dir, err := os.MkdirTemp("", "escalation-*")
		if err != nil {
			return "", "", fmt.Errorf("wire: a temporary folder for the database cannot be made: %w; TMPDIR names another place for it", err)
		}
		return filepath.Join(dir, "sandbox.db"), dir, nil
	}
	if u, err := url.Parse(path); err == nil && len(u.Scheme) > 1 {
		return "", "", fmt.Errorf("wire: database %q: a path is wanted, not a URL", path)
	}
	if abs, err = filepath.Abs(path); err != nil {
		return "", "", err
	}
	// The lock goes by the name, so one file must have one name.
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real, "", nil
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil { // the file is not there yet
		abs = filepath.Join(dir, filepath.Base(abs))
	}
	return abs, "", nil
}
