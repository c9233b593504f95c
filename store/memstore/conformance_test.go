package memstore_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, storetest.Harness{
		Open: func(t testing.TB) storetest.Subject {
			var moved atomic.Int64
			start := time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)
			s := memstore.New(&memstore.Config{Now: func() time.Time { return start.Add(time.Duration(moved.Load())) }})
			t.Cleanup(func() { _ = s.Close() })
			return storetest.Subject{
				Store: s, Close: s.Close, Advance: func(d time.Duration) { moved.Add(int64(d)) },
			}
		},
		Cannot: map[storetest.Ability]string{
			storetest.Reopening: "nothing survives the process",
			storetest.Enlisting: "it lives in no database",
		},
	})
}
