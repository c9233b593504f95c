package memstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/memstore"
)

// BenchmarkSend is what one event costs: a Load, the Commit that accepts it and the one that records its end.
func BenchmarkSend(b *testing.B) {
	for _, past := range []int{0, 1000} {
		b.Run(fmt.Sprintf("past=%d", past), func(b *testing.B) {
			s := memstore.New(nil)
			var all []*script
			for n := range 64 {
				c := open(b, s, n)
				c.connect()
				for range past {
					c.send(events.KindMessage, "a")
				}
				all = append(all, c)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				c := all[i%len(all)]
				i++
				if _, err := s.Load(context.Background(), c.key, store.Query{}); err != nil {
					b.Fatal(err)
				}
				c.send(events.KindMessage, `{"platformConversationId":"000000001","eventType":"message","text":"Hello"}`)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, pending := range []int{0, 1, 10} {
		b.Run(fmt.Sprintf("pending=%d", pending), func(b *testing.B) {
			s := memstore.New(nil)
			c := open(b, s, 1)
			c.connect()
			for range pending {
				c.conv.Lane.Last++
				e := store.Entry{Event: store.Event{Number: c.conv.Lane.Last, Kind: events.KindMessage}, Body: make([]byte, 80)}
				c.conv.Lane.Pending = append(c.conv.Lane.Pending, e.Event)
				c.commit(store.Change{Accepted: []store.Entry{e}, Due: store.Due{After: time.Minute}})
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Load(context.Background(), c.key, store.Query{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCommit changes the counters of a pending event, with many other conversations due.
func BenchmarkCommit(b *testing.B) {
	s := memstore.New(nil)
	var c *script
	for n := range 10_000 {
		c = open(b, s, n)
		c.conv.Lane.Last = 1
		e := store.Entry{Event: store.Event{Number: 1, Kind: events.KindMessage}, Body: make([]byte, 80)}
		c.conv.Lane.Pending = []store.Event{e.Event}
		c.commit(store.Change{Accepted: []store.Entry{e}, Due: store.Due{After: time.Duration(n) * time.Second}})
	}
	changed := []store.Event{{Number: 1, Kind: events.KindMessage}}
	b.ReportAllocs()
	for b.Loop() {
		changed[0].Attempts++
		c.commit(store.Change{Changed: changed, Due: store.Due{After: time.Minute}})
	}
}

// BenchmarkClaim claims and commits one of many that are due.
func BenchmarkClaim(b *testing.B) {
	s := memstore.New(nil)
	all := make(map[store.Key]*script)
	for n := range 100_000 {
		c := open(b, s, n)
		c.commit(store.Change{Due: store.Due{After: 1}})
		all[c.key] = c
	}
	b.ReportAllocs()
	for b.Loop() {
		keys, _, err := s.Claim(context.Background(), 1, time.Minute)
		if err != nil || len(keys) != 1 {
			b.Fatal(len(keys), err)
		}
		all[keys[0]].commit(store.Change{Due: store.Due{After: 1}})
	}
}
