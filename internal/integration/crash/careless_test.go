package crash_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"regexp"

	"modernc.org/sqlite"
)

// careless is the name of a driver that says what the store wants to hear and does not do it: commits are not synced. A suite
// that finds no loss with it would find none anywhere.
const careless = "careless"

func init() { sql.Register(careless, &carelessDriver{}) }

type carelessDriver struct{ sqlite.Driver }

func (d *carelessDriver) Open(name string) (driver.Conn, error) {
	conn, err := d.Driver.Open(name)
	if err != nil {
		return nil, err
	}
	c := carelessConn{conn, conn.(full)}
	if _, err := c.ExecContext(context.Background(), "PRAGMA synchronous = FULL", nil); err != nil {
		return nil, err
	}
	return c, nil
}

// full is what database/sql asks of a connection and this package passes on.
type full interface {
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

type carelessConn struct {
	driver.Conn
	full
}

var (
	sets = regexp.MustCompile(`(?i)^\s*pragma\s+synchronous\s*=`)
	asks = regexp.MustCompile(`(?i)^\s*pragma\s+synchronous\s*$`)
)

func instead(query string) string {
	switch {
	case sets.MatchString(query):
		return "PRAGMA synchronous = NORMAL"
	case asks.MatchString(query):
		return "SELECT 2"
	}
	return query
}

func (c carelessConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.full.ExecContext(ctx, instead(query), args)
}

func (c carelessConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.full.QueryContext(ctx, instead(query), args)
}
