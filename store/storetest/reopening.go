package storetest

import (
	"context"
	"time"

	"github.com/escalationkit/escalation/store"
)

// reopen ends the store as a killed process does and goes on with what the next one finds.
func (c *check) reopen() {
	c.r.Helper()
	c.s.Store = c.s.Reopen(c.t)
}

// survives: all that was committed is there in the next process.
func survives(c *check) {
	t := c.begun("S8")
	ch := everything(t)
	conv := full()
	conv.Revision, conv.Lane.Pending, conv.Lane.Last = 1, ch.Conversation.Lane.Pending, 6
	ch.Conversation = conv
	c.must("S8", "Commit", c.s.Store.Commit(context.Background(), ch))
	other := c.talk("S8", numbered("bot-2", 1))
	other.commit(accept(message(1)))
	want := c.view("S8")
	for range 2 {
		c.reopen()
		c.wantSame("S8", "what the next process finds", want, c.view("S8"))
		keys, err := c.s.Store.Parked(context.Background(), store.Key{}, 10)
		c.must("S8", "Parked", err)
		c.wantSame("S8", "parked in the next process", []store.Key{key}, keys)
	}
	other.to = c.s.Store
	other.commit(resolve(message(1).Event, result(store.Acknowledged, 5)))
	if got := c.load("S8", other.key, store.Query{}).Conversation.Revision; got != 2 {
		c.failf("S8", "the revision is %d after a Commit in each of two processes, want 2", got)
	}
}

// dueSurvives: so does when a conversation is due and whether it is held.
func dueSurvives(c *check) {
	for n, due := range []store.Due{in(0), in(10 * time.Minute), never, {After: store.Never, Held: true}} {
		t := c.talk("S8", numbered(key.Bot, n))
		t.due = due
		t.commit(accept(message(1)))
	}
	c.reopen()
	keys, next := c.claim("S8", store.NoLimit, 24*time.Hour)
	c.wantSame("S8", "due in the next process", []store.Key{numbered(key.Bot, 0)}, keys)
	if next > 10*time.Minute || next < 9*time.Minute {
		c.failf("S8", "a conversation is due in 10 minutes, and the next process says in %v", next)
	}
	c.s.Advance(11 * time.Minute)
	keys, _ = c.claim("S8", store.NoLimit, 24*time.Hour)
	c.wantSame("S8", "due in the next process, 11 minutes later", []store.Key{numbered(key.Bot, 1)}, keys)
	for n := range 2 {
		t := &talk{c: c, to: c.s.Store, clause: "S8", key: numbered(key.Bot, n), due: never}
		t.conv = c.load("S8", t.key, store.Query{}).Conversation
		t.commit()
	}
	if n := c.release("", true, store.NoLimit); n != 1 {
		c.failf("S8", "one conversation was committed as held, and Release in the next process made %d due", n)
	}
}
