package escalation_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport"
)

// What is easily got wrong at the edges of rounds, errors and Close.

// TestOwnTableOpensARound: in a table of the host's own an escalation may begin in another state than pending.
func TestOwnTableOpensARound(t *testing.T) {
	rows := fsm.Rows()
	for i, r := range rows {
		if r.Kind == escalate && r.From == fsm.None {
			rows[i].To = fsm.Queued
		}
	}
	table, err := fsm.Compile(rows)
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.New(table)
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(t, &network{}, &escalation.Config{Rules: set})
	must(t, client, "123", escalate)
	wantState(t, client.Conversation("123"), fsm.Queued, 1)
	must(t, client, "123", success, endSession, escalate)
	wantState(t, client.Conversation("123"), fsm.Pending, 2)
}

// TestObserversLearnOfAnImplicitOpening: Observation.From and To are equal only where nothing changed, and
// the first event of Config.ImplicitOpen leads from none to pending.
func TestObserversLearnOfAnImplicitOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var first escalation.Observation
		client := newClient(t, &network{}, &escalation.Config{ImplicitOpen: true, Observers: []escalation.Observer{
			func(_ context.Context, o escalation.Observation) {
				if o.Seq == 1 {
					first = o
				}
			},
		}})
		must(t, client, "123", success)
		if first.From != fsm.None || first.To != fsm.Pending {
			t.Errorf("first the observers learn of %v, %v -> %v; want none -> pending", first.Occasion, first.From, first.To)
		}
	})
}

// TestParkedErrorHasTheStatus: SendError.Status is that of the last attempt, and that attempt was answered 400.
func TestParkedErrorHasTheStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answer: always(transport.Result{Class: transport.Rejected, Status: 400, Err: errNetwork})}
		client := newClient(t, n, nil)
		must(t, client, "123", escalate)
		err := put(t.Context(), client, "123", samples[success].event)
		if sendErr, ok := errors.AsType[*escalation.SendError](err); !ok || sendErr.Status != 400 {
			t.Errorf("got %+v, want status 400", err)
		}
	})
}

// TestCloseRightAfterSendCutsNothingOff: when Send has returned nothing is under way.
func TestCloseRightAfterSendCutsNothingOff(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3_000 {
		client := newClient(t, &network{}, nil)
		must(t, client, "123", escalate, success)
		if err := client.Close(ended); err != nil {
			t.Fatalf("got %v, want no error", err)
		}
	}
}

// TestSecondCloseSaysNothingWrong: the first cut an attempt off and its outcome was stored, so the second has nothing to
// report about the store.
func TestSecondCloseSaysNothingWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answer: func(ctx context.Context, _ transport.Request) transport.Result {
			<-ctx.Done()
			return transport.Result{Class: transport.Unknown, Err: ctx.Err()}
		}}
		client := clientOver(t, memstore.New(nil), n, escalation.Config{})
		must(t, client, "123", escalate)
		sent := inBackground(t.Context(), client.Conversation("123"), events.EscalationSuccess{})
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		first := client.Close(ended)
		second, ok := errors.AsType[*escalation.CloseError](client.Close(t.Context()))
		if ok && second.Err == nil {
			t.Errorf("first: %v\nthen: %v", first, second)
		}
		<-sent
	})
}

// TestUnansweredSaysWhat: a repair has no kind, and is named all the same.
func TestUnansweredSaysWhat(t *testing.T) {
	for what, kind := range map[string]events.Kind{"message": events.KindMessage, "a repair": 0} {
		err := &escalation.UnansweredError{Kind: kind, Err: context.Canceled}
		if want := "escalation: " + what + " may have been accepted or not: context canceled"; err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}
