package storetest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/escalationkit/escalation/store"
)

// in is due after a time, and not held.
func in(d time.Duration) store.Due { return store.Due{After: d} }

// dueNow: what is due is handed out, up to the limit, and nothing else is.
func dueNow(c *check) {
	for n, due := range []store.Due{in(0), in(time.Hour), never, in(0), {After: time.Hour, Held: true}, in(0), {After: store.Never, Held: true}} {
		t := c.talk("S11", numbered(key.Bot, n))
		t.due = due
		t.commit(accept(message(1)))
	}
	if keys, next := c.claim("S11", 0, time.Hour); len(keys) > 0 || next != 0 {
		c.failf("S11", "Claim up to 0 handed out %d, and the next is due in %v, want 0 and 0s", len(keys), next)
	}
	first, next := c.claim("S11", 2, time.Hour)
	if len(first) != 2 || next != 0 {
		c.failf("S12", "Claim up to 2 of 3 that are due handed out %d, the next is due in %v, want 2 and 0s", len(first), next)
	}
	rest, next := c.claim("S11", store.NoLimit, time.Hour)
	all := append(first, rest...)
	slices.SortFunc(all, compareKeys)
	c.wantSame("S11", "the conversations that were due, over two claims",
		[]store.Key{numbered(key.Bot, 0), numbered(key.Bot, 3), numbered(key.Bot, 5)}, all)
	if next < 55*time.Minute || next > time.Hour {
		c.failf("S12", "the next conversation is due in an hour, and Claim says in %v", next)
	}
	if again, _ := c.claim("S11", store.NoLimit, time.Hour); len(again) > 0 {
		c.failf("S11", "Claim handed out %d conversations again within their lease", len(again))
	}
}

// dueInOrder: the longest due comes first, whatever was committed first.
func dueInOrder(c *check) {
	for n, minutes := range []int{5, 1, 9, 3, 7, 2, 8, 4, 6} {
		t := c.talk("S11", numbered(key.Bot, n))
		t.due = in(10 * time.Minute)
		t.commit(accept(message(1)))
		t.commitDue(in(time.Duration(minutes) * time.Minute)) // the last word counts
	}
	want := []store.Key{numbered(key.Bot, 1), numbered(key.Bot, 5), numbered(key.Bot, 3)}
	c.s.Advance(3*time.Minute + time.Second)
	keys, next := c.claim("S11", store.NoLimit, time.Hour)
	c.wantSame("S11", "due within 3 minutes, the longest due first", want, keys)
	c.wantNext("the next is the one of minute 4", next, 59*time.Second)
	c.s.Advance(6 * time.Minute)
	first, next := c.claim("S11", 4, time.Hour)
	if next != 0 {
		c.failf("S12", "of 6 that are due 4 were handed out, and the next is due in %v, want 0s", next)
	}
	second, _ := c.claim("S11", 4, time.Hour)
	c.wantSame("S11", "due within 9 minutes, four at a time, the longest due first",
		[]store.Key{numbered(key.Bot, 7), numbered(key.Bot, 0), numbered(key.Bot, 8), numbered(key.Bot, 4), numbered(key.Bot, 6), numbered(key.Bot, 2)},
		append(first, second...))
}

// lease: what was claimed is due again after the lease, at the end of the queue.
func lease(c *check) {
	for n, lag := range []int{0, 2} {
		t := c.talk("S11", numbered(key.Bot, n))
		t.due = in(time.Duration(lag) * time.Minute)
		t.commit(accept(message(1)))
	}
	keys, _ := c.claim("S11", 1, time.Minute)
	c.wantSame("S11", "the only one that is due", []store.Key{numbered(key.Bot, 0)}, keys)
	c.s.Advance(55 * time.Second)
	if keys, _ := c.claim("S11", 1, time.Minute); len(keys) > 0 {
		c.failf("S11", "a conversation was handed out 55 s into a lease of a minute")
	}
	c.s.Advance(10 * time.Second)
	keys, _ = c.claim("S11", 1, 10*time.Minute)
	c.wantSame("S11", "after the lease ended without a Commit", []store.Key{numbered(key.Bot, 0)}, keys)
	c.s.Advance(20 * time.Minute)
	keys, _ = c.claim("S11", 1, time.Minute)
	c.wantSame("S11", "due since minute 2 comes before a lease that ended in minute 11", []store.Key{numbered(key.Bot, 1)}, keys)
	keys, _ = c.claim("S11", store.NoLimit, store.Never)
	c.wantSame("S11", "the other one, for ever", []store.Key{numbered(key.Bot, 0)}, keys)
	c.s.Advance(24 * time.Hour)
	keys, next := c.claim("S11", store.NoLimit, time.Minute)
	c.wantSame("S11", "a day later, one of two leases has no end", []store.Key{numbered(key.Bot, 1)}, keys)
	if next != store.Never {
		c.failf("S12", "nothing else will be due, and Claim says in %v", next)
	}
	if got := c.load("S11", numbered(key.Bot, 0), store.Query{}).Conversation.Revision; got != 1 {
		c.failf("S9", "claims raised the revision to %d: only a Commit does", got)
	}
}

// commitEndsLease: a commit says when a claimed conversation is due, sooner or later than the lease.
func commitEndsLease(c *check) {
	var all []*talk
	for n := range 3 {
		t := c.talk("S11", numbered(key.Bot, n))
		t.due = in(0)
		t.commit(accept(message(1)))
		all = append(all, t)
	}
	c.claim("S11", store.NoLimit, 10*time.Minute)
	all[0].commitDue(in(0))
	all[1].commitDue(in(time.Hour))
	all[2].commitDue(never)
	keys, _ := c.claim("S11", store.NoLimit, 24*time.Hour)
	c.wantSame("S11", "due by a Commit within the lease", []store.Key{numbered(key.Bot, 0)}, keys)
	c.s.Advance(30 * time.Minute)
	keys, next := c.claim("S11", store.NoLimit, 24*time.Hour)
	c.wantSame("S11", "the lease is over, but Commits said later and never", []store.Key(nil), keys)
	c.wantNext("in an hour by a Commit, half of it is over", next, 30*time.Minute)
	c.s.Advance(31 * time.Minute)
	keys, _ = c.claim("S11", store.NoLimit, 24*time.Hour)
	c.wantSame("S11", "after the time that the Commit said", []store.Key{numbered(key.Bot, 1)}, keys)
}

// claimsAtOnce: no two calls get the same conversation, and none is left over.
func claimsAtOnce(c *check) {
	const conversations, claimers = 60, 6
	for n := range conversations {
		t := c.talk("S11", numbered(key.Bot, n))
		t.due = in(0)
		t.commit(accept(message(1)))
	}
	var mu sync.Mutex
	taken := make(map[store.Key]int)
	c.each(claimers, func(int) {
		for {
			keys, _, err := c.s.Store.Claim(context.Background(), 3, time.Hour)
			if err != nil {
				c.failed("S11", "Claim in a race", err)
				return
			}
			if len(keys) == 0 {
				return
			}
			mu.Lock()
			for _, k := range keys {
				taken[k]++
			}
			stuck := len(taken) > conversations || taken[keys[0]] > claimers
			mu.Unlock()
			if stuck {
				return
			}
		}
	})
	twice := 0
	for _, n := range taken {
		if n > 1 {
			twice++
		}
	}
	if twice > 0 {
		c.failf("S11", "of %d conversations %d were handed out to more than one call", conversations, twice)
	}
	if len(taken) != conversations {
		c.failf("S11", "of %d conversations that were due %d were handed out", conversations, len(taken))
	}
}

// next: it looks past what the call handed out, and at what earlier calls did.
func next(c *check) {
	if keys, next := c.claim("S12", 5, time.Hour); len(keys) > 0 || next != store.Never {
		c.failf("S12", "an empty store handed out %d, the next is due in %v, want 0 and never", len(keys), next)
	}
	first, second := c.talk("S12", numbered(key.Bot, 0)), c.talk("S12", numbered(key.Bot, 1))
	first.due = in(0)
	first.commit(accept(message(1)))
	if _, next := c.claim("S12", 5, 7*time.Minute); next != store.Never {
		c.failf("S12", "the only conversation was handed out by the call itself, and the next is due in %v, want never", next)
	}
	_, next := c.claim("S12", 5, time.Hour)
	c.wantNext("the lease of an earlier call ends in 7 minutes", next, 7*time.Minute)
	second.due = in(20 * time.Minute)
	second.commit(accept(message(1)))
	_, next = c.claim("S12", 5, time.Hour)
	c.wantNext("7 minutes are sooner than 20", next, 7*time.Minute)
	c.s.Advance(8 * time.Minute)
	_, next = c.claim("S12", 5, 2*time.Minute)
	c.wantNext("20 minutes, 8 of them over; the lease that this call gives does not count", next, 12*time.Minute)
	_, next = c.claim("S12", 0, time.Hour)
	c.wantNext("that lease, for the next call", next, 2*time.Minute)
	first.commitDue(never)
	_, next = c.claim("S12", 5, time.Hour)
	c.wantNext("the lease was ended by a Commit", next, 12*time.Minute)
	second.commitDue(never)
	if _, next = c.claim("S12", 5, time.Hour); next != store.Never {
		c.failf("S12", "nothing will be due, and the next is due in %v, want never", next)
	}
}

// wantNext allows for the time that the calls themselves take.
func (c *check) wantNext(why string, got, want time.Duration) {
	c.r.Helper()
	if got > want || got < want-20*time.Second {
		c.failf("S12", "Claim says that the next conversation is due in %v, want %v: %s", got, want, why)
	}
}
