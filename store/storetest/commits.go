package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/escalationkit/escalation/store"
)

// revisions: a change made from anything but the newest record is refused and leaves no trace.
func revisions(c *check) {
	t := c.talk("S9", key)
	refused := func(why string, revision uint64) {
		before := c.load("S9", key, store.Query{})
		ch := t.change()
		ch.Conversation.Revision, ch.Conversation.Seq = revision, 99
		accept(message(ch.Conversation.Lane.Last + 1))(&ch)
		receive(webhook(ch.Conversation.Inbox.Last + 1))(&ch)
		ch.Due = store.Due{}
		c.wantErr("S9", "Commit "+why, c.s.Store.Commit(context.Background(), ch), store.ErrConflict)
		c.wantSame("S9", "Load after a refused Commit "+why, before, c.load("S9", key, store.Query{}))
		if n := len(c.history("S9", key, t.conv.Lane.Last, store.NoLimit)); n > 0 {
			c.failf("S9", "a refused Commit %s left %d entries in the history", why, n)
		}
		if keys, _ := c.claim("S9", 1, 0); len(keys) > 0 {
			c.failf("S9", "a refused Commit %s made the conversation due", why)
		}
	}
	refused("of a conversation that is not there, as if it were", 1)
	for n := uint64(1); n <= 3; n++ {
		t.commit(accept(message(n)))
		if got := c.load("S9", key, store.Query{}).Conversation.Revision; got != n {
			c.failf("S9", "the revision is %d after %d commits", got, n)
		}
		refused("from an older record", n-1)
		refused("from a record that nobody has seen", n+1)
	}
	refused("as if the conversation were new", 0)
}

// seenAsAWhole: whoever loads while changes are made sees each of them or not, never a part.
func seenAsAWhole(c *check) {
	const changes, watchers = 100, 2
	var over atomic.Bool
	var loads, watching atomic.Int64
	watching.Store(watchers)
	c.each(1+watchers, func(n int) {
		if n > 0 {
			defer watching.Add(-1)
			for ; !over.Load(); loads.Add(1) {
				runtime.Gosched() // where there is one processor, the store has to get on too
				found, err := c.s.Store.Load(context.Background(), key, store.Query{})
				if err != nil {
					c.failed("S8", "Load", err)
					return
				}
				rev := found.Conversation.Revision
				if found.Conversation.Seq != rev || len(found.Inbox) != int(min(rev, 1)) || len(found.Bodies) != int(min(rev, 1)) ||
					rev > 0 && (found.Inbox[0].Number != rev || found.Conversation.Lane.Pending[0].Number != rev ||
						string(found.Bodies[0]) != string(message(rev).Body)) {
					c.failf("S8", "Load during a Commit found a part of a change: seq %d, %d messages, %d bodies at revision %d",
						found.Conversation.Seq, len(found.Inbox), len(found.Bodies), rev)
					return
				}
			}
			return
		}
		defer over.Store(true)
		t := c.talk("S8", key)
		for n := uint64(1); n <= changes; n++ {
			for before := loads.Load(); loads.Load() == before && watching.Load() > 0; {
				runtime.Gosched() // no change is made while nobody loads
			}
			ch := t.change()
			ch.Conversation.Seq = n
			if n > 1 {
				resolve(message(n-1).Event, result(store.Acknowledged, int(n)))(&ch)
				take(n - 1)(&ch)
			}
			accept(message(n))(&ch)
			receive(webhook(n))(&ch)
			if err := c.s.Store.Commit(context.Background(), ch); err != nil {
				c.failed("S8", "Commit", err)
				return
			}
			t.conv = ch.Conversation
			t.conv.Revision++
		}
	})
}

// oneWins: of many changes made from the same record exactly one is stored.
func oneWins(c *check) {
	const rounds, writers = 20, 8
	t := c.talk("S9", key)
	for round := uint64(1); round <= rounds; round++ {
		var won, last atomic.Int64
		c.each(writers, func(n int) {
			ch := t.change()
			ch.Conversation.Seq = uint64(n) + 1
			e := message(round)
			e.Body = fmt.Appendf(nil, "writer %d", n)
			accept(e)(&ch)
			err := c.s.Store.Commit(context.Background(), ch)
			switch {
			case err == nil:
				won.Add(1)
				last.Store(int64(n))
			case !errors.Is(err, store.ErrConflict):
				c.failed("S9", "Commit in a race", err)
			}
		})
		if won.Load() != 1 {
			c.failf("S9", "of %d changes made from the same record %d were stored, want 1", writers, won.Load())
			return
		}
		found := c.load("S9", key, store.Query{})
		want := fmt.Sprintf("writer %d", last.Load())
		if found.Conversation.Seq != uint64(last.Load())+1 || string(found.Bodies[len(found.Bodies)-1]) != want {
			c.failf("S9", "after a race the record and the body are not those of the change that was stored")
			return
		}
		t.conv = found.Conversation
	}
}

// manyWriters: they load and commit until each has accepted its share; no event is lost.
func manyWriters(c *check) {
	const writers, share = 8, 15
	c.each(writers, func(n int) {
		for done := 0; done < share; {
			found, err := c.s.Store.Load(context.Background(), key, store.Query{})
			if err != nil {
				c.failed("S1", "Load in a race", err)
				return
			}
			t := &talk{key: key, conv: found.Conversation, due: never}
			ch := t.change()
			accept(message(found.Conversation.Lane.Last + 1))(&ch)
			for _, ev := range found.Conversation.Lane.Pending {
				resolve(ev, result(store.Rejected, 1))(&ch)
			}
			runtime.Gosched() // somebody else loads the same record, also where there is one processor
			switch err := c.s.Store.Commit(context.Background(), ch); {
			case err == nil:
				done++
			case !errors.Is(err, store.ErrConflict):
				c.failed("S1", "Commit in a race", err)
				return
			}
		}
	})
	const all = writers * share
	if got := c.load("S1", key, store.Query{}).Conversation; got.Revision != all || got.Lane.Last != all {
		c.failf("S1", "%d writers stored %d changes: revision %d, last event %d", writers, all, got.Revision, got.Lane.Last)
	}
	entries := c.history("S1", key, 0, store.NoLimit)
	if len(entries) != all {
		c.failf("S1", "%d writers accepted %d events, and the history has %d", writers, all, len(entries))
	}
	for i, e := range entries {
		if e.Number != uint64(i)+1 || string(e.Body) != string(message(e.Number).Body) {
			c.failf("S1", "entry %d of the history has number %d, or the body of another", i+1, e.Number)
			return
		}
	}
}

// manyConversations: writers of different conversations never meet.
func manyConversations(c *check) {
	const writers, share = 8, 20
	c.each(writers, func(n int) {
		t := &talk{key: numbered(key.Bot, n), due: never}
		for i := uint64(1); i <= share; i++ {
			ch := t.change()
			accept(message(i))(&ch)
			if i%5 == 0 {
				ch.Conversation.Lane.Park = store.Park{Number: 1, Reason: store.HeadUnknown}
			}
			if err := c.s.Store.Commit(context.Background(), ch); err != nil {
				c.failed("S1", "Commit to a conversation of its own", err)
				return
			}
			t.conv = ch.Conversation
			t.conv.Revision++
			if _, err := c.s.Store.Parked(context.Background(), store.Key{}, 3); err != nil {
				c.failed("S1", "Parked meanwhile", err)
			}
			if _, err := c.s.Store.Release(context.Background(), "", true, 3); err != nil {
				c.failed("S1", "Release meanwhile", err)
			}
		}
	})
	for n := range writers {
		if got := len(c.load("S1", numbered(key.Bot, n), store.Query{}).Bodies); got != share {
			c.failf("S1", "a conversation has %d events after %d changes", got, share)
		}
	}
}
