package delivery_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
)

// A head without its effect never enters the acknowledged state; what counted on it is stranded.
func TestCascade(t *testing.T) {
	check(t, []example{
		{none, "open S M D ? rejected state skip:1 state ? skip:2 state ?",
			"send 1; park at 1: rejected; pending/ended; 1 skipped; pending/pending; nothing; park at 2: stranded by 1; " +
				"2 stranded by 1; 3 stranded by 1; pending/pending; nothing", "everything behind a success counts on it"},
		{none, "open S M ? rejected skip:1 M S M state ? skip:2 ?",
			"send 1; park at 1: rejected; 1 skipped; M refused in pending; pending/connected; nothing; park at 2: stranded by 1; 2 stranded by 1; send 3",
			"a second success carries those behind it alone"},
		{none, "open Q S M ? rejected state ?", "send 1; 1 rejected; pending/connected; send 2", "nothing counts on a queue update"},
		{none, "open S M M ? ok ? rejected ?", "send 1; 1 acknowledged; send 2; 2 rejected; send 3", "nor on a message"},
		{none, "open S M +31m ? skip:1 ?", "nothing; park at 1: too old; 1 skipped; nothing; park at 2: stranded by 1",
			"stranded and too old: the cause is what matters"},
		{none, "open S M ? rejected skip:1 ? end state", "send 1; park at 1: rejected; 1 skipped; nothing; park at 2: stranded by 1; 2 cancelled; ended/ended",
			"the visitor's end frees a stranded lane"},
		{none, "open S M ? rejected skip:1 ? retry:2 replace:2:M mark:2 abort:2 state",
			"send 1; park at 1: rejected; 1 skipped; nothing; park at 2: stranded by 1; " +
				"refused: " + noAgent + "; refused: " + noAgent + "; refused: " + noAgent + "; 2 cancelled; ended/ended",
			"no verb gets a stranded event past the guard"},
		{none, "open S ? ok D ? rejected skip:2 state M ?",
			"send 1; 1 acknowledged; send 2; park at 2: rejected; 2 skipped; connected/connected; send 3", "without the end the agent goes on"},
		{none, "open S D ? rejected skip:1 F state ? skip:2 ?",
			"send 1; park at 1: rejected; 1 skipped; pending/failed; nothing; park at 2: stranded by 1; 2 stranded by 1; send 3",
			"an end stranded, a failure instead"},
		{none, "open S M S ? rejected skip:1 ? skip:2 S M ? rejected skip:3 ?",
			"S refused in connected; send 1; park at 1: rejected; 1 skipped; nothing; park at 2: stranded by 1; 2 stranded by 1; " +
				"send 3; park at 3: rejected; 3 skipped; nothing; park at 4: stranded by 3", "the cause is the latest one"},
		{none, "open Q S ? ok ? rejected skip:2 Q ? ok", "send 1; 1 acknowledged; send 2; park at 2: rejected; 2 skipped; send 3; 3 acknowledged",
			"back to waiting"},
	})
}

const noAgent = "fsm: message refused in state pending: no agent is connected yet; escalationSuccess comes first; " +
	"allowed: escalationQueueUpdate, escalationSuccess, escalationFailed"

// Every verb where it is legal, for every reason to park but the stranded one, which is above.
func TestRepairs(t *testing.T) {
	check(t, []example{
		{none, "open S M ? rejected retry:1 ? ok ?", "send 1; park at 1: rejected; send 1; 1 acknowledged; send 2", "once more"},
		{none, "open S M ? rejected replace:1:S ? ok ?", "send 1; park at 1: rejected; send 1; 1 acknowledged; send 2", "with another text"},
		{none, "open S M ? rejected mark:1 state ?", "send 1; park at 1: rejected; 1 acknowledged; connected/connected; send 2", "it took effect after all"},
		{none, "open S M ? rejected skip:1 state", "send 1; park at 1: rejected; 1 skipped; pending/pending", "never mind"},
		{none, "open S M ? rejected abort:1 state ?", "send 1; park at 1: rejected; 1 cancelled; 2 cancelled; ended/ended; nothing", "give up"},

		{none, "open S +31m ? retry:1 +30m ? notsent +1ns ?", "nothing; park at 1: too old; send 1; nothing; park at 1: too old", "a retry is as young as new"},
		{none, "open S +31m ? skip:1 ?", "nothing; park at 1: too old; 1 skipped; nothing", "never mind"},
		{none, "open S +31m ? mark:1 state", "nothing; park at 1: too old; 1 acknowledged; connected/connected", "it took effect"},
		{none, "open S +31m ? abort:1 state", "nothing; park at 1: too old; 1 cancelled; ended/ended", "give up"},

		{none, "open S ? ok M ? unknown +5s ? unknown +10s ? unknown | retry:2 ? +5s ? unknown ? +5s ? unknown ? +10s ? unknown",
			"wait 5s; send 2; wait 5s; send 2; wait 10s; send 2; park at 2: unknown", "fresh budgets, after the settle time"},
		{none, "open S ? notsent +1m ? notsent +1m ? notsent +1m ? rejected retry:1 ? notsent ?",
			"send 1; send 1; send 1; send 1; park at 1: rejected; send 1; wait 125ms", "fresh waits too"},
		{hold, "open S ? ok M ? unknown skip:2 M ? +5s ?", "send 1; 1 acknowledged; send 2; park at 2: unknown; 2 skipped; wait 5s; send 3",
			"skipped, yet the copy may be under way still"},
		{hold, "open S ? ok M ? unknown abort:2 open S ?", "send 1; 1 acknowledged; send 2; park at 2: unknown; 2 cancelled; wait 5s", "likewise"},

		{none, "retry:0 retry:1 skip:0 abort:0 mark:0 replace:0:M", strings.Repeat("refused: the conversation is not parked; ", 5) +
			"refused: the conversation is not parked", "never opened"},
		{none, "open S ? retry:1 ok skip:1", "send 1; refused: the conversation is not parked; 1 acknowledged; refused: the conversation is not parked",
			"a lane that is not parked needs no repair"},
		{none, "open S M ? rejected retry:2 skip:2 mark:2 abort:2 replace:2:M abort:0", "send 1; park at 1: rejected; " +
			strings.Repeat("refused: the event is not the one it is parked at; ", 5) + "refused: the event is not the one it is parked at",
			"the verb was meant for another state of things"},
		{none, "open S ? rejected replace:1:M replace:1:F", "send 1; park at 1: rejected; " +
			"refused: a replacement must be of the same kind; refused: a replacement must be of the same kind", "another kind is another event"},
		{none, "open S ? rejected recover ? ok open", "send 1; park at 1: rejected; nothing", "nothing but a repair or an end frees a parked lane [D10]"},
		{none, "open S ? rejected ?scope ?breaker +24h ?", "send 1; park at 1: rejected; nothing; nothing; nothing", "likewise"},
	})
}

func TestRepairErrors(t *testing.T) {
	m := machine(t, none)
	l, now := store.Lane{}, start
	l, _ = m.Open(l)
	l, _, _ = m.Accept(l, events.KindEscalationSuccess, now)
	l, _, _ = m.Accept(l, events.KindMessage, now)
	stuck := l
	stuck.Park = store.Park{Number: 1, Reason: store.HeadRejected}
	stranded := l
	stranded.Pending = l.Pending[1:]
	stranded.Park = store.Park{Number: 2, Reason: store.HeadStranded, Cause: 1}

	for _, c := range []struct {
		name   string
		lane   store.Lane
		verb   store.Verb
		number uint64
		kind   events.Kind
		err    error
		text   string
	}{
		{"not parked", l, store.Retry, 1, 0, delivery.ErrNotParked, "delivery: cannot retry event 1: the conversation is not parked"},
		{"behind the head", stuck, store.Skip, 2, 0, delivery.ErrNotHead, "delivery: cannot skip event 2: the event is not the one it is parked at"},
		{"another kind", stuck, store.Replace, 1, events.KindMessage, delivery.ErrOtherKind,
			"delivery: cannot replace event 1: a replacement must be of the same kind"},
		{"no verb", stuck, 0, 1, 0, delivery.ErrUnknownAct, "delivery: cannot Verb(0) event 1: unknown verb"},
		{"beyond the verbs", stuck, store.Abort + 1, 1, 0, delivery.ErrUnknownAct, "delivery: cannot Verb(6) event 1: unknown verb"},
		{"guard", stranded, store.MarkAcknowledged, 2, 0, nil, "delivery: cannot mark acknowledged event 2: " + noAgent},
	} {
		after, done, err := m.Repair(c.lane, c.verb, c.number, c.kind, now)
		var refused *delivery.RepairError
		var guard *fsm.TransitionError
		switch {
		case !errors.As(err, &refused):
			t.Errorf("%s: %v is no RepairError", c.name, err)
			continue
		case c.err != nil && !errors.Is(err, c.err), c.err == nil && !errors.As(err, &guard):
			t.Errorf("%s: it wraps %v", c.name, refused.Err)
		case err.Error() != c.text:
			t.Errorf("%s: %q, want %q", c.name, err, c.text)
		case done != nil:
			t.Errorf("%s: resolved %v", c.name, done)
		}
		want := &delivery.RepairError{Verb: c.verb, Number: c.number, Park: c.lane.Park, Err: refused.Err}
		if *refused != *want {
			t.Errorf("%s: %+v, want %+v", c.name, refused, want)
		}
		if diff := cmp.Diff(c.lane, after); diff != "" {
			t.Errorf("%s: a refused repair changed the lane: %s", c.name, diff)
		}
	}
}
