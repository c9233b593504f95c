package storetest

import (
	"bytes"
	"context"
	"slices"

	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// everything returns a change in which every slice and pointer is set, to follow one that accepted the
// events 1 to 4 and received the messages 1 and 2.
func everything(t *talk) store.Change {
	c := t.change()
	first, third := message(1), message(3)
	third.Attempts = 1
	accept(message(5), message(6))(&c)
	count(third.Event)(&c)
	resolve(message(2).Event, result(store.Skipped, 9))(&c)
	resolve(message(4).Event, result(store.Expired, 9))(&c)
	c.Replaced = &store.Body{Number: first.Number, Body: []byte(bodyCanary + " replaced")}
	c.Repair = &store.Repaired{Number: 1, Repair: store.Repair{At: at(9), Verb: "retry", By: "Ann", Why: "because"}}
	receive(webhook(3), webhook(4))(&c)
	take(1, 2)(&c)
	c.Accepted[0].CallerKey = keyCanary
	c.Accepted[0].Repairs = []store.Repair{{At: at(8), Verb: "none"}}
	c.Received[0].DeliveryID = "delivery-3"
	return c
}

// scribble writes into every slice that a change refers to.
func scribble(c *store.Change) {
	for i := range c.Accepted {
		fill(c.Accepted[i].Body)
		clear(c.Accepted[i].Repairs)
	}
	for i := range c.Received {
		fill(c.Received[i].Body)
	}
	if c.Replaced != nil {
		fill(c.Replaced.Body)
		*c.Replaced = store.Body{}
	}
	if c.Repair != nil {
		*c.Repair = store.Repaired{}
	}
	clear(c.Accepted)
	clear(c.Changed)
	clear(c.Resolved)
	clear(c.Received)
	clear(c.Taken)
	clear(c.Conversation.Lane.Pending)
}

func fill(b []byte) {
	for i := range b {
		b[i] = '#'
	}
}

// begun prepares a conversation for everything.
func (c *check) begun(clause string) *talk {
	t := c.talk(clause, key)
	t.commit(accept(message(1), message(2), message(3), message(4)), receive(webhook(1), webhook(2)))
	return t
}

// view is all that can be read of the suite's conversation.
type view struct {
	Found   store.Snapshot
	History []store.Entry
}

func (c *check) view(clause string) view {
	c.r.Helper()
	return view{
		c.load(clause, key, store.Query{CallerKey: keyCanary, DeliveryID: "delivery-3"}),
		c.history(clause, key, 0, store.NoLimit),
	}
}

// clone shares nothing with v.
func (v view) clone() view {
	v.Found.Conversation.Lane.Pending = slices.Clone(v.Found.Conversation.Lane.Pending)
	v.Found.Bodies = slices.Clone(v.Found.Bodies)
	for i := range v.Found.Bodies {
		v.Found.Bodies[i] = bytes.Clone(v.Found.Bodies[i])
	}
	v.Found.Inbox = cloneMessages(v.Found.Inbox)
	if v.Found.Keyed != nil {
		v.Found.Keyed = &cloneEntries([]store.Entry{*v.Found.Keyed})[0]
	}
	if v.Found.Delivered != nil {
		v.Found.Delivered = &cloneMessages([]store.Message{*v.Found.Delivered})[0]
	}
	v.History = cloneEntries(v.History)
	return v
}

// argumentsKept: what the caller does with a change after Commit returned is nobody's business.
func argumentsKept(c *check) {
	t := c.begun("S2")
	first := c.load("S2", key, store.Query{})
	ch := everything(t)
	c.must("S2", "Commit", c.s.Store.Commit(context.Background(), ch))
	v := c.view("S2")
	before := v.clone()
	scribble(&ch)
	c.wantSame("S2", "after the change was written over by the caller", before, c.view("S2"))
	if first.Conversation.Revision != 1 || len(first.Bodies) != 4 || !bytes.Equal(first.Bodies[0], message(1).Body) {
		c.failf("S2", "a later Commit changed what Load had handed out")
	}
}

// argumentsWritten: Commit reads its change and no more, also when it refuses it.
func argumentsWritten(c *check) {
	t := c.begun("S2")
	for _, revision := range []uint64{0, 1} {
		ch, want := everything(t), everything(t)
		ch.Conversation.Revision, want.Conversation.Revision = revision, revision
		// Room behind the slices would let an append go unseen.
		ch.Accepted, ch.Taken = slices.Grow(ch.Accepted, 4), slices.Grow(ch.Taken, 4)
		ch.Conversation.Lane.Pending = slices.Grow(ch.Conversation.Lane.Pending, 4)
		err := c.s.Store.Commit(context.Background(), ch)
		if (revision == 1) != (err == nil) {
			c.must("S2", "Commit", err)
		}
		c.wantSame("S2", "the caller's change after Commit", want, ch)
		c.wantSame("S2", "behind the caller's Accepted after Commit", make([]store.Entry, 4), ch.Accepted[2:6])
		c.wantSame("S2", "behind the caller's Taken after Commit", make([]uint64, 4), ch.Taken[2:6])
	}
}

// resultsKept: what a caller does with a result changes neither the store nor what others were handed.
func resultsKept(c *check) {
	t := c.begun("S2")
	c.must("S2", "Commit", c.s.Store.Commit(context.Background(), everything(t)))
	mine, others := c.view("S2"), c.view("S2")
	want := others.clone()
	for _, b := range mine.Found.Bodies {
		fill(b)
	}
	clear(mine.Found.Bodies)
	clear(mine.Found.Conversation.Lane.Pending)
	for i := range mine.Found.Inbox {
		fill(mine.Found.Inbox[i].Body)
	}
	clear(mine.Found.Inbox)
	if e := mine.Found.Keyed; e != nil {
		fill(e.Body)
		clear(e.Repairs)
		*e = store.Entry{}
	}
	if m := mine.Found.Delivered; m != nil {
		fill(m.Body)
		*m = store.Message{}
	}
	for i := range mine.History {
		fill(mine.History[i].Body)
		clear(mine.History[i].Repairs)
	}
	clear(mine.History)
	c.wantSame("S2", "what another call handed out, after the results were written over", want, others)
	c.wantSame("S2", "what the store hands out after its results were written over", want, c.view("S2"))

	for n := range 3 {
		t := c.talk("S2", numbered(key.Bot, n))
		t.conv.Lane.Accepted, t.conv.Lane.Park = fsm.Connected, store.Park{Number: 1, Reason: store.HeadRejected}
		t.commit(accept(message(1)))
	}
	keys := c.parked(store.Key{}, 10)
	held := slices.Clone(keys)
	clear(keys)
	c.wantSame("S2", "Parked after its result was written over", held, c.parked(store.Key{}, 10))
}

func cloneEntries(all []store.Entry) []store.Entry {
	all = slices.Clone(all)
	for i := range all {
		all[i].Body, all[i].Repairs = bytes.Clone(all[i].Body), slices.Clone(all[i].Repairs)
	}
	return all
}

func cloneMessages(all []store.Message) []store.Message {
	all = slices.Clone(all)
	for i := range all {
		all[i].Body = bytes.Clone(all[i].Body)
	}
	return all
}
