package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/escalationkit/escalation/store"
)

func (c *check) begin() Transaction {
	c.r.Helper()
	return c.s.Begin(c.t)
}

// wantUnseen checks that a conversation is not seen outside of a transaction. The store may let the call wait for the
// transaction's end; it is not held up longer than ctx then.
func (c *check) wantUnseen(k store.Key) {
	c.r.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	found, err := c.s.Store.Load(ctx, k, store.Query{})
	if err == nil && found.Conversation.Revision != 0 {
		c.failf("S15", "Load found a change before the caller committed it")
	}
	c.inspect(err)
}

// loadIn loads within a transaction.
func (c *check) loadIn(tx Transaction, k store.Key, q store.Query) store.Snapshot {
	c.r.Helper()
	found, err := tx.Tx.Load(context.Background(), k, q)
	c.must("S15", "Load in a transaction", err)
	c.wantInstants(found)
	return found
}

// enlisted: within the transaction a change is seen at once, outside when the caller has committed, and all clauses
// are kept.
func enlisted(c *check) {
	existing := c.talk("S15", numbered(key.Bot, 1))
	existing.commit(accept(message(1)))
	tx := c.begin()
	c.wantSame("S15", "Load in a transaction of a conversation that is not there", store.Snapshot{}, c.loadIn(tx, key, store.Query{}))
	t := c.talk("S15", key)
	t.to = tx.Tx
	t.due = in(0)
	first, second := message(1), message(2)
	first.CallerKey, first.Digest = keyCanary, store.Digest{1}
	first.AcceptedAt = first.AcceptedAt.Add(999 * time.Nanosecond).In(time.FixedZone("far", 3600))
	ch := t.change()
	accept(cloneEntries([]store.Entry{first, second})...)(&ch)
	c.must("S15", "Commit in a transaction", tx.Tx.Commit(context.Background(), ch))
	scribble(&ch)
	first.AcceptedAt = message(1).AcceptedAt
	t.conv.Revision, t.conv.Lane.Last, t.conv.Lane.Pending = 1, 2, []store.Event{first.Event, second.Event}
	want := store.Snapshot{Conversation: t.conv, Bodies: [][]byte{first.Body, second.Body}, Keyed: &first}
	ask := store.Query{CallerKey: keyCanary}
	c.wantSame("S15", "Load in the transaction of its own change", want, c.loadIn(tx, key, ask))
	c.wantUnseen(key)

	t.commit(resolve(first.Event, result(store.Acknowledged, 5)))
	existing.to = tx.Tx
	existing.commit(accept(message(2)))
	c.must("S15", "the caller's commit", tx.Commit())

	first.Outcome, first.Body = result(store.Acknowledged, 5), nil
	want = store.Snapshot{Conversation: t.conv, Bodies: [][]byte{second.Body}, Keyed: &first}
	c.wantSame("S15", "Load after the caller's commit", want, c.load("S15", key, ask))
	c.wantSame("S15", "History after the caller's commit", []store.Entry{first, second}, c.history("S15", key, 0, 10))
	if got := c.load("S15", existing.key, store.Query{}); got.Conversation.Revision != 2 || len(got.Bodies) != 2 {
		c.failf("S15", "the second conversation of the transaction is at revision %d with %d events, want 2 and 2",
			got.Conversation.Revision, len(got.Bodies))
	}
	c.wantDue("S15", "after the caller's commit", key)
}

// rolledBack: nothing is left of it, and the store goes on.
func rolledBack(c *check) {
	existing := c.talk("S15", numbered(key.Bot, 1))
	existing.commit(accept(message(1)))
	before := c.load("S15", existing.key, store.Query{})
	tx := c.begin()
	for _, k := range []store.Key{key, existing.key} {
		t := c.talk("S15", k)
		t.to, t.due = tx.Tx, in(0)
		t.conv = c.loadIn(tx, k, store.Query{}).Conversation
		t.conv.Lane.Park = store.Park{Number: 1, Reason: store.HeadRejected}
		t.commit(accept(message(t.conv.Lane.Last+1)), receive(webhook(1)))
	}
	c.must("S15", "the caller's roll-back", tx.Rollback())
	c.wantSame("S15", "Load after a roll-back of a conversation that was not there", store.Snapshot{}, c.load("S15", key, store.Query{}))
	c.wantSame("S15", "Load after a roll-back", before, c.load("S15", existing.key, store.Query{}))
	c.wantSame("S15", "Parked after a roll-back", []store.Key(nil), c.parked(store.Key{}, 10))
	c.wantDue("S15", "nothing after a roll-back")
	existing.commit(accept(message(2)))
}

// enlistedConflict: after ErrConflict the caller may go on; after a ctx that was over it rolls back.
func enlistedConflict(c *check) {
	existing := c.talk("S15", key)
	existing.commit(accept(message(1)))
	tx := c.begin()
	ch := existing.change()
	ch.Conversation.Revision = 0
	accept(message(2))(&ch)
	c.wantErr("S15", "Commit in a transaction from an older record", tx.Tx.Commit(context.Background(), ch), store.ErrConflict)
	existing.to = tx.Tx
	existing.conv = c.loadIn(tx, key, store.Query{}).Conversation
	existing.commit(accept(message(2)))
	c.must("S15", "the caller's commit after a conflict", tx.Commit())
	if got := len(c.load("S15", key, store.Query{}).Bodies); got != 2 {
		c.failf("S15", "%d events are pending after a conflict and a change in one transaction, want 2", got)
	}

	tx = c.begin()
	over, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := tx.Tx.Load(over, key, store.Query{})
	c.wantErr("S15", "Load in a transaction with a ctx that was over", err, context.Canceled)
	existing.to = nil
	ch = existing.change()
	accept(message(3))(&ch)
	c.wantErr("S15", "Commit in a transaction with a ctx that was over", tx.Tx.Commit(over, ch), context.Canceled)
	// A driver that ended the transaction by itself says so here, and is free to.
	if err := tx.Rollback(); errors.Is(err, store.ErrFailed) {
		c.failed("S15", "the caller's roll-back", err)
	}
	if got := c.load("S15", key, store.Query{}).Conversation.Revision; got != 2 {
		c.failf("S15", "the revision is %d after a Commit with a ctx that was over, want 2", got)
	}
}

// enlistedSurvives: S8 holds from the caller's commit on.
func enlistedSurvives(c *check) {
	tx := c.begin()
	t := c.talk("S15", key)
	t.to = tx.Tx
	t.commit(accept(message(1)))
	c.must("S15", "the caller's commit", tx.Commit())
	want := c.view("S15")
	c.reopen()
	c.wantSame("S15", "an enlisted change in the next process", want, c.view("S15"))
}
