package sqlite_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/sqlitestore"
)

const benchConversations = 64

var benchBody = []byte(`{"platformConversationId":"123456789","eventType":"message","text":"I have found your order, it left the house this morning."}`)

// step is the n-th change of a conversation: odd ones accept a message and begin to send it, even ones record that it was acknowledged.
func step(id string, n uint64) store.Change {
	e := store.Event{Number: (n + 1) / 2, Round: 1, Kind: events.KindMessage, Deadline: noon, Attempts: 1, Begun: n%2 == 1}
	c := store.Change{
		Key: store.Key{Bot: "bot", Conversation: id},
		Conversation: store.Conversation{
			Revision: n - 1,
			Lane:     store.Lane{Round: 1, Accepted: fsm.Connected, Acknowledged: fsm.Connected, Last: e.Number},
			Seq:      n,
		},
		Due: store.Due{After: store.Never},
	}
	if n%2 == 1 {
		c.Conversation.Lane.Pending = []store.Event{e}
		c.Accepted = []store.Entry{{Event: e, AcceptedAt: noon, Body: benchBody}}
		c.Due.After = time.Minute
	} else {
		c.Resolved = []store.Resolved{{Event: e, Outcome: store.Outcome{Result: store.Acknowledged, Status: 200, At: noon}}}
	}
	return c
}

// BenchmarkStore: 64 conversations at once. One operation is a message accepted and acknowledged: two commits.
func BenchmarkStore(b *testing.B) {
	for _, back := range backends {
		b.Run(back.name, func(b *testing.B) {
			s := open(b, back.db(b, newPath(b)), nil)
			var left atomic.Int64
			left.Store(int64(b.N))
			b.ResetTimer()
			var wg sync.WaitGroup
			for i := range benchConversations {
				wg.Go(func() {
					id := fmt.Sprintf("conversation-%d", i)
					for n := uint64(1); left.Add(-1) >= 0; n += 2 {
						for _, m := range []uint64{n, n + 1} {
							if err := s.Commit(b.Context(), step(id, m)); err != nil {
								b.Error(err)
								return
							}
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// BenchmarkRaw writes the same rows in batches of 64 with nothing around them.
func BenchmarkRaw(b *testing.B) {
	for _, back := range backends {
		b.Run(back.name, func(b *testing.B) {
			db := back.db(b, newPath(b))
			check(b, sqlitestore.Migrate(b.Context(), db))
			conn, err := db.Conn(b.Context())
			check(b, err)
			defer conn.Close()
			exec := func(q string, args ...any) {
				if _, err := conn.ExecContext(b.Context(), q, args...); err != nil {
					b.Fatal(err)
				}
			}
			for i := range benchConversations {
				exec(`INSERT INTO escalation_conversation VALUES (NULL, 'bot', ?, 1, 1, 'connected', 'connected', 0, NULL, NULL, NULL, 0, NULL, 0, 0,
					'', '', NULL, '', 0, 0, 0, 0, NULL, 0, NULL, 0, 0)`, fmt.Sprintf("conversation-%d", i))
			}
			update, err := conn.PrepareContext(b.Context(), `UPDATE escalation_conversation SET revision = ?, round = ?, accepted = ?, acknowledged = ?, last = ?, head = ?,
				not_before = ?, held_since = ?, broken = ?, parked = ?, parked_number = ?, parked_cause = ?, queue_position = ?, queue_waiting = ?,
				queue_at = ?, queue_told = ?, inbox_last = ?, inbox_escalate = ?, inbox_end = ?, inbox_tries = ?, inbox_not_before = ?, seq = ?,
				due_at = ?, held = ?, changed_at = ? WHERE id = ?`)
			check(b, err)
			defer update.Close()
			insert, err := conn.PrepareContext(b.Context(), `INSERT INTO escalation_event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
			check(b, err)
			defer insert.Close()
			settle, err := conn.PrepareContext(b.Context(), `UPDATE escalation_event SET attempts = ?, unknown = ?, spent = ?, free = ?, begun = ?, result = ?, cause = ?,
				marked = ?, status = ?, resolved_at = ?, body = NULL WHERE conversation = ? AND number = ?`)
			check(b, err)
			defer settle.Close()
			must := func(_ any, err error) {
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			now := time.Now().UnixMicro()
			ctx := b.Context()
			for n := 1; n <= b.N; n += benchConversations {
				number := n/benchConversations + 1
				exec("BEGIN IMMEDIATE")
				for i := range benchConversations {
					must(update.ExecContext(ctx, n, 1, "connected", "connected", number, number, nil, nil, 0, nil, 0, 0, "", "", nil, "", 0, 0, 0, 0, nil, n,
						now+60e6, 0, now, i+1))
					must(insert.ExecContext(ctx, i+1, number, 1, "message", now, 1, 0, 0, 0, 1, now, nil, nil, benchBody, nil, 0, 0, 0, nil))
				}
				exec("COMMIT")
				exec("BEGIN IMMEDIATE")
				for i := range benchConversations {
					must(update.ExecContext(ctx, n+1, 1, "connected", "connected", number, nil, nil, nil, 0, nil, 0, 0, "", "", nil, "", 0, 0, 0, 0, nil, n,
						nil, 0, now, i+1))
					must(settle.ExecContext(ctx, 1, 0, 0, 0, 0, "acknowledged", 0, 0, 200, now, i+1, number))
				}
				exec("COMMIT")
			}
		})
	}
}
