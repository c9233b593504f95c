package invariant_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

// TestLongConversations: a soak can be judged, although the ends of all rounds have the same body, or all messages have.
func TestLongConversations(t *testing.T) {
	tests := []struct {
		rounds   int
		distinct bool // message texts are
		without  int  // arrival that is taken away
		broken   []invariant.ID
		why      string
	}{
		{1000, true, -1, nil, "only the ends are alike"},
		{100, false, -1, nil, "all messages are alike"},
		{1000, true, 5003, ids{invariant.I6}, "a message did not arrive"},
		{100, true, 509, ids{invariant.I6}, "an end did not arrive"},
		{20, false, 105, ids{invariant.I6}, "one of many that are alike did not arrive"},
	}
	for _, test := range tests {
		w := long(test.rounds, test.distinct)
		if c := &w.Conversations[0]; test.without >= 0 {
			c.Trace = slices.Delete(c.Trace, test.without, test.without+1)
			for i := range c.Turns {
				if c.Turns[i].After > test.without {
					c.Turns[i].After--
				}
			}
		}
		r := invariant.Check(w)
		if diff := cmp.Diff(test.broken, r.Broken()); diff != "" {
			t.Errorf("%d rounds: %s (-want +got)\n%s%v", test.rounds, test.why, diff, r.Err())
		}
	}
}

// long is a conversation of rounds of ten events each, all acknowledged at once.
func long(rounds int, distinct bool) invariant.World {
	var c invariant.Conversation
	var all []store.Entry
	for round := 1; round <= rounds; round++ {
		c.Turns = append(c.Turns, invariant.Turn{After: len(c.Trace), Round: round})
		for i := range 10 {
			n := uint64(len(all) + 1)
			kind, text := events.KindMessage, "message"
			switch {
			case i == 0:
				kind, text = events.KindEscalationSuccess, fmt.Sprint(n)
			case i == 9:
				kind, text = events.KindAgentDisconnect, "end"
			case distinct:
				text = fmt.Sprint(n)
			}
			all = append(all, store.Entry{Event: store.Event{Number: n, Round: round, Kind: kind, Attempts: 1},
				Outcome: store.Outcome{Result: store.Acknowledged}})
			c.Calls = append(c.Calls, invariant.Call{Answer: invariant.Granted, Number: n, Round: round, Kind: kind, Body: []byte(text)})
			c.Trace = append(c.Trace, invariant.Arrival{Body: []byte(text), Answer: invariant.Acknowledged})
		}
	}
	c.Reads = []invariant.Read{{Entries: all, Conversation: store.Conversation{Revision: 1, Lane: store.Lane{
		Round: rounds, Last: uint64(len(all)), Acknowledged: fsm.Ended, Accepted: fsm.Ended}}}}
	return invariant.World{
		Knows:         invariant.Record | invariant.Trace | invariant.Calls | invariant.Rounds,
		Conversations: []invariant.Conversation{c},
	}
}
