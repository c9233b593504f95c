package sqlite_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/store"
)

// TestNoFullScans: with a million conversations no statement may read a whole table. Every statement that the calls
// execute is explained.
func TestNoFullScans(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		db, p := b.tapped(t, newPath(t))
		s := open(t, db, nil)
		for _, c := range calls() {
			check(t, c.do(t, s))
		}
		key := store.Key{Bot: "bot", Conversation: "a"}
		_, err := s.Load(t.Context(), key, store.Query{CallerKey: "k", DeliveryID: "d"})
		check(t, err)
		_, err = s.History(t.Context(), key, 0, 1)
		check(t, err)
		_, err = s.Parked(t.Context(), store.Key{}, 1)
		check(t, err)
		for _, all := range []bool{true, false} {
			_, err = s.Release(t.Context(), "bot", all, 1)
			check(t, err)
		}
		_, _, err = s.Claim(t.Context(), 1, time.Minute)
		check(t, err)

		p.mu.Lock()
		seen := slices.Compact(slices.Sorted(slices.Values(p.seen)))
		p.mu.Unlock()
		explained := 0
		for _, text := range seen {
			if !strings.Contains(text, "escalation_") || strings.HasPrefix(text, "--") || strings.Contains(text, "escalation_migration") {
				continue
			}
			explained++
			args := make([]any, max(strings.Count(text, "?"), 0))
			if strings.Contains(text, "?1") {
				args = args[:3+strings.Count(text, "?4")/max(strings.Count(text, "?4"), 1)]
				if !strings.Contains(text, "?3") {
					args = args[:2]
				}
			}
			rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
			check(t, err)
			for rows.Next() {
				var id, parent, unused int
				var detail string
				check(t, rows.Scan(&id, &parent, &unused, &detail))
				if strings.HasPrefix(detail, "SCAN") && !strings.Contains(detail, "USING") && detail != "SCAN e" {
					t.Errorf("%s\n\tin %s", detail, text)
				}
			}
			check(t, rows.Err())
		}
		if explained < 15 {
			t.Errorf("only %d statements were explained", explained)
		}
	})
}
