package wire

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// A Reader reads a file that a Log has written, or is writing, in this process or another. It is safe for concurrent use.
type Reader struct {
	path  string
	db    *sql.DB
	flush func(context.Context) error // nil: nothing to wait for
}

// OpenReader opens the file at path, which must be there. Of a file that nobody has open it reads what is in it now.
func OpenReader(ctx context.Context, path string) (*Reader, error) {
	if path == "" {
		return nil, errors.New("wire: the path of a database is missing")
	}
	abs, _, err := place(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(abs)
	if err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		err = ErrForeign // though a Log may yet be made of it
	}
	if err == nil {
		err = peek(ctx, abs)
	}
	if err != nil {
		return nil, openError(abs, err)
	}
	db, err := openDB(abs, readerParams(abs, 5*time.Second))
	if err != nil {
		return nil, openError(abs, err)
	}
	return &Reader{path: abs, db: db}, nil
}

// Path returns the absolute path of the file.
func (r *Reader) Path() string { return r.path }

// Flush returns when everything appended and updated before is in the file, for other readers to see.
func (r *Reader) Flush(ctx context.Context) error {
	if r.flush == nil {
		return nil
	}
	return r.flush(ctx)
}

// Close closes the file.
func (r *Reader) Close() error { return r.db.Close() }

const columns = `n, at, direction, bot, conversation, kind, method, url, headers, body, body_cut, status, outcome, detail, attempt,
	findings, took, answer`

// After returns up to limit exchanges with numbers above n, in order.
func (r *Reader) After(ctx context.Context, n int64, limit int) ([]Exchange, error) {
	return r.query(ctx, "SELECT "+columns+" FROM wire_exchange WHERE n > ? ORDER BY n LIMIT ?", n, limit)
}

// Last returns the newest exchanges, limit at most, in order.
func (r *Reader) Last(ctx context.Context, limit int) ([]Exchange, error) {
	all, err := r.query(ctx, "SELECT "+columns+" FROM wire_exchange ORDER BY n DESC LIMIT ?", limit)
	slices.Reverse(all)
	return all, err
}

// Before returns the exchanges with the largest numbers below n, limit at most, in order.
func (r *Reader) Before(ctx context.Context, n int64, limit int) ([]Exchange, error) {
	all, err := r.query(ctx, "SELECT "+columns+" FROM wire_exchange WHERE n < ? ORDER BY n DESC LIMIT ?", n, limit)
	slices.Reverse(all)
	return all, err
}

// Get returns the exchange with number n, or ErrNotFound.
func (r *Reader) Get(ctx context.Context, n int64) (Exchange, error) {
	all, err := r.query(ctx, "SELECT "+columns+" FROM wire_exchange WHERE n = ?", n)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Exchange{}, err
	}
	return all[0], nil
}

func (r *Reader) query(ctx context.Context, text string, args ...any) ([]Exchange, error) {
	if err := r.Flush(ctx); err != nil {
		return nil, err
	}
	rows, err := r.db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	defer rows.Close()
	all := []Exchange{} // [] in JSON, not null
	for rows.Next() {
		x, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("wire: %w", err)
		}
		all = append(all, x)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("wire: %w", err)
	}
	return all, nil
}

func scan(rows *sql.Rows) (x Exchange, err error) {
	var at int64
	var headers, findings []byte
	err = rows.Scan(&x.N, &at, &x.Direction, &x.Bot, &x.Conversation, &x.Kind, &x.Method, &x.URL, &headers, &x.Body, &x.BodyCut,
		&x.Status, &x.Outcome, &x.Detail, &x.Attempt, &findings, &x.Took, &x.Answer)
	if err != nil {
		return x, err
	}
	x.At = time.UnixMicro(at).UTC()
	return x, errors.Join(json.Unmarshal(headers, &x.Headers), json.Unmarshal(findings, &x.Findings))
}
