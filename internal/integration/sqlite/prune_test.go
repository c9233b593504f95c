package sqlite_test

import (
	"testing"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/sqlitestore"
)

// TestPrune: only what is finished and old goes, with all its rows, and no more than asked for.
func TestPrune(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		now := noon
		db := b.db(t, newPath(t))
		s := open(t, db, &sqlitestore.Config{Now: func() time.Time { return now }})
		finish := func(id string) {
			for _, c := range []store.Change{opened(id), settled(id), ended(id)} {
				check(t, s.Commit(t.Context(), c))
			}
		}
		message := store.Message{Number: 1, Round: 1, Kind: events.KindWidgetEndSession, Body: []byte("end"), DeliveryID: "d"}
		for _, id := range []string{"old1", "old2"} {
			finish(id)
		}
		withRows := ended("old1")
		withRows.Conversation.Revision = 3
		withRows.Received = []store.Message{message}
		withRows.Repair = &store.Repaired{Number: 1, Repair: store.Repair{Verb: "skip"}}
		check(t, s.Commit(t.Context(), withRows))
		taken := ended("old1")
		taken.Conversation.Revision, taken.Taken = 4, []uint64{1}
		check(t, s.Commit(t.Context(), taken))

		finish("untaken") // the host has not taken its last webhook
		untaken := ended("untaken")
		untaken.Conversation.Revision, untaken.Received = 3, []store.Message{message}
		check(t, s.Commit(t.Context(), untaken))
		pending := opened("pending") // the visitor left, an event is unresolved
		pending.Conversation.Lane.Acknowledged = fsm.Ended
		check(t, s.Commit(t.Context(), pending))
		check(t, s.Commit(t.Context(), opened("live")))
		check(t, s.Commit(t.Context(), settled("live")))
		now = now.Add(time.Hour)
		finish("new")

		prune := func(before time.Time, limit, want int) {
			t.Helper()
			n, err := s.Prune(t.Context(), before, limit)
			check(t, err)
			if n != want {
				t.Errorf("pruned %d, want %d", n, want)
			}
		}
		prune(noon, 10, 0)                 // committed at noon is not before noon
		prune(noon.Add(time.Minute), 0, 0) // nothing asked for
		prune(noon.Add(time.Minute), 1, 1)
		prune(noon.Add(time.Minute), 10, 1)
		prune(noon.Add(time.Minute), 10, 0)
		for id, want := range map[string]uint64{"old1": 0, "old2": 0, "untaken": 4, "pending": 1, "live": 2, "new": 3} {
			if r := revision(t, s, id); r != want {
				t.Errorf("%s: revision %d, want %d", id, r, want)
			}
		}
		for table, want := range map[string]int{"event": 4, "message": 1, "repair": 0, "conversation": 4} {
			var rows int
			check(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM escalation_"+table).Scan(&rows))
			if rows != want {
				t.Errorf("%d rows in escalation_%s, want %d", rows, table, want)
			}
		}
		check(t, s.Commit(t.Context(), opened("old1"))) // the visitor comes back
	})
}
