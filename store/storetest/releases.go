package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/escalationkit/escalation/store"
)

func compareKeys(a, b store.Key) int {
	return cmp.Or(strings.Compare(a.Bot, b.Bot), strings.Compare(a.Conversation, b.Conversation))
}

// wantDue claims all that is due and compares, without order.
func (c *check) wantDue(clause, why string, want ...store.Key) {
	c.r.Helper()
	keys, _ := c.claim(clause, store.NoLimit, time.Hour)
	slices.SortFunc(keys, compareKeys)
	slices.SortFunc(want, compareKeys)
	c.wantSame(clause, "due: "+why, want, keys)
}

// wantReleased calls Release.
func (c *check) wantReleased(why string, bot string, all bool, limit, want int) {
	c.r.Helper()
	if got := c.release(bot, all, limit); got != want {
		c.failf("S13", "Release made %d due, want %d: %s", got, want, why)
	}
}

// release: what was committed as held is due at once, of one bot or of all; what was not is left alone.
func release(c *check) {
	dues := []store.Due{{After: time.Hour, Held: true}, {After: store.Never, Held: true}, in(time.Hour), never}
	for _, bot := range []string{"bot-1", "bot-2", "bot-3"} {
		for n, due := range dues {
			t := c.talk("S13", numbered(bot, n))
			t.due = due
			t.commit(accept(message(1)))
		}
	}
	c.wantReleased("a bot that has no conversations", "bot-9", false, store.NoLimit, 0)
	c.wantReleased("up to none", "bot-1", false, 0, 0)
	c.wantDue("S13", "nothing was released yet")
	c.wantReleased("two of this bot are held", "bot-2", false, store.NoLimit, 2)
	c.wantDue("S13", "those of one bot that are held", numbered("bot-2", 0), numbered("bot-2", 1))
	for n := range 2 {
		t := &talk{c: c, to: c.s.Store, clause: "S13", key: numbered("bot-2", n), due: never}
		t.conv = c.load("S13", t.key, store.Query{}).Conversation
		t.commit() // not held any more
	}
	c.wantReleased("the name of a bot counts for nothing if all is set", "bot-9", true, store.NoLimit, 4)
	c.wantDue("S13", "those of all bots that are held", numbered("bot-1", 0), numbered("bot-1", 1), numbered("bot-3", 0), numbered("bot-3", 1))
}

// releasePages: a caller that releases a few at a time comes to an end, and has released all. What a Release
// made due is not counted by the next one.
func releasePages(c *check) {
	var want []store.Key
	for n := range 7 {
		t := c.talk("S13", numbered(key.Bot, n))
		t.due = store.Due{After: store.Never, Held: true}
		t.commit(accept(message(1)))
		want = append(want, t.key)
	}
	released, pages := 0, 0
	for n := 3; n == 3 && pages < 10; pages++ {
		n = c.release(key.Bot, pages%2 == 1, 3)
		if n > 3 {
			c.failf("S13", "Release up to 3 made %d due", n)
		}
		released += n
	}
	if released != 7 {
		c.failf("S13", "7 conversations are held, and %d pages of up to 3 released %d", pages, released)
	}
	c.wantDue("S13", "released in pages", want...)
}

// releaseClaimed: a claimed conversation is held until it is committed.
func releaseClaimed(c *check) {
	first, second := c.talk("S13", numbered(key.Bot, 0)), c.talk("S13", numbered(key.Bot, 1))
	for _, t := range []*talk{first, second} {
		t.due = in(0)
		t.commit(accept(message(1)))
	}
	c.wantDue("S11", "two are due", first.key, second.key)
	c.wantReleased("two are claimed", key.Bot, false, store.NoLimit, 2)
	c.wantDue("S13", "claimed and released", first.key, second.key)
	first.commitDue(in(time.Hour))
	c.wantReleased("one is claimed, the other was committed since", key.Bot, false, store.NoLimit, 1)
	c.wantDue("S13", "claimed again and released", second.key)
	second.commitDue(store.Due{After: time.Hour, Held: true})
	first.commitDue(never)
	c.wantReleased("committed as held after the claim", "", true, store.NoLimit, 1)
	c.wantDue("S13", "held by a Commit that ended the lease", second.key)
}

// heldComesAndGoes: marks are set and taken away in any order, and none is lost with another.
func heldComesAndGoes(c *check) {
	held := store.Due{After: store.Never, Held: true}
	var all []*talk
	for n := range 6 {
		t := c.talk("S13", numbered(fmt.Sprintf("bot-%d", n%2), n))
		t.due = held
		t.commit(accept(message(1)))
		all = append(all, t)
	}
	all[5].commitDue(never) // the last one
	all[4].commitDue(never)
	all[1].commitDue(never) // one in the middle
	all[0].commitDue(never) // the first one
	all[4].commitDue(held)
	all[2].commitDue(held) // as it was
	c.wantReleased("one of this bot is held", "bot-1", false, store.NoLimit, 1)
	c.wantReleased("two are held and not due yet", "", true, store.NoLimit, 2)
	c.wantDue("S13", "what was left of six, and one that came back", all[2].key, all[3].key, all[4].key)
}
