package integration_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/sqlitestore"
	"github.com/escalationkit/escalation/transport"
)

// enlisting is a client on a SQLite file in which the host has a table of its own.
type enlisting struct {
	*testing.T
	db     *sql.DB
	kept   *sqlitestore.Store
	client *escalation.Client
	conv   *escalation.Conversation
}

func newEnlisting(t *testing.T, tr transport.Transport) *enlisting {
	t.Helper()
	ctx := context.Background()
	db := must(sql.Open("sqlite", sqlitestore.ModerncDSN(filepath.Join(t.TempDir(), "crm.db"))))(t)
	t.Cleanup(func() { db.Close() })
	must(db.Exec("CREATE TABLE ticket (id INTEGER PRIMARY KEY)"))(t)
	kept := must(sqlitestore.Open(ctx, db, nil))(t)
	t.Cleanup(func() { kept.Close() })
	client := must(escalation.New(kept, tr, &escalation.Config{Bot: "bot", Logger: slog.New(slog.DiscardHandler)}))(t)
	t.Cleanup(func() {
		if err := client.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	e := &enlisting{t, db, kept, client, client.Conversation("123")}
	if err := e.conv.Open(ctx); err != nil {
		t.Fatal(err)
	}
	return e
}

// transaction runs f together with a row of the host's own.
func (e *enlisting) transaction(f func(tx store.Tx), end func(*sql.Tx) error) {
	e.Helper()
	tx := must(e.db.Begin())(e.T)
	must(tx.Exec("INSERT INTO ticket DEFAULT VALUES"))(e.T)
	f(e.kept.In(tx))
	if err := end(tx); err != nil {
		e.Fatal(err)
	}
}

// want holds the host's rows and the accepted events against what should be there.
func (e *enlisting) want(tickets, accepted int, why string) {
	e.Helper()
	var n int
	if err := e.db.QueryRow("SELECT count(*) FROM ticket").Scan(&n); err != nil {
		e.Fatal(err)
	}
	entries := must(e.conv.History(context.Background(), 0, 100))(e.T)
	if diff := cmp.Diff([2]int{tickets, accepted}, [2]int{n, len(entries)}); diff != "" {
		e.Errorf("%s: tickets and events (-want +got):\n%s", why, diff)
	}
}

// TestAcceptIn: the host's row and the event are kept together or not at all.
func TestAcceptIn(t *testing.T) {
	e := newEnlisting(t, &escalationtest.Recorder{})
	ctx := context.Background()
	success, message := events.EscalationSuccess{Agent: "Ann"}, events.Message{Text: "Hello"}

	e.transaction(func(tx store.Tx) {
		if r, err := e.conv.AcceptIn(ctx, tx, success); err != nil || r.Number != 1 {
			t.Fatalf("got %+v, %v", r, err)
		}
		if s := must(e.conv.Status(ctx))(t); s.Last != 0 {
			t.Errorf("seen before the commit: %+v", s)
		}
	}, (*sql.Tx).Rollback)
	e.want(0, 0, "rolled back")

	e.transaction(func(tx store.Tx) {
		_, err := e.conv.AcceptIn(ctx, tx, message)
		if refusal, ok := errors.AsType[*rules.Refusal](err); !ok || !refusal.Breaks(rules.SequenceID) {
			t.Fatalf("got %v, want a refusal", err)
		}
	}, (*sql.Tx).Commit)
	e.want(1, 0, "refused: the host goes on without it")

	e.transaction(func(tx store.Tx) {
		for i, event := range []events.Outbound{success, message, message} {
			if r, err := e.conv.AcceptIn(ctx, tx, event); err != nil || r.Number != uint64(i+1) {
				t.Fatalf("got %+v, %v, want number %d", r, err, i+1)
			}
		}
		first := must(e.conv.AcceptIn(ctx, tx, message, escalation.WithKey("once")))(t)
		again := must(e.conv.AcceptIn(ctx, tx, message, escalation.WithKey("once")))(t)
		if !again.Repeated || again.Number != first.Number {
			t.Errorf("the key gave %+v, then %+v", first, again)
		}
	}, (*sql.Tx).Commit)
	e.want(2, 4, "committed: numbers go on where those before the rollback would have begun")

	e.client.Wake()
	if _, err := e.conv.Wait(ctx, 4); err != nil {
		t.Errorf("after the commit it is sent: %v", err)
	}
}

// TestAcceptInDuringAnAttempt: the transaction changes the record of a conversation that the client has in hand. Nothing of
// either is lost.
func TestAcceptInDuringAnAttempt(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	e := newEnlisting(t, &escalationtest.Recorder{Answer: func(context.Context, transport.Request) transport.Result {
		once.Do(func() { close(begun); <-release })
		return transport.Result{Class: transport.Acknowledged, Status: 200}
	}})
	ctx := context.Background()
	must(e.conv.Accept(ctx, events.EscalationSuccess{}))(t)
	<-begun
	e.transaction(func(tx store.Tx) {
		must(e.conv.AcceptIn(ctx, tx, events.Message{Text: "Hello"}))(t)
	}, (*sql.Tx).Commit)
	e.client.Wake()
	close(release)
	for number := range uint64(2) {
		if result, err := e.conv.Wait(ctx, number+1); err != nil || result.Attempts != 1 {
			t.Errorf("event %d: %+v, %v; want it acknowledged at the first attempt", number+1, result, err)
		}
	}
}

// TestAcceptInRefusesMisuse: no transaction, one that is over, a client that is closed.
func TestAcceptInRefusesMisuse(t *testing.T) {
	e := newEnlisting(t, &escalationtest.Recorder{})
	ctx := context.Background()
	if _, err := e.conv.AcceptIn(ctx, nil, events.EscalationSuccess{}); err == nil {
		t.Error("accepted without a transaction")
	}
	tx := must(e.db.Begin())(t)
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	_, err := e.conv.AcceptIn(ctx, e.kept.In(tx), events.EscalationSuccess{})
	if _, ok := errors.AsType[*escalation.StoreError](err); !ok || !errors.Is(err, sql.ErrTxDone) {
		t.Errorf("got %v, want a *StoreError that wraps sql.ErrTxDone", err)
	}
	if _, err := e.conv.Accept(ctx, events.EscalationSuccess{}); err != nil {
		t.Errorf("the store must go on after a transaction that failed: %v", err)
	}
	if err := e.client.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := e.conv.AcceptIn(ctx, e.kept.In(tx), events.EscalationSuccess{}); !errors.Is(err, escalation.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}
