package linear_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	_ "modernc.org/sqlite"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/store/sqlitestore"
	"github.com/escalationkit/escalation/transport"
)

// within is how long the checker may think about one history.
const within = 2 * time.Second

func TestCallsAreLinearizableInMemory(t *testing.T) {
	histories := 300
	if testing.Short() {
		histories = 20
	}
	open := 0
	for n := range histories {
		open += check(t, callers{seed: seed() + uint64(n), number: 2 + n%7, calls: 14, conversations: 1 + n%2}, memstore.New(nil))
	}
	if open > histories/20 {
		t.Errorf("%d of %d histories were too hard to judge", open, histories)
	}
}

func TestCallsAreLinearizableOnSQLite(t *testing.T) {
	for n := range 5 {
		db, err := sql.Open("sqlite", sqlitestore.ModerncDSN(filepath.Join(t.TempDir(), "crm.db")))
		if err != nil {
			t.Fatal(err)
		}
		s, err := sqlitestore.Open(t.Context(), db, nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, callers{seed: seed() + uint64(n), number: 8, calls: 10, conversations: 2}, s)
		if err := errors.Join(s.Close(), db.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func seed() uint64 { return uint64(time.Now().UnixNano()) % 1_000_000 }

// check lets callers talk to clients that come and go, and judges the history. It returns 1 if that was too hard.
func check(t *testing.T, c callers, s store.Store) (open int) {
	t.Helper()
	l := newLives(t, s)
	history := c.talk(t, l, l.maybeEnd)
	l.end(false)
	result, _ := porcupine.CheckOperationsVerbose(model.ToModel(), history, within)
	switch result {
	case porcupine.Ok:
		return 0
	case porcupine.Unknown:
		return 1
	}
	for _, o := range history {
		t.Logf("%d %10d %10d %s", o.ClientId, o.Call, o.Return, model.DescribeOperation(o.Input, o.Output))
	}
	t.Fatalf("%+v: %v", c, result)
	return 0
}

// platform takes its time, and fails now and then with what cannot change the accepted state.
type platform struct{ calls atomic.Int64 }

func (p *platform) Send(_ context.Context, r transport.Request) transport.Result {
	n := p.calls.Add(1)
	time.Sleep(time.Duration(n%4) * 100 * time.Microsecond)
	if n%5 == 0 && r.Kind != events.KindEscalationQueueUpdate {
		return transport.Result{Err: fmt.Errorf("attempt %d", n)}
	}
	return transport.Result{Class: transport.Acknowledged, Status: 200}
}
