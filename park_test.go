package escalation

import (
	"errors"
	"testing"

	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// TestParkedErrorIsOfItsOwnEvent: the last attempt of a conversation need not have been one of the event it is parked at.
func TestParkedErrorIsOfItsOwnEvent(t *testing.T) {
	refused := errors.New("no")
	last := transport.Result{Class: transport.Rejected, Status: 400, Err: refused}
	var rec record
	rec.Lane.Park = store.Park{Number: 2, Reason: store.HeadTooOld}
	for why, c := range map[string]struct {
		event  store.Event
		status int
		err    error
	}{
		"the head, attempted":       {store.Event{Number: 2, Attempts: 1}, 400, refused},
		"the head, never attempted": {store.Event{Number: 2}, 0, nil},
		"one that waits behind it":  {store.Event{Number: 3}, 0, nil},
	} {
		got, ok := errors.AsType[*SendError](parkedError(&rec, c.event, last))
		if !ok || got.Status != c.status || got.Err != c.err {
			t.Errorf("%s: status %d, error %v; want %d, %v", why, got.Status, got.Err, c.status, c.err)
		}
	}
}
