package invariant_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

// hand is a world made by hand, to be changed in one place. As it is, it is legal:
//
//	1 queue update  acknowledged
//	2 success       acknowledged
//	3 message       unknown, then acknowledged: it arrived twice
//	4 message       rejected
//	5 message       acknowledged
//	6 message       pending
//
// in round 1, read when the first copy of 3 had arrived and at the end.
type hand struct {
	w invariant.World
	c *invariant.Conversation
	r *invariant.Read // the last
}

func body(n uint64) []byte { return fmt.Appendf(nil, "body %d", n) }

func sec(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }

func made() *hand {
	kinds := []events.Kind{events.KindEscalationQueueUpdate, events.KindEscalationSuccess,
		events.KindMessage, events.KindMessage, events.KindMessage, events.KindMessage}
	results := []store.Result{store.Acknowledged, store.Acknowledged, store.Acknowledged, store.Rejected, store.Acknowledged, 0}
	c := invariant.Conversation{Key: store.Key{Bot: "b", Conversation: "c"}}
	var all []store.Entry
	for i, k := range kinds {
		n := uint64(i + 1)
		e := store.Entry{Event: store.Event{Number: n, Round: 1, Kind: k, Attempts: 1}, AcceptedAt: sec(i), Body: body(n)}
		if e.Outcome.Result = results[i]; e.Outcome.Result == store.Acknowledged {
			e.Body = nil
		}
		all = append(all, e)
		c.Calls = append(c.Calls, invariant.Call{Answer: invariant.Granted, Began: sec(10 * i), Ended: sec(10*i + 5),
			Kind: k, Body: body(n), Number: n, Round: 1})
	}
	all[2].Attempts, all[2].Unknown, all[2].Spent = 2, 1, 1
	all[5].Attempts = 0

	early := slices.Clone(all[:3])
	early[2] = store.Entry{Event: store.Event{Number: 3, Round: 1, Kind: events.KindMessage, Attempts: 1, Begun: true},
		AcceptedAt: all[2].AcceptedAt, Body: body(3)}
	connected := func(revision, last uint64, pending store.Event) store.Conversation {
		return store.Conversation{Revision: revision, Seq: revision, Lane: store.Lane{Round: 1, Accepted: fsm.Connected,
			Acknowledged: fsm.Connected, Last: last, Pending: []store.Event{pending}}}
	}
	c.Reads = []invariant.Read{
		{Conversation: connected(8, 3, early[2].Event), Entries: early, Arrived: 3},
		{Conversation: connected(20, 6, all[5].Event), Entries: all},
	}
	c.Trace = []invariant.Arrival{
		{Body: body(1), Answer: invariant.Acknowledged}, {Body: body(2), Answer: invariant.Acknowledged},
		{Body: body(3), Answer: invariant.Unknown}, {Body: body(3), Answer: invariant.Acknowledged},
		{Body: body(4), Answer: invariant.Rejected}, {Body: body(5), Answer: invariant.Acknowledged},
	}
	h := &hand{w: invariant.World{
		Knows:         invariant.Record | invariant.Parks | invariant.Trace | invariant.Calls | invariant.Times,
		Conversations: []invariant.Conversation{c},
	}}
	h.c = &h.w.Conversations[0]
	h.r = &h.c.Reads[1]
	return h
}

// log gives the world a log as well: the attempts of the record.
func (h *hand) log(then ...invariant.Note) {
	h.w.Knows |= invariant.Log
	attempt := func(n uint64, c invariant.Class) {
		h.c.Log = append(h.c.Log, invariant.Note{What: invariant.Begun, Number: n, Round: 1}, invariant.Note{What: invariant.Ended, Number: n, Class: c})
	}
	attempt(1, invariant.Acknowledged)
	attempt(2, invariant.Acknowledged)
	attempt(3, invariant.Unknown)
	attempt(3, invariant.Acknowledged)
	attempt(4, invariant.Rejected)
	attempt(5, invariant.Acknowledged)
	h.c.Log = append(h.c.Log, then...)
}

func (h *hand) lane() *store.Lane { return &h.r.Conversation.Lane }

func (h *hand) entry(n uint64) *store.Entry { return &h.r.Entries[n-1] }

// set changes an event in the history and in the lane.
func (h *hand) set(n uint64, change func(e *store.Event)) {
	change(&h.entry(n).Event)
	for i := range h.lane().Pending {
		if p := &h.lane().Pending[i]; p.Number == n {
			change(p)
		}
	}
}

// kind changes what an event is, everywhere.
func (h *hand) kind(n uint64, k events.Kind) {
	h.set(n, func(e *store.Event) { e.Kind = k })
	h.c.Calls[n-1].Kind = k
}

// result resolves an event otherwise.
func (h *hand) result(n uint64, r store.Result) {
	e := h.entry(n)
	e.Outcome, e.Body = store.Outcome{Result: r}, body(n)
	if r == store.Acknowledged {
		e.Body = nil
	}
	h.lane().Pending = slices.DeleteFunc(h.lane().Pending, func(p store.Event) bool { return p.Number == n })
}

// arrived says in which order bodies arrived, with a letter for each answer: a acknowledged, u unknown, r rejected, l later,
// k key refused, s scope refused.
func (h *hand) arrived(arrivals ...string) {
	h.c.Trace = nil
	for _, a := range arrivals {
		answer := map[byte]invariant.Class{'a': invariant.Acknowledged, 'u': invariant.Unknown, 'r': invariant.Rejected,
			'l': invariant.RefusedLater, 'k': invariant.RefusedScope, 's': invariant.RefusedScope}[a[1]]
		h.c.Trace = append(h.c.Trace, invariant.Arrival{Body: body(uint64(a[0] - '0')), Answer: answer, KeyRefused: a[1] == 'k'})
	}
}

// park parks the conversation at event 6.
func (h *hand) park(reason store.Reason, cause uint64) {
	h.lane().Park = store.Park{Number: 6, Reason: reason, Cause: cause}
	h.r.Parked = true
}

// again reads the conversation once more, as it is.
func (h *hand) again() {
	next := h.c.Reads[1]
	next.Entries = slices.Clone(next.Entries)
	next.Conversation.Lane.Pending = slices.Clone(next.Conversation.Lane.Pending)
	h.c.Reads[1].Arrived = len(h.c.Trace)
	h.c.Reads = append(h.c.Reads, next)
	h.r = &h.c.Reads[2]
	h.r.Conversation.Revision++
}

// only leaves nothing but what is given.
func (h *hand) only(a invariant.Ability) {
	c := invariant.Conversation{Key: h.c.Key}
	if a&invariant.Record != 0 {
		c.Reads = h.c.Reads
	}
	if a&invariant.Log != 0 {
		c.Log = h.c.Log
	}
	h.w.Knows, *h.c = a, c
}

// example is a world made by hand and what is broken in it.
type example struct {
	why string
	// broken: first what the example is about, then what cannot hold either. nil: it is legal, by little.
	broken []invariant.ID
	change func(h *hand)
}

func TestExamples(t *testing.T) {
	if err := invariant.Check(made().w).Err(); err != nil {
		t.Fatalf("the world that all examples start from: %v", err)
	}
	violating, legal := map[invariant.ID]int{}, 0
	for _, x := range slices.Concat(orderExamples, copyExamples, conservationExamples, stateExamples, recordExamples) {
		t.Run(x.why, func(t *testing.T) {
			h := made()
			x.change(h)
			r := invariant.Check(h.w)
			want := slices.Clone(x.broken)
			slices.Sort(want)
			if diff := cmp.Diff(want, r.Broken()); diff != "" {
				t.Errorf("broken (-want +got):\n%s%v", diff, r.Err())
			}
		})
		if len(x.broken) == 0 {
			legal++
		} else {
			violating[x.broken[0]]++
		}
	}
	for _, id := range invariant.IDs() {
		if violating[id] < 3 {
			t.Errorf("%v has %d examples that break it, want at least 3", id, violating[id])
		}
	}
	t.Logf("violating %v, legal %d", violating, legal)
}
