//go:build cgo

package sqlite_test

import (
	_ "github.com/mattn/go-sqlite3"

	"github.com/escalationkit/escalation/store/sqlitestore"
)

func init() { backends = append(backends, backend{"sqlite3", sqlitestore.MattnDSN}) }
