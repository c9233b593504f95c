package memstore_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/memstore"
)

// script commits what a conversation goes through, as the client does.
type script struct {
	t     testing.TB
	s     *memstore.Store
	key   store.Key
	conv  store.Conversation
	clock time.Time
	keyed bool
}

func (c *script) commit(change store.Change) {
	change.Key, change.Conversation = c.key, c.conv
	if change.Due.After == 0 {
		change.Due.After = store.Never
	}
	if err := c.s.Commit(context.Background(), change); err != nil {
		c.t.Fatalf("Commit: %v", err)
	}
	c.conv.Revision++
	c.clock = c.clock.Add(7 * time.Second)
}

// send accepts an event and acknowledges it.
func (c *script) send(kind events.Kind, body string) {
	c.conv.Lane.Last++
	c.conv.Seq += 2
	e := store.Entry{
		Event:      store.Event{Number: c.conv.Lane.Last, Round: 1, Kind: kind, Deadline: c.clock.Add(10 * time.Minute)},
		AcceptedAt: c.clock, Body: []byte(body),
	}
	if c.keyed {
		e.CallerKey, e.Digest = fmt.Sprintf("ticket-%d", e.Number), store.Digest{1}
	}
	e.Begun, e.Attempts = true, 1
	c.conv.Lane.Pending = []store.Event{e.Event}
	c.commit(store.Change{Accepted: []store.Entry{e}, Due: store.Due{After: time.Minute}})
	e.Begun = false
	c.conv.Lane.Pending = nil
	c.commit(store.Change{Resolved: []store.Resolved{{
		Event: e.Event, Outcome: store.Outcome{Result: store.Acknowledged, Status: 200, At: c.clock.Add(83 * time.Millisecond)},
	}}})
}

// open begins a conversation, by a webhook that the host takes.
func open(t testing.TB, s *memstore.Store, n int) *script {
	c := &script{t: t, s: s, clock: time.Date(2026, time.March, 1, 9, 0, n%60, 0, time.UTC),
		key: store.Key{Bot: "5ef4a2b1", Conversation: fmt.Sprintf("%09d", n)}}
	c.conv.Lane.Round, c.conv.Lane.Accepted, c.conv.Lane.Acknowledged = 1, fsm.Pending, fsm.Pending
	c.conv.Inbox.Last = 1
	c.commit(store.Change{Received: []store.Message{{
		Number: 1, Round: 1, From: fsm.None, To: fsm.Pending, Kind: events.KindWidgetEscalate, Body: []byte(`{"data":{}}`), ReceivedAt: c.clock,
	}}})
	c.conv.Inbox.TookEscalate = true
	c.commit(store.Change{Taken: []uint64{1}})
	return c
}

func (c *script) connect() {
	c.conv.Lane.Accepted, c.conv.Lane.Acknowledged = fsm.Connected, fsm.Connected
	c.send(events.KindEscalationSuccess, `{"eventType":"escalationSuccess","agentName":"John Smith"}`)
}

// TestIdleConversationIsSmall: a conversation in which nothing is under way costs at most 300 bytes with its history.
func TestIdleConversationIsSmall(t *testing.T) {
	for _, tc := range []struct {
		why  string
		n    int
		most float64
		do   func(c *script)
	}{
		{"opened: what every conversation costs", 20_000, 190, func(*script) {}},
		{"the budget: a success and three messages", 20_000, 300, func(c *script) {
			c.connect()
			for range 3 {
				c.send(events.KindMessage, `{"eventType":"message","text":"Hello"}`)
			}
		}},
		{"a queue update as well", 20_000, 400, func(c *script) {
			c.conv.Queue = store.Queue{Last: events.EscalationQueueUpdate{QueuePosition: "3", WaitingTime: "5"}, At: c.clock, Position: "3"}
			c.send(events.KindEscalationQueueUpdate, `{"queuePosition":"3"}`)
			c.connect()
			for range 3 {
				c.send(events.KindMessage, `{"eventType":"message","text":"Hello"}`)
			}
		}},
		{"a success and three messages with caller keys", 20_000, 500, func(c *script) {
			c.keyed = true
			c.connect()
			for range 3 {
				c.send(events.KindMessage, `{"eventType":"message","text":"Hello"}`)
			}
		}},
		{"a success and a hundred messages", 5_000, 3000, func(c *script) {
			c.connect()
			for range 100 {
				c.send(events.KindMessage, `{"eventType":"message","text":"Hello"}`)
			}
		}},
	} {
		before := heap()
		s := memstore.New(nil)
		for i := range tc.n {
			tc.do(open(t, s, i))
		}
		each := float64(heap()-before) / float64(tc.n)
		runtime.KeepAlive(s)
		t.Logf("%s: %.0f bytes", tc.why, each)
		if each > tc.most {
			t.Errorf("%s: %.0f bytes for each conversation, want at most %.0f", tc.why, each, tc.most)
		}
	}
}

// heap is the least of a few readings, so that what others leave behind for a moment does not count.
func heap() uint64 {
	var readings []uint64
	for range 3 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		readings = append(readings, m.HeapAlloc)
	}
	return slices.Min(readings)
}
