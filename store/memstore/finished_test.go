package memstore_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/memstore"
)

// end takes a connected conversation to its end.
func (c *script) end() {
	c.conv.Lane.Accepted, c.conv.Lane.Acknowledged = fsm.Ended, fsm.Ended
	c.send(events.KindAgentDisconnect, `{"eventType":"agentDisconnect"}`)
}

func (c *script) kept() bool {
	c.t.Helper()
	found, err := c.s.Load(context.Background(), c.key, store.Query{})
	if err != nil {
		c.t.Fatal(err)
	}
	entries, err := c.s.History(context.Background(), c.key, 0, store.NoLimit)
	if err != nil {
		c.t.Fatal(err)
	}
	if got, want := len(entries), int(found.Conversation.Lane.Last); got != want {
		c.t.Errorf("%d entries in the history of a conversation with %d events", got, want)
	}
	return found.Conversation.Revision > 0
}

func TestTheFirstFinishedIsForgotten(t *testing.T) {
	s := memstore.New(&memstore.Config{KeepFinished: 2})
	var all []*script
	for n := range 6 {
		c := open(t, s, n)
		c.connect()
		all = append(all, c)
	}
	want := func(why string, kept ...bool) {
		t.Helper()
		for n, c := range all {
			if got := c.kept(); got != kept[n] {
				t.Errorf("%s: conversation %d is kept: %v, want %v", why, n, got, kept[n])
			}
		}
	}
	all[3].end()
	all[1].end()
	want("two finished ones may be kept", true, true, true, true, true, true)
	all[2].end()
	want("the first of three is forgotten", true, true, true, false, true, true)

	all[1].conv.Lane.Accepted, all[1].conv.Lane.Acknowledged = fsm.Pending, fsm.Pending // a second round
	all[1].commit(store.Change{})
	all[4].end()
	want("one goes on and no longer counts", true, true, true, false, true, true)
	all[2].commit(store.Change{})
	all[0].end()
	want("one was committed again and finished last but one", true, true, true, false, false, true)

	all[3] = open(t, s, 3)
	want("a forgotten conversation may begin anew", true, true, true, true, false, true)
}

// TestFinishedMeansThatNothingIsLeft: each of these waits for something although its state is a terminal one.
func TestFinishedMeansThatNothingIsLeft(t *testing.T) {
	s := memstore.New(&memstore.Config{KeepFinished: -1})
	ended := func(n int) *script {
		c := open(t, s, n)
		c.connect()
		c.conv.Lane.Accepted, c.conv.Lane.Acknowledged = fsm.Ended, fsm.Ended
		return c
	}
	pending := ended(0)
	pending.conv.Lane.Last = 2
	e := store.Entry{Event: store.Event{Number: 2, Kind: events.KindMessage}, Body: []byte("a")}
	pending.conv.Lane.Pending = []store.Event{e.Event}
	pending.commit(store.Change{Accepted: []store.Entry{e}})
	if !pending.kept() {
		t.Error("a conversation with a pending event was forgotten")
	}
	pending.conv.Lane.Pending = nil
	pending.conv.Lane.Park = store.Park{Number: 2, Reason: store.HeadRejected} // as it should not be; nothing may stay of it
	pending.conv.Lane.NotBefore = pending.clock
	pending.commit(store.Change{
		Resolved: []store.Resolved{{Event: e.Event, Outcome: store.Outcome{Result: store.Cancelled}}},
		Due:      store.Due{After: store.Never, Held: true},
	})

	inbox := ended(1)
	inbox.conv.Inbox.Last = 2
	inbox.commit(store.Change{Received: []store.Message{{Number: 2, Kind: events.KindWidgetMessage, Body: []byte("a")}}})
	if !inbox.kept() {
		t.Error("a conversation with a message that was not taken was forgotten")
	}
	inbox.commit(store.Change{Taken: []uint64{2}})

	due := ended(2)
	due.commit(store.Change{Due: store.Due{After: time.Hour}})
	if !due.kept() {
		t.Error("a conversation that is to be claimed was forgotten")
	}
	due.commit(store.Change{})

	for n, c := range []*script{pending, inbox, due} {
		if c.kept() {
			t.Errorf("conversation %d is kept although it is finished", n)
		}
	}
	keys, err := s.Parked(context.Background(), store.Key{}, 10)
	if err != nil || len(keys) > 0 {
		t.Errorf("parked: %d, %v: want none of what was forgotten", len(keys), err)
	}
	if n, err := s.Release(context.Background(), "", true, 10); n != 0 || err != nil {
		t.Errorf("released: %d, %v: want none of what was forgotten", n, err)
	}
}

// TestInABubble: the default clock is that of the bubble, and nothing is left when it ends.
func TestInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memstore.New(nil)
		c := open(t, s, 1)
		c.commit(store.Change{Due: store.Due{After: time.Hour}})
		for _, tc := range []struct {
			why   string
			sleep time.Duration
			keys  int
			next  time.Duration
		}{
			{"not yet", 59 * time.Minute, 0, time.Minute},
			{"exactly then", time.Minute, 1, store.Never},
			{"leased", time.Second, 0, 59 * time.Second},
		} {
			time.Sleep(tc.sleep)
			keys, next, err := s.Claim(context.Background(), 5, time.Minute)
			if err != nil || len(keys) != tc.keys || next != tc.next {
				t.Errorf("%s: claimed %d, next in %v, %v; want %d, %v", tc.why, len(keys), next, err, tc.keys, tc.next)
			}
		}
	})
}

// TestTimesWithoutEnd: what is further off than can be counted is never due; what is past is due now.
func TestTimesWithoutEnd(t *testing.T) {
	now := time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)
	s := memstore.New(&memstore.Config{Now: func() time.Time { return now }})
	c := open(t, s, 1)
	now = now.Add(time.Hour)
	for _, tc := range []struct {
		why   string
		after time.Duration
		keys  int
		next  time.Duration
	}{
		{"never less a nanosecond, from later than the start", store.Never - 1, 0, store.Never},
		{"a hundred years", 876_000 * time.Hour, 0, 876_000 * time.Hour},
		{"before the commit", -time.Hour, 1, store.Never},
	} {
		c.commit(store.Change{Due: store.Due{After: tc.after}})
		keys, next, err := s.Claim(context.Background(), 5, store.Never-1)
		if err != nil || len(keys) != tc.keys || next != tc.next {
			t.Errorf("%s: claimed %d, next in %v, %v; want %d, %v", tc.why, len(keys), next, err, tc.keys, tc.next)
		}
	}
}

// TestDisagreeingChangesAreRefused: a part of a change that names nothing is a bug of the caller's, and nothing is stored.
func TestDisagreeingChangesAreRefused(t *testing.T) {
	s := memstore.New(nil)
	c := open(t, s, 1)
	c.connect()
	for why, change := range map[string]store.Change{
		"counters of an event that is resolved":   {Changed: []store.Event{{Number: 1}}},
		"the end of an event that is not there":   {Resolved: []store.Resolved{{Event: store.Event{Number: 7}}}},
		"a body for an event that is not there":   {Replaced: &store.Body{Number: 7}},
		"a repair of an event that is resolved":   {Repair: &store.Repaired{Number: 1}},
		"a message that was taken, a second time": {Taken: []uint64{1}},
	} {
		change.Key, change.Conversation = c.key, c.conv
		change.Conversation.Seq = 99
		if err := s.Commit(context.Background(), change); err == nil {
			t.Errorf("%s: no error", why)
		}
	}
	found, err := s.Load(context.Background(), c.key, store.Query{})
	if err != nil || found.Conversation.Revision != c.conv.Revision || found.Conversation.Seq == 99 {
		t.Errorf("after refused changes: %+v, %v", found.Conversation, err)
	}
}
