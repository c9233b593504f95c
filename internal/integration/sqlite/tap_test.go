package sqlite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"testing"
)

// tap is a driver around another one. It shows every statement before it is executed and can make it fail, before or
// after it was.
type tap struct {
	base driver.Driver
	dsn  string

	mu     sync.Mutex
	seen   []string
	before func(statement string) error // called under mu
	after  func(statement string) error // called under mu, when the statement succeeded
	setUp  []string                     // executed on every new connection
}

// tapped opens a pool through a tap.
func (b backend) tapped(t testing.TB, path string, setUp ...string) (*sql.DB, *tap) {
	t.Helper()
	plain, err := sql.Open(b.name, b.dsn(path))
	check(t, err)
	check(t, plain.Close())
	p := &tap{base: plain.Driver(), dsn: b.dsn(path), setUp: setUp}
	db := sql.OpenDB(p)
	t.Cleanup(func() { check(t, db.Close()) })
	return db, p
}

// fail sets what decides on the statements from now on; nil lets all pass.
func (p *tap) fail(before, after func(statement string) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before, p.after = before, after
}

// count returns how often statements that begin so were executed.
func (p *tap) count(prefix string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, s := range p.seen {
		if strings.HasPrefix(s, prefix) {
			n++
		}
	}
	return n
}

func (p *tap) Driver() driver.Driver { return p.base }

func (p *tap) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.base.Open(p.dsn)
	if err != nil {
		return nil, err
	}
	tc := &tapConn{Conn: c, tap: p}
	for _, s := range p.setUp {
		rows, err := c.(driver.QueryerContext).QueryContext(ctx, s, nil)
		if err == nil {
			if n := len(rows.Columns()); n > 0 {
				_ = rows.Next(make([]driver.Value, n)) // a PRAGMA acts when it is stepped
			}
			err = rows.Close()
		}
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return tc, nil
}

// do executes a statement unless the tap has it fail.
func do[T any](p *tap, statement string, execute func() (T, error)) (result T, err error) {
	if err := p.hook(statement, true); err != nil {
		return result, err
	}
	if result, err = execute(); err != nil {
		return result, err
	}
	if err = p.hook(statement, false); err != nil {
		if rows, ok := any(result).(driver.Rows); ok {
			err = errors.Join(err, rows.Close())
		}
	}
	return result, err
}

func (p *tap) hook(statement string, before bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	hook := p.after
	if before {
		p.seen = append(p.seen, statement)
		hook = p.before
	}
	if hook == nil {
		return nil
	}
	return hook(statement)
}

type tapConn struct {
	driver.Conn
	tap *tap
}

func (c *tapConn) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	return do(c.tap, q, func() (driver.Result, error) { return c.Conn.(driver.ExecerContext).ExecContext(ctx, q, args) })
}

func (c *tapConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	return do(c.tap, q, func() (driver.Rows, error) { return c.Conn.(driver.QueryerContext).QueryContext(ctx, q, args) })
}

func (c *tapConn) PrepareContext(ctx context.Context, q string) (driver.Stmt, error) {
	stmt, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	return &tapStmt{Stmt: stmt, tap: c.tap, text: q}, nil
}

func (c *tapConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
}

type tapStmt struct {
	driver.Stmt
	tap  *tap
	text string
}

func (s *tapStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return do(s.tap, s.text, func() (driver.Result, error) { return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args) })
}

func (s *tapStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return do(s.tap, s.text, func() (driver.Rows, error) { return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args) })
}
