package sqlite_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/sqlitestore"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 123456000, time.UTC)

// opened is the first change of a conversation: opened, with one event under way.
func opened(id string) store.Change {
	e := store.Event{Number: 1, Round: 1, Kind: events.KindEscalationSuccess, Deadline: noon.Add(time.Hour), Attempts: 1, Begun: true}
	return store.Change{
		Key: store.Key{Bot: "bot", Conversation: id},
		Conversation: store.Conversation{
			Lane: store.Lane{Round: 1, Accepted: fsm.Connected, Acknowledged: fsm.Pending, Last: 1, Pending: []store.Event{e}},
			Seq:  2,
		},
		Accepted: []store.Entry{{Event: e, AcceptedAt: noon, Body: []byte(`{"eventType":"escalationSuccess"}`)}},
		Due:      store.Due{After: time.Minute},
	}
}

// settled is the change after opened: the event was acknowledged.
func settled(id string) store.Change {
	e := opened(id).Accepted[0].Event
	e.Begun = false
	return store.Change{
		Key: store.Key{Bot: "bot", Conversation: id},
		Conversation: store.Conversation{
			Revision: 1,
			Lane:     store.Lane{Round: 1, Accepted: fsm.Connected, Acknowledged: fsm.Connected, Last: 1},
			Seq:      3,
		},
		Resolved: []store.Resolved{{Event: e, Outcome: store.Outcome{Result: store.Acknowledged, Status: 200, At: noon}}},
		Due:      store.Due{After: store.Never},
	}
}

// ended is the change after settled: the conversation is over.
func ended(id string) store.Change {
	return store.Change{
		Key: store.Key{Bot: "bot", Conversation: id},
		Conversation: store.Conversation{
			Revision: 2,
			Lane:     store.Lane{Round: 1, Accepted: fsm.Ended, Acknowledged: fsm.Ended, Last: 1},
			Seq:      4,
		},
		Due: store.Due{After: store.Never},
	}
}

// revision returns how often a conversation was committed.
func revision(t testing.TB, s *sqlitestore.Store, id string) uint64 {
	t.Helper()
	snap, err := s.Load(t.Context(), store.Key{Bot: "bot", Conversation: id}, store.Query{})
	check(t, err)
	return snap.Conversation.Revision
}

// TestEveryFieldComesBack: each field has a value of its own, so that no two columns can be mixed up unseen.
func TestEveryFieldComesBack(t *testing.T) {
	at := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Second) }
	head := store.Event{Number: 7, Round: 3, Kind: events.KindMessage, Deadline: at(1), Attempts: 11, Unknown: 12, Spent: 13, Free: 14, Begun: true}
	second := store.Event{Number: 8, Round: 3, Kind: events.KindAgentDisconnect, Deadline: at(2)}
	conversation := store.Conversation{
		Lane: store.Lane{
			Round: 3, Accepted: fsm.Ended, Acknowledged: fsm.Connected, Last: 8, Pending: []store.Event{head, second},
			NotBefore: at(3), Held: at(4), Broken: 6, Park: store.Park{Number: 7, Reason: store.HeadStranded, Cause: 5},
		},
		Queue: store.Queue{
			Last: events.EscalationQueueUpdate{QueuePosition: "21", WaitingTime: "22"}, At: at(5), Position: "23",
		},
		Inbox: store.Inbox{Last: 31, TookEscalate: true, Tries: 32, NotBefore: at(6)},
		Seq:   41,
	}
	entries := []store.Entry{
		{Event: head, AcceptedAt: at(7), CallerKey: "ticket", Digest: store.Digest{1, 2}, Body: []byte("body 7")},
		{Event: second, AcceptedAt: at(8), Body: []byte("body 8")},
	}
	message := store.Message{
		Number: 31, Round: 3, From: fsm.Connected, To: fsm.Connected, Kind: events.KindWidgetMessage, Body: []byte("hook"),
		DeliveryID: "delivery", ReceivedAt: at(9),
	}
	key := store.Key{Bot: "b", Conversation: "c"}
	onEach(t, func(t *testing.T, b backend) {
		s := open(t, b.db(t, newPath(t)), nil)
		repair := store.Repair{At: at(10), Verb: "retry", By: "kim", Why: "mended"}
		check(t, s.Commit(t.Context(), store.Change{
			Key: key, Conversation: conversation, Accepted: entries, Received: []store.Message{message},
			Repair: &store.Repaired{Number: 7, Repair: repair},
		}))
		got, err := s.Load(t.Context(), key, store.Query{CallerKey: "ticket", DeliveryID: "delivery"})
		check(t, err)
		want := store.Snapshot{
			Conversation: conversation, Bodies: [][]byte{[]byte("body 7"), []byte("body 8")}, Inbox: []store.Message{message},
			Delivered: &message,
		}
		want.Conversation.Revision = 1
		keyed := entries[0]
		keyed.Repairs = []store.Repair{repair}
		want.Keyed = &keyed
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("snapshot (-want +got):\n%s", diff)
		}
		history, err := s.History(t.Context(), key, 0, store.NoLimit)
		check(t, err)
		if diff := cmp.Diff([]store.Entry{keyed, entries[1]}, history); diff != "" {
			t.Errorf("history (-want +got):\n%s", diff)
		}
	})
}

// TestEveryNameComesBack: states, kinds, results and reasons are stored by name, and each name is known to the reader.
func TestEveryNameComesBack(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := open(t, b.db(t, newPath(t)), nil)
		key := store.Key{Bot: "b", Conversation: "c"}
		var want []store.Entry
		kinds := append(events.OutboundKinds().Kinds(), events.InboundKinds().Kinds()...)
		for i, k := range kinds {
			result := store.Result(i) // none, then all seven
			e := store.Entry{Event: store.Event{Number: uint64(i + 1), Kind: k}, Outcome: store.Outcome{Result: result}}
			c := store.Conversation{Revision: uint64(i), Lane: store.Lane{Accepted: fsm.State(i % fsm.NumStates), Park: store.Park{Reason: store.Reason(i % 5)}}}
			c.Lane.Acknowledged = c.Lane.Accepted
			check(t, s.Commit(t.Context(), store.Change{Key: key, Conversation: c, Accepted: []store.Entry{e}}))
			snap, err := s.Load(t.Context(), key, store.Query{})
			check(t, err)
			c.Revision++
			if diff := cmp.Diff(c, snap.Conversation); diff != "" {
				t.Errorf("conversation (-want +got):\n%s", diff)
			}
			want = append(want, e)
		}
		history, err := s.History(t.Context(), key, 0, store.NoLimit)
		check(t, err)
		if diff := cmp.Diff(want, history); diff != "" {
			t.Errorf("history (-want +got):\n%s", diff)
		}
	})
}
