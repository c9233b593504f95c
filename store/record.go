package store

import (
	"crypto/sha256"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// Key names a conversation: the same id under two bots is two conversations. Both are opaque: any bytes, compared as such.
type Key struct{ Bot, Conversation string }

// Conversation is the record of a conversation.
type Conversation struct {
	// Revision counts the commits. 0: never stored.
	Revision uint64
	// Lane says what is delivered next. Of Lane.Pending a store keeps what Change.Accepted, Changed and Resolved say.
	Lane Lane
	// Queue is what the rules on queue updates look at; see rules.Facts.
	Queue Queue
	Inbox Inbox
	// Seq is the number of the last observation.
	Seq uint64
}

// Queue is what the visitor was told of the queue in this round.
type Queue struct {
	Last     events.EscalationQueueUpdate
	At       time.Time // of Last
	Position string    // the last one told
}

// Inbox is how far the host has taken the conversation's webhooks.
type Inbox struct {
	Last uint64 // number of the last message received
	// Whether the host has taken this round's widgetEscalate and widgetEndSession.
	TookEscalate, TookEnd bool
	// Tries counts how often the host did not take the oldest message that is left; it is not offered again before
	// NotBefore.
	Tries     int
	NotBefore time.Time
}

// Entry is an accepted event with all that is recorded of it.
type Entry struct {
	Event
	AcceptedAt time.Time
	// CallerKey is the name that the caller gave to the event, unique in the conversation; empty if none.
	// Digest tells whether a repeat has the same body: that of the body as it was accepted, set with a CallerKey.
	CallerKey string
	Digest    Digest
	Body      []byte // what is sent; nil once acknowledged

	Outcome Outcome
	Repairs []Repair // oldest first
}

// Digest is the SHA-256 of a body.
type Digest [sha256.Size]byte

// Outcome is what finally became of an entry. It is zero until then.
type Outcome struct {
	Result Result
	Cause  uint64 // see Resolution
	Marked bool   // see Resolution
	Status int    // of the last attempt's answer; 0 if none came
	At     time.Time
}

// Repair is a person's decision on an event at which its conversation was parked.
type Repair struct {
	At   time.Time
	Verb string
	By   string // who
	Why  string
}

// Message is a webhook that was received. One that was taken and has no DeliveryID need not be kept.
type Message struct {
	Number     uint64 // 1, 2, 3, … in the conversation
	Round      int
	From, To   fsm.State // of the conversation when it was received
	Kind       events.Kind
	Body       []byte // as events.Envelope.Encode made it; nil once taken
	DeliveryID string // the sender's name for it, unique in the conversation; empty if none
	ReceivedAt time.Time
	Taken      bool // the host has taken it
}

// Query asks Load for more than the conversation.
type Query struct {
	CallerKey  string // look for the event accepted under it
	DeliveryID string // look for the webhook received under it
}

// Snapshot is what Load found.
type Snapshot struct {
	Conversation Conversation
	// Bodies of Conversation.Lane.Pending, in the same order.
	Bodies [][]byte
	// Inbox holds the messages that were not taken, in the order of their numbers.
	Inbox []Message
	// Keyed is the event of Query.CallerKey, Delivered the webhook of Query.DeliveryID; nil if there is none.
	Keyed     *Entry
	Delivered *Message
}

// Change is what one Commit stores. The fields take effect in the order in which they stand: Resolved may name an event
// of Accepted, and a repair one that is resolved in the same change.
type Change struct {
	Key Key
	// Conversation is the new record, with the Revision that was loaded. Its Lane.Pending must agree with the fields
	// below; a store may rely on it.
	Conversation Conversation
	Accepted     []Entry // new events; one may be resolved already
	Changed      []Event // pending events, each in place of what was kept of it
	Replaced     *Body   // another body for a pending event
	Resolved     []Resolved
	Repair       *Repaired
	Received     []Message // new webhooks
	Taken        []uint64  // numbers of webhooks that the host has taken
	Due          Due
}

// Body is the body of an event.
type Body struct {
	Number uint64
	Body   []byte
}

// Resolved is what became of a pending event: its last counters and its outcome.
type Resolved struct {
	Event   Event
	Outcome Outcome
}

// Repaired is a repair with the number of its event.
type Repaired struct {
	Number uint64
	Repair Repair
}

// Due says when a conversation is to be claimed.
type Due struct {
	// After is how long after the commit; Never: not at all.
	After time.Duration
	// Held: Release makes it due at once.
	Held bool
}
