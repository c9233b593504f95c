package delivery_test

import (
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
)

// A round begins in the state that the table in use names. A table can say so for the first one; after an end it has to
// be pending.
func TestRoundsBeginWhereTheTableSays(t *testing.T) {
	rows := fsm.Rows()
	for i, r := range rows {
		if r.Kind == events.KindWidgetEscalate && r.From == fsm.None {
			rows[i].To = fsm.Queued
		}
	}
	table, err := fsm.Compile(rows)
	if err != nil {
		t.Fatal(err)
	}
	m, err := delivery.New(table, delivery.DefaultPolicy(delivery.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lane store.Lane
		want fsm.State
		why  string
	}{
		{store.Lane{}, fsm.Queued, "never opened"},
		{store.Lane{Round: 3, Acknowledged: fsm.Ended, Accepted: fsm.Ended}, fsm.Pending, "ended"},
		{store.Lane{Round: 3, Acknowledged: fsm.Failed, Accepted: fsm.Failed}, fsm.Pending, "failed"},
		{store.Lane{Round: 3, Acknowledged: fsm.Connected, Accepted: fsm.Connected, MaybeOver: true}, fsm.Pending, "may be over"},
		{store.Lane{Round: 3, Acknowledged: fsm.Connected, Accepted: fsm.Connected}, fsm.Connected, "a repeat"},
	} {
		got, _ := m.Open(c.lane)
		if got.Acknowledged != c.want || got.Accepted != c.want {
			t.Errorf("%s: %v/%v, want %v", c.why, got.Acknowledged, got.Accepted, c.want)
		}
	}
}
