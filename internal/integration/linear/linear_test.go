package linear_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	_ "modernc.org/sqlite"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/store/sqlitestore"
	"github.com/escalationkit/escalation/transport"
)

// within is how long the checker may think about one history.
const within = 20 * time.Second

func TestCallsAreLinearizableInMemory(t *testing.T) {
	histories := 600
	if testing.Short() {
		histories = 20
	}
	for n := range histories {
		check(t, callers{seed: seed() + uint64(n), number: 2 + n%7, calls: 14, conversations: 1 + n%2}, memstore.New(nil))
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

// check lets callers talk to clients that come and go, and judges the history.
func check(t *testing.T, c callers, s store.Store) {
	t.Helper()
	l := newLives(t, s)
	history := c.talk(t, client{&l.now}, l.maybeEnd)
	l.end(false)
	result, _ := porcupine.CheckOperationsVerbose(model.ToModel(), history, within)
	if result == porcupine.Ok {
		return
	}
	for _, o := range history {
		t.Logf("%d %10d %10d %s", o.ClientId, o.Call, o.Return, model.DescribeOperation(o.Input, o.Output))
	}
	t.Fatalf("%+v: %v", c, result)
}

// lives are clients on the same store, one after the other.
type lives struct {
	t     testing.TB
	store store.Store
	now   atomic.Pointer[escalation.Client]
	fuse  *fuse
}

func newLives(t testing.TB, s store.Store) *lives {
	l := &lives{t: t, store: s}
	l.begin()
	return l
}

func (l *lives) begin() {
	l.fuse = &fuse{Store: l.store}
	c, err := escalation.New(l.fuse, &platform{}, &escalation.Config{Settle: time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		l.t.Error(err)
		return
	}
	l.now.Store(c)
}

// maybeEnd ends a life now and then, and begins the next.
func (l *lives) maybeEnd(rng *rand.Rand) {
	if what := rng.IntN(10); what < 2 {
		l.end(what == 0)
		l.begin()
	}
}

// end closes the client, or lets it die: from now on nothing that it does has any effect.
func (l *lives) end(dies bool) {
	if dies {
		l.fuse.blow()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := l.now.Load().Close(ctx)
	if _, reported := errors.AsType[*escalation.CloseError](err); err != nil && !(dies && reported) {
		l.t.Errorf("Close: %v", err)
	}
}

// fuse is a store that can be cut off.
type fuse struct {
	store.Store
	mu   sync.RWMutex
	gone bool
}

var errGone = errors.New("the process is dead")

func (f *fuse) blow() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = true
}

func (f *fuse) Load(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.gone {
		return store.Snapshot{}, errGone
	}
	return f.Store.Load(ctx, key, q)
}

func (f *fuse) Commit(ctx context.Context, c store.Change) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.gone {
		return errGone
	}
	return f.Store.Commit(ctx, c)
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
