package democrm_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/cmd/escalation/internal/democrm"
	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

func TestErrorsOfTheLibrary(t *testing.T) {
	strict, err := rules.Strict()
	must(t, err)
	refusal := strict.Decide(rules.Facts{State: fsm.Pending}, events.Message{Text: "Hello"}).Refusal
	for _, c := range []struct {
		why  string
		err  error
		want *desk.Refusal // nil: err as it is
	}{
		{"taken", nil, nil},
		{"too much waits", &escalation.FullError{Kind: events.KindMessage, Pending: 1000},
			&desk.Refusal{Message: "1000 events of the conversation wait already"}},
		{"an earlier event is missing", &escalation.StrandedError{Cause: 3, Err: refusal}, &desk.Refusal{
			Rules:   []string{"sequence"},
			Message: "no agent is connected yet; escalationSuccess comes first (event 3 was to lead there and was not acknowledged)",
			Allowed: []string{"escalationQueueUpdate", "escalationSuccess", "escalationFailed"},
		}},
		{"it may have been taken", &escalation.StoreError{Err: errors.New("down")}, nil},
		{"the CRM is closing", escalation.ErrClosed, nil},
	} {
		got := democrm.AsRefusal(c.err)
		if c.want == nil {
			if got != c.err {
				t.Errorf("%s: %v became %v", c.why, c.err, got)
			}
		} else if diff := cmp.Diff(error(c.want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}
