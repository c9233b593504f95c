package storetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// at is a whole second of the suite's calendar. It has nothing to do with the store's clock.
func at(second int) time.Time {
	return time.Date(2026, time.March, 1, 9, 0, second, 123_456_000, time.UTC)
}

// key is that of the suite's usual conversation.
var key = store.Key{Bot: "bot-1", Conversation: conversationCanary}

// numbered is the n-th of many conversations of a bot.
func numbered(bot string, n int) store.Key {
	return store.Key{Bot: bot, Conversation: fmt.Sprintf("%s-%02d", conversationCanary, n)}
}

// never is the Due of a conversation that nobody is to claim.
var never = store.Due{After: store.Never}

// message is the n-th event as it is accepted.
func message(n uint64) store.Entry {
	return store.Entry{
		Event:      store.Event{Number: n, Round: 1, Kind: events.KindMessage, Deadline: at(int(n) + 600)},
		AcceptedAt: at(int(n)),
		Body:       fmt.Appendf(nil, "%s %d", bodyCanary, n),
	}
}

// webhook is the n-th webhook as it is received.
func webhook(n uint64) store.Message {
	return store.Message{
		Number: n, Round: 1, From: fsm.Connected, To: fsm.Connected, Kind: events.KindWidgetMessage,
		Body: fmt.Appendf(nil, "%s in %d", bodyCanary, n), ReceivedAt: at(int(n)),
	}
}

// result is how an event may end at a time.
func result(r store.Result, second int) store.Outcome {
	return store.Outcome{Result: r, At: at(second)}
}

// talk writes one conversation, change by change, as the client does.
type talk struct {
	c      *check
	to     store.Tx // where Commit goes: the store, or a transaction
	clause string   // blamed if a Commit fails
	key    store.Key
	conv   store.Conversation
	due    store.Due
}

// talk begins a conversation that was never committed.
func (c *check) talk(clause string, key store.Key) *talk {
	return &talk{c: c, to: c.s.Store, clause: clause, key: key, due: never,
		conv: store.Conversation{Lane: store.Lane{Round: 1, Accepted: fsm.Connected, Acknowledged: fsm.Connected}}}
}

// change is one that changes nothing yet. It shares nothing with the talk.
func (t *talk) change() store.Change {
	c := store.Change{Key: t.key, Conversation: t.conv, Due: t.due}
	c.Conversation.Lane.Pending = slices.Clone(t.conv.Lane.Pending)
	return c
}

// commit commits a change that edit has completed.
func (t *talk) commit(edit ...func(*store.Change)) {
	t.c.r.Helper()
	c := t.change()
	for _, f := range edit {
		f(&c)
	}
	t.c.must(t.clause, "Commit", t.to.Commit(context.Background(), c))
	t.conv = c.Conversation
	t.conv.Lane.Pending = slices.Clone(t.conv.Lane.Pending)
	t.conv.Revision++
}

// commitDue commits nothing but when the conversation is due.
func (t *talk) commitDue(due store.Due) {
	t.c.r.Helper()
	t.commit(func(c *store.Change) { c.Due = due })
}

// The functions below complete a change, and its Pending with it.

func accept(entries ...store.Entry) func(*store.Change) {
	return func(c *store.Change) {
		for _, e := range entries {
			c.Accepted = append(c.Accepted, e)
			c.Conversation.Lane.Last = e.Number
			if e.Outcome.Result == 0 {
				c.Conversation.Lane.Pending = append(c.Conversation.Lane.Pending, e.Event)
			}
		}
	}
}

func count(ev store.Event) func(*store.Change) {
	return func(c *store.Change) {
		c.Changed = append(c.Changed, ev)
		for i, p := range c.Conversation.Lane.Pending {
			if p.Number == ev.Number {
				c.Conversation.Lane.Pending[i] = ev
			}
		}
	}
}

func resolve(ev store.Event, o store.Outcome) func(*store.Change) {
	return func(c *store.Change) {
		c.Resolved = append(c.Resolved, store.Resolved{Event: ev, Outcome: o})
		c.Conversation.Lane.Pending = slices.DeleteFunc(c.Conversation.Lane.Pending,
			func(p store.Event) bool { return p.Number == ev.Number })
	}
}

func receive(messages ...store.Message) func(*store.Change) {
	return func(c *store.Change) {
		for _, m := range messages {
			c.Received = append(c.Received, m)
			c.Conversation.Inbox.Last = m.Number
		}
	}
}

func take(numbers ...uint64) func(*store.Change) {
	return func(c *store.Change) { c.Taken = append(c.Taken, numbers...) }
}
