package storetest

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// drawChange draws a change of a conversation that agrees with what the model keeps of it.
func drawChange(rt *rapid.T, m *model, key store.Key) store.Change {
	c := store.Change{Key: key, Conversation: m.load(key, store.Query{}).Conversation}
	drawRecord(rt, &c.Conversation)
	for range rapid.IntRange(0, 2).Draw(rt, "accepted") {
		accept(drawEntry(rt, c.Conversation.Lane.Last+1))(&c)
	}
	// Only events from before this change, each changed or resolved or neither.
	for _, ev := range m.load(key, store.Query{}).Conversation.Lane.Pending {
		switch rapid.SampledFrom([]string{"left", "changed", "replaced", "repaired", "resolved", "repaired and resolved"}).Draw(rt, "event") {
		case "changed":
			count(drawEvent(rt, ev))(&c)
		case "replaced":
			c.Replaced = &store.Body{Number: ev.Number, Body: drawBody(rt)}
		case "repaired":
			c.Repair = drawRepair(rt, ev.Number)
		case "repaired and resolved":
			c.Repair = drawRepair(rt, ev.Number)
			fallthrough
		case "resolved":
			resolve(drawEvent(rt, ev), drawOutcome(rt))(&c)
		}
	}
	for range rapid.IntRange(0, 2).Draw(rt, "received") {
		receive(drawMessage(rt, c.Conversation.Inbox.Last+1))(&c)
	}
	for _, msg := range m.load(key, store.Query{}).Inbox {
		if rapid.Bool().Draw(rt, "taken") {
			take(msg.Number)(&c)
		}
	}
	c.Due.After = rapid.SampledFrom([]time.Duration{store.Never, 0, time.Minute, 10 * time.Minute}).Draw(rt, "due after")
	c.Due.Held = c.Due.After > 0 && rapid.Bool().Draw(rt, "held")
	return c
}

// drawRecord changes what is not the store's business.
func drawRecord(rt *rapid.T, c *store.Conversation) {
	c.Seq += rapid.Uint64Range(0, 3).Draw(rt, "observations")
	if rapid.Bool().Draw(rt, "same record") {
		return
	}
	c.Lane.Round = rapid.IntRange(0, 3).Draw(rt, "round")
	c.Lane.Accepted = rapid.SampledFrom(fsm.States()).Draw(rt, "accepted state")
	// Not a state in which a store may hold that the conversation is finished and forget it.
	c.Lane.Acknowledged = rapid.SampledFrom([]fsm.State{fsm.None, fsm.Pending, fsm.Queued, fsm.Connected}).Draw(rt, "acknowledged state")
	c.Lane.NotBefore, c.Lane.Held = drawTime(rt, "not before"), drawTime(rt, "held")
	c.Lane.Broken = rapid.Uint64Range(0, 9).Draw(rt, "broken")
	c.Lane.MaybeOver = rapid.Bool().Draw(rt, "maybe over")
	c.Lane.Park = store.Park{}
	if rapid.Bool().Draw(rt, "parked") {
		c.Lane.Park = store.Park{Number: c.Lane.Last, Reason: store.HeadStranded, Cause: c.Lane.Broken}
	}
	c.Queue = store.Queue{}
	if rapid.Bool().Draw(rt, "queue told") {
		position := rapid.SampledFrom([]string{"", "1", "12"}).Draw(rt, "position")
		c.Queue = store.Queue{Last: events.EscalationQueueUpdate{QueuePosition: position, WaitingTime: "5"},
			At: drawTime(rt, "told at"), Position: position}
	}
	c.Inbox.TookEscalate, c.Inbox.TookEnd = rapid.Bool().Draw(rt, "took escalate"), rapid.Bool().Draw(rt, "took end")
	c.Inbox.Tries, c.Inbox.NotBefore = rapid.IntRange(0, 2).Draw(rt, "tries"), drawTime(rt, "offered after")
}

func drawEntry(rt *rapid.T, n uint64) store.Entry {
	e := store.Entry{Event: drawEvent(rt, store.Event{Number: n}), AcceptedAt: drawTime(rt, "accepted at"), Body: drawBody(rt)}
	if rapid.Bool().Draw(rt, "keyed") {
		e.CallerKey, e.Digest = fmt.Sprintf("caller key %d", n), store.Digest{byte(n)}
	}
	if rapid.IntRange(0, 4).Draw(rt, "resolved at once") == 0 {
		e.Outcome = drawOutcome(rt)
	}
	return e
}

func drawEvent(rt *rapid.T, ev store.Event) store.Event {
	counter := rapid.IntRange(0, 3)
	ev.Round = rapid.IntRange(0, 3).Draw(rt, "round of the event")
	ev.Kind = rapid.SampledFrom([]events.Kind{events.KindMessage, events.KindEscalationSuccess, events.KindEscalationQueueUpdate}).Draw(rt, "kind")
	ev.Deadline = drawTime(rt, "deadline")
	ev.Attempts, ev.Unknown = counter.Draw(rt, "attempts"), counter.Draw(rt, "unknown")
	ev.Spent, ev.Free = counter.Draw(rt, "spent"), counter.Draw(rt, "free")
	ev.Begun = rapid.Bool().Draw(rt, "begun")
	return ev
}

func drawOutcome(rt *rapid.T) store.Outcome {
	return store.Outcome{
		Result: store.Result(rapid.IntRange(int(store.Acknowledged), int(store.Skipped)).Draw(rt, "result")),
		Cause:  rapid.Uint64Range(0, 3).Draw(rt, "cause"),
		Marked: rapid.Bool().Draw(rt, "marked"),
		Status: rapid.SampledFrom([]int{0, 200, 400, 599}).Draw(rt, "status"),
		At:     drawTime(rt, "resolved at"),
	}
}

func drawRepair(rt *rapid.T, number uint64) *store.Repaired {
	return &store.Repaired{Number: number, Repair: store.Repair{
		At: drawTime(rt, "repaired at"), Verb: "skip", By: rapid.SampledFrom([]string{"", "Ann"}).Draw(rt, "by"), Why: "x",
	}}
}

func drawMessage(rt *rapid.T, n uint64) store.Message {
	m := store.Message{
		Number: n, Round: rapid.IntRange(0, 3).Draw(rt, "round of the message"), Kind: events.KindWidgetMessage,
		From: rapid.SampledFrom(fsm.States()).Draw(rt, "from"), To: rapid.SampledFrom(fsm.States()).Draw(rt, "to"),
		Body: drawBody(rt), ReceivedAt: drawTime(rt, "received at"),
	}
	if rapid.Bool().Draw(rt, "delivery has an id") {
		m.DeliveryID = fmt.Sprintf("delivery id %d", n)
	}
	return m
}

// drawBody is never empty: no event is.
func drawBody(rt *rapid.T) []byte {
	return rapid.SliceOfN(rapid.Byte(), 1, 6).Draw(rt, "body")
}

// drawTime is often zero, and as often finer than a store keeps it.
func drawTime(rt *rapid.T, label string) time.Time {
	n := rapid.IntRange(0, 3).Draw(rt, label)
	if n == 0 {
		return time.Time{}
	}
	return at(n).Add(time.Duration(n) * 333 * time.Nanosecond).In(time.FixedZone("far", n*1800))
}
