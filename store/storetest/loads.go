package storetest

import (
	"bytes"
	"fmt"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// full is a conversation with no field left out.
func full() store.Conversation {
	return store.Conversation{
		Lane: store.Lane{
			Round: 3, Accepted: fsm.Ended, Acknowledged: fsm.Connected, Last: 2,
			Pending:   []store.Event{message(1).Event, message(2).Event},
			NotBefore: at(70), Held: at(71), Broken: 9, MaybeOver: true,
			Park: store.Park{Number: 1, Reason: store.HeadStranded, Cause: 9},
		},
		Queue: store.Queue{
			Last: events.EscalationQueueUpdate{QueuePosition: "4", WaitingTime: "15"}, At: at(50), Position: "5",
		},
		Inbox: store.Inbox{Last: 2, TookEscalate: true, TookEnd: true, Tries: 6, NotBefore: at(72)},
		Seq:   41,
	}
}

// roundTrip: every field of everything comes back, and a later change replaces the record as a whole.
func roundTrip(c *check) {
	t := c.talk("S6", key)
	t.conv = full()
	first, second := message(1), message(2)
	second.Body = bytes.Repeat([]byte("long \x00\xff "), 12_000)
	t.commit(func(ch *store.Change) {
		ch.Accepted = []store.Entry{first, second}
		ch.Received = []store.Message{webhook(1), webhook(2)}
	})
	want := store.Snapshot{
		Conversation: full(), Bodies: [][]byte{first.Body, second.Body}, Inbox: []store.Message{webhook(1), webhook(2)},
	}
	want.Conversation.Revision = 1
	c.wantSame("S6", "Load after a change with every field", want, c.load("S6", key, store.Query{}))

	// Back to zero, field by field: what is left of the old record would guard the next round.
	t.conv = store.Conversation{Revision: 1}
	t.commit(resolve(first.Event, result(store.Cancelled, 80)), resolve(second.Event, result(store.Cancelled, 80)), take(1, 2))
	c.wantSame("S6", "Load after a change back to a record of zeros",
		store.Snapshot{Conversation: store.Conversation{Revision: 2}}, c.load("S6", key, store.Query{}))
}

// oneField: records of which one field alone is set. A store that keeps quiet conversations in another form must
// not take them for quiet.
func oneField(c *check) {
	for n, set := range []func(*store.Conversation){
		func(conv *store.Conversation) { conv.Lane.Round = 2 },
		func(conv *store.Conversation) { conv.Lane.Accepted = fsm.Failed },
		func(conv *store.Conversation) { conv.Lane.Acknowledged = fsm.Queued },
		func(conv *store.Conversation) { conv.Lane.Last = 3 },
		func(conv *store.Conversation) { conv.Lane.NotBefore = at(1) },
		func(conv *store.Conversation) { conv.Lane.Held = at(1) },
		func(conv *store.Conversation) { conv.Lane.Broken = 4 },
		func(conv *store.Conversation) { conv.Lane.MaybeOver = true },
		func(conv *store.Conversation) { conv.Lane.Park.Number = 5 },
		func(conv *store.Conversation) { conv.Lane.Park.Reason = store.HeadTooOld },
		func(conv *store.Conversation) { conv.Queue.Last.QueuePosition = "6" },
		func(conv *store.Conversation) { conv.Queue.Last.WaitingTime = "7" },
		func(conv *store.Conversation) { conv.Queue.At = at(1) },
		func(conv *store.Conversation) { conv.Queue.Position = "8" },
		func(conv *store.Conversation) { conv.Inbox.Last = 9 },
		func(conv *store.Conversation) { conv.Inbox.TookEscalate = true },
		func(conv *store.Conversation) { conv.Inbox.TookEnd = true },
		func(conv *store.Conversation) { conv.Inbox.Tries = 10 },
		func(conv *store.Conversation) { conv.Inbox.NotBefore = at(1) },
		func(conv *store.Conversation) { conv.Seq = 11 },
	} {
		t := c.talk("S6", numbered(key.Bot, n))
		t.conv = store.Conversation{}
		set(&t.conv)
		t.commit()
		c.wantSame("S6", "Load of a record with one field set", store.Snapshot{Conversation: t.conv}, c.load("S6", t.key, store.Query{}))
	}
}

// likeMost: resolved events that differ in one thing from what nearly all are: acknowledged with 200 at the first attempt.
func likeMost(c *check) {
	t := c.talk("S6", key)
	var want []store.Entry
	for i, differ := range []func(*store.Entry){
		func(*store.Entry) {},
		func(e *store.Entry) { e.Round = 2 },
		func(e *store.Entry) { e.Kind = events.KindEscalationSuccess },
		func(e *store.Entry) { e.Deadline = time.Time{} },
		func(e *store.Entry) { e.AcceptedAt = at(-1000) },
		func(e *store.Entry) { e.Attempts = 0 },
		func(e *store.Entry) { e.Attempts = 2 },
		func(e *store.Entry) { e.Unknown = 1 },
		func(e *store.Entry) { e.Spent = 1 },
		func(e *store.Entry) { e.Free = 1 },
		func(e *store.Entry) { e.Begun = true },
		func(e *store.Entry) { e.CallerKey = keyCanary },
		func(e *store.Entry) { e.CallerKey, e.Digest = keyCanary+"-2", store.Digest{31: 1} },
		func(e *store.Entry) { e.Repairs = []store.Repair{{At: at(3), Verb: "retry"}} },
		func(e *store.Entry) { e.Outcome.Result = store.Cancelled },
		func(e *store.Entry) { e.Outcome.Cause = 1 },
		func(e *store.Entry) { e.Outcome.Marked = true },
		func(e *store.Entry) { e.Outcome.Status = 204 },
		func(e *store.Entry) { e.Outcome.Status = 0 },
		func(e *store.Entry) { e.Outcome.At = time.Time{} },
	} {
		e := message(uint64(i) + 1)
		e.Attempts = 1
		e.Outcome = store.Outcome{Result: store.Acknowledged, Status: 200, At: at(i + 2)}
		differ(&e)
		if e.Outcome.Result == store.Acknowledged {
			e.Body = nil
		}
		accepted := e
		accepted.Outcome, accepted.Repairs, accepted.Body = store.Outcome{}, nil, message(e.Number).Body
		t.commit(accept(accepted))
		t.commit(resolve(e.Event, e.Outcome), func(ch *store.Change) {
			if e.Repairs != nil {
				ch.Repair = &store.Repaired{Number: e.Number, Repair: e.Repairs[0]}
			}
		})
		want = append(want, e)
	}
	c.wantSame("S6", "History of events that are nearly alike", want, c.history("S6", key, 0, store.NoLimit))
}

// opaqueKeys: keys that a careless store mixes up are different conversations.
func opaqueKeys(c *check) {
	keys := []store.Key{
		{Bot: "bot", Conversation: "c"}, {Bot: "bo", Conversation: "tc"}, {Bot: "bot", Conversation: "C"},
		{Bot: "Bot", Conversation: "c"}, {Bot: "bot", Conversation: "c "}, {Bot: "bot", Conversation: "%"},
		{Bot: "bot", Conversation: "c\x00"}, {Bot: "bot", Conversation: "\xff"}, {Bot: "bot", Conversation: "\xfe"},
		{Bot: "bot", Conversation: "'; --"}, {Bot: "", Conversation: "c"}, {Bot: "c", Conversation: "bot"},
		{Bot: "bot", Conversation: "e\u0301"}, {Bot: "bot", Conversation: "\u00e9"}, {Bot: "bot", Conversation: "01"},
		{Bot: "bot", Conversation: "1"}, {Bot: "bot", Conversation: "1.0"},
	}
	for i, k := range keys {
		t := c.talk("S6", k)
		t.conv.Seq = uint64(i) + 1
		t.commit(accept(message(1)))
	}
	for i, k := range keys {
		if got := c.load("S6", k, store.Query{}).Conversation; got.Seq != uint64(i)+1 || got.Revision != 1 {
			c.failf("S6", "conversation %d of %d with keys alike has seq %d at revision %d, want %d at 1", i+1, len(keys),
				got.Seq, got.Revision, i+1)
		}
	}
}

// lookups: Load finds an event by its caller key and a webhook by its delivery id, in this conversation only.
func lookups(c *check) {
	first, second, got := message(1), message(2), webhook(1)
	first.CallerKey, first.Digest = keyCanary, store.Digest{1, 2, 31: 3}
	second.CallerKey, second.Digest = keyCanary+"-2", store.Digest{4}
	got.DeliveryID = "delivery-1"
	t := c.talk("S6", key)
	t.commit(accept(first, second), receive(got))
	other := c.talk("S6", numbered(key.Bot, 1))
	other.commit(accept(message(1)), receive(webhook(1)))

	ask := store.Query{CallerKey: keyCanary, DeliveryID: "delivery-1"}
	c.wantKeyed("the event of a caller key, pending", ask, &first, &got)
	c.wantKeyed("names that nothing has", store.Query{CallerKey: "key-77aa0", DeliveryID: "delivery-11"}, nil, nil)
	c.wantKeyed("names of the wrong kind", store.Query{CallerKey: "delivery-1", DeliveryID: keyCanary}, nil, nil)
	c.wantKeyed("no names: most events have none, and none of them is meant", store.Query{}, nil, nil)
	found := c.load("S6", other.key, ask)
	c.wantSame("S6", "names of another conversation", [2]any{(*store.Entry)(nil), (*store.Message)(nil)}, [2]any{found.Keyed, found.Delivered})

	t.commit(resolve(first.Event, result(store.Acknowledged, 5)), take(1))
	first.Outcome, first.Body = result(store.Acknowledged, 5), nil
	got.Taken, got.Body = true, nil
	c.wantKeyed("the event of a caller key, acknowledged, and a webhook that was taken", ask, &first, &got)
	t.commit(resolve(second.Event, result(store.Rejected, 6)))
	second.Outcome = result(store.Rejected, 6)
	c.wantKeyed("the event of a caller key, rejected", store.Query{CallerKey: second.CallerKey}, &second, nil)
}

func (c *check) wantKeyed(why string, q store.Query, entry *store.Entry, message *store.Message) {
	c.r.Helper()
	found := c.load("S6", key, q)
	c.wantSame("S6", "Load with a Query: "+why, entry, found.Keyed)
	c.wantSame("S6", "Load with a Query: "+why, message, found.Delivered)
}

// lifeOfAnEvent: counters, another body, a repair and the outcome, one change after another, while later events wait.
func lifeOfAnEvent(c *check) {
	t := c.talk("S6", key)
	first, second, third := message(1), message(2), message(3)
	first.CallerKey, first.Digest = keyCanary, store.Digest{1}
	t.commit(accept(first, second, third))

	first.Begun, first.Attempts = true, 1
	t.commit(count(first.Event))
	c.wantPending("an attempt has begun", t, first, second, third)

	first.Begun, first.Attempts, first.Unknown, first.Spent, first.Free = false, 7, 3, 2, 4
	first.Deadline = at(900)
	second.Free = 1
	t.commit(count(first.Event), count(second.Event))
	c.wantPending("other counters of two events", t, first, second, third)

	// A person replaces the body; then the one behind is superseded before the head ends.
	replaced := store.Repair{At: at(20), Verb: "replace", By: "Zoë <z@example.org>", Why: "“no” \n x"}
	first.Body = []byte(bodyCanary + " replaced") // and the digest stays that of the body as it was accepted
	first.Spent, first.Free = 0, 0
	first.Repairs = []store.Repair{replaced}
	t.commit(count(first.Event), func(ch *store.Change) {
		ch.Replaced = &store.Body{Number: 1, Body: bytes.Clone(first.Body)}
		ch.Repair = &store.Repaired{Number: 1, Repair: replaced}
	})
	c.wantPending("another body", t, first, second, third)
	second.Outcome = store.Outcome{Result: store.Superseded, Cause: 3, At: at(30)}
	t.commit(resolve(second.Event, second.Outcome))
	c.wantPending("resolved behind the head", t, first, third)
	c.wantSame("S6", "History while the head is pending", []store.Entry{first, second, third}, c.history("S6", key, 0, store.NoLimit))

	skipped := store.Repair{At: at(40), Verb: "skip", By: "", Why: "asked to"}
	first.Repairs = append(first.Repairs, skipped)
	first.Outcome = store.Outcome{Result: store.Skipped, Status: 503, At: at(40)}
	third.Attempts = 1
	third.Outcome = store.Outcome{Result: store.Rejected, Cause: 1, Marked: true, Status: 400, At: at(41)}
	t.commit(resolve(first.Event, first.Outcome), resolve(third.Event, third.Outcome), func(ch *store.Change) {
		ch.Repair = &store.Repaired{Number: 1, Repair: skipped}
	})
	c.wantPending("all resolved", t)
	c.wantSame("S6", "History when all are resolved", []store.Entry{first, second, third}, c.history("S6", key, 0, store.NoLimit))
	c.wantKeyed("the event with all that happened to it", store.Query{CallerKey: keyCanary}, &first, nil)
}

// wantPending compares what Load says of the pending events with the entries.
func (c *check) wantPending(why string, t *talk, entries ...store.Entry) {
	c.r.Helper()
	want := store.Snapshot{Conversation: t.conv}
	want.Conversation.Lane.Pending = nil
	for _, e := range entries {
		want.Conversation.Lane.Pending = append(want.Conversation.Lane.Pending, e.Event)
		want.Bodies = append(want.Bodies, e.Body)
	}
	c.wantSame("S6", "Load: "+why, want, c.load("S6", t.key, store.Query{}))
}

// resolvedAtOnce: an event may be resolved in the change that accepts it, by its own outcome or as a part of
// Change.Resolved, whatever waits before it.
func resolvedAtOnce(c *check) {
	t := c.talk("S6", key)
	first, second, third := message(1), message(2), message(3)
	second.Outcome = store.Outcome{Result: store.Stranded, Cause: 1, At: at(2)}
	t.commit(accept(first, second, third), resolve(third.Event, result(store.Cancelled, 3)))
	third.Outcome = result(store.Cancelled, 3)
	c.wantPending("of three accepted events two were resolved", t, first)
	c.wantSame("S6", "History of events resolved at once", []store.Entry{first, second, third}, c.history("S6", key, 0, store.NoLimit))
}

// inbox: messages come back in the order of their numbers until they are taken.
func inbox(c *check) {
	t := c.talk("S6", key)
	var all []store.Message
	for n := range uint64(12) { // past 9, where numbers sorted as texts go wrong
		all = append(all, webhook(n+1))
	}
	all[1].From, all[1].To, all[1].Kind, all[1].Round = fsm.None, fsm.Pending, events.KindWidgetEscalate, 2
	t.commit(receive(all[0], all[1]))
	t.commit(receive(all[2:]...))
	c.wantSame("S6", "Snapshot.Inbox, none taken", all, c.load("S6", key, store.Query{}).Inbox)
	t.commit(take(2, 5))
	left := []store.Message{all[0], all[2], all[3]}
	left = append(left, all[5:]...)
	c.wantSame("S6", "Snapshot.Inbox, 2 and 5 taken", left, c.load("S6", key, store.Query{}).Inbox)
	last := webhook(13)
	t.commit(receive(last), take(1, 3, 4, 6, 7, 8, 9, 10, 11, 12))
	c.wantSame("S6", "Snapshot.Inbox, all but the newest taken", []store.Message{last}, c.load("S6", key, store.Query{}).Inbox)
}

// neverCommitted: nothing is known of a conversation that nobody wrote.
func neverCommitted(c *check) {
	c.talk("S7", numbered(key.Bot, 1)).commit(accept(message(1)))
	ask := store.Query{CallerKey: keyCanary, DeliveryID: "delivery-1"}
	c.wantSame("S7", "Load of a conversation that was never committed", store.Snapshot{}, c.load("S7", key, ask))
	c.wantSame("S14", "History of a conversation that was never committed", []store.Entry(nil), c.history("S14", key, 0, 10))
}

// instants: they are cut to the microsecond, never rounded, and in UTC; zero stays zero.
func instants(c *check) {
	zone := time.FixedZone("far", 5*3600+1800)
	for i, tc := range []struct {
		why       string
		put, want time.Time
	}{
		{"in another zone", at(1).In(zone), at(1)},
		{"finer than a microsecond", at(1).Add(999 * time.Nanosecond), at(1)},
		{"finer, in another zone", at(1).Add(500 * time.Nanosecond).In(zone), at(1)},
		{"zero", time.Time{}, time.Time{}},
		{"zero in another zone", time.Time{}.In(zone), time.Time{}},
		{"before 1970", time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC)},
		{"1970 itself", time.Unix(0, 0).In(zone), time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"far ahead", time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)},
	} {
		k := numbered(key.Bot, i)
		t := c.talk("S7", k)
		t.conv.Lane.NotBefore, t.conv.Lane.Held, t.conv.Queue.At, t.conv.Inbox.NotBefore = tc.put, tc.put, tc.put, tc.put
		t.conv.Queue.Position = "1"
		put, want := message(1), message(1)
		for e, when := range map[*store.Entry]time.Time{&put: tc.put, &want: tc.want} {
			e.CallerKey = keyCanary
			e.AcceptedAt, e.Deadline = when, when
			e.Outcome = store.Outcome{Result: store.Rejected, At: when}
			e.Repairs = []store.Repair{{At: when, Verb: "retry"}}
		}
		pending, got := message(2), webhook(1)
		pending.Deadline, got.ReceivedAt, got.DeliveryID = tc.put, tc.put, "delivery-1"
		outcome := put.Outcome
		put.Outcome, put.Repairs = store.Outcome{}, nil
		t.commit(accept(put, pending), receive(got))
		t.commit(resolve(put.Event, outcome), func(ch *store.Change) {
			ch.Repair = &store.Repaired{Number: 1, Repair: store.Repair{At: tc.put, Verb: "retry"}}
		})
		found := c.load("S7", k, store.Query{CallerKey: keyCanary, DeliveryID: "delivery-1"})
		if found.Keyed == nil || found.Delivered == nil || len(found.Conversation.Lane.Pending) != 1 {
			c.failf("S6", "Load did not find what was committed")
			continue
		}
		conv := found.Conversation
		for what, got := range map[string]time.Time{
			"Lane.NotBefore": conv.Lane.NotBefore, "Lane.Held": conv.Lane.Held, "Event.Deadline": conv.Lane.Pending[0].Deadline,
			"Queue.At": conv.Queue.At, "Inbox.NotBefore": conv.Inbox.NotBefore, "Message.ReceivedAt": found.Delivered.ReceivedAt,
		} {
			if got != tc.want {
				c.failf("S7", "%s of an instant %s is %v, want %v", what, tc.why, got, tc.want)
			}
		}
		c.wantSame("S7", fmt.Sprintf("an entry with instants %s", tc.why), want, *found.Keyed)
	}
}

// bodies: only those that nobody will send or take again are dropped.
func bodies(c *check) {
	t := c.talk("S10", key)
	results := []store.Result{store.Acknowledged, store.Rejected, store.Superseded, store.Stranded, store.Expired,
		store.Cancelled, store.Skipped, store.Acknowledged}
	var want []store.Entry
	for i := range results {
		e := message(uint64(i) + 1)
		e.CallerKey, e.Digest = fmt.Sprint(keyCanary, i), store.Digest{byte(i + 1)}
		want = append(want, e)
	}
	atOnce, dropped := message(9), webhook(1)
	atOnce.Outcome, dropped.DeliveryID = result(store.Acknowledged, 9), "delivery-1"
	kept := webhook(2)
	kept.DeliveryID = "delivery-2"
	t.commit(accept(want...), accept(atOnce), receive(dropped, kept))
	t.commit(func(ch *store.Change) {
		for i, r := range results {
			o := result(r, 60)
			o.Marked = i == 7 // acknowledged by the word of an operator: it is not sent again either
			resolve(want[i].Event, o)(ch)
			want[i].Outcome = o
		}
	}, take(1))
	want[0].Body, want[7].Body, atOnce.Body = nil, nil, nil
	want = append(want, atOnce)
	c.wantSame("S10", "History: bodies of resolved events, the digests and all else kept", want, c.history("S10", key, 0, store.NoLimit))
	for i, e := range want[:8] {
		found := c.load("S10", key, store.Query{CallerKey: e.CallerKey, DeliveryID: fmt.Sprintf("delivery-%d", 1+i%2)})
		if found.Keyed == nil || found.Delivered == nil {
			c.failf("S10", "an event %v or a message is not found any more", e.Outcome.Result)
			continue
		}
		c.wantSame("S10", "Snapshot.Keyed of a resolved event", e, *found.Keyed)
		if taken := i%2 == 0; taken != (found.Delivered.Body == nil) || taken != found.Delivered.Taken {
			c.failf("S10", "of message %d the body is nil: %v, and Taken is %v; want %v for both", 1+i%2,
				found.Delivered.Body == nil, found.Delivered.Taken, taken)
		}
	}
}
