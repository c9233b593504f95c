package invariant

import (
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
)

// World is what is known of a run, as of one moment.
type World struct {
	Knows Ability
	// Calm: faults ended, and since then the bound has passed within which every conversation drains or parks.
	Calm bool
	// AgentTransfer and BackToQueue are the switches of the transition table.
	AgentTransfer, BackToQueue bool

	Conversations []Conversation
}

// Conversation is what is known of one conversation.
type Conversation struct {
	Key      store.Key
	Reads    []Read        // with Record: oldest first, at least one
	Trace    []Arrival     // with Trace: in the order of arrival
	Turns    []Turn        // with Rounds: in the order of Turn.After
	Calls    []Call        // with Calls: in any order
	Replaced []Replacement // with Calls: every replacement that an operator asked for, granted or not
	Results  []Reported    // with Results
	Webhooks []Webhook     // with Webhooks: in the order in which they were sent
	Taken    []Inbound     // with Webhooks: what the host took, in the order in which it said so
	Log      []Note        // with Log: in the order in which things took effect
}

// Read is the store's view at one moment: one Load, with History to its end, while nothing was committed.
type Read struct {
	At           time.Time // used by Cut only
	Conversation store.Conversation
	Entries      []store.Entry
	Untaken      []store.Message
	// Parked: Store.Parked lists the conversation. With Parks.
	Parked bool
	// Arrived is how many arrivals had come for certain when it was taken. The last read is held against all.
	Arrived int
}

// Arrival is one request that reached the platform, or whatever stands before it and answers in its place.
//
// Where several events have the same body, an arrival too many passes for one of another event that may have arrived,
// and an arrival too few is noticed only if the events that were acknowledged need it.
type Arrival struct {
	At     time.Time // used by Cut only
	Body   []byte
	Answer Class // what the platform said; Unknown if nothing that a client could take for one of the others
	// KeyRefused: the answer was a 401. The transport may hand the event over once more within the attempt.
	KeyRefused bool
}

// Turn is the opening or the end of a round.
type Turn struct {
	At    time.Time // used by Cut only
	After int       // how many arrivals had come
	Round int
	// Ended: the end of the round is committed: the webhook is answered, the abort returned. The arrivals are counted
	// after that. Otherwise the round is about to be opened, and they are counted before it is asked for.
	Ended bool
}

// Answer is how a call ended.
type Answer uint8

const (
	// Unanswered: the caller does not know: killed, or an error that leaves it open.
	Unanswered Answer = iota
	// Granted: it returned nil.
	Granted
	// Refused: it returned an error that says that nothing was stored.
	Refused
)

// Call is one call of Accept, or the accepting half of Send.
type Call struct {
	Answer       Answer
	Began, Ended time.Time // with Times; Ended is zero if Unanswered
	Kind         events.Kind
	Body         []byte // as events.Request.Encode makes it
	CallerKey    string
	Number       uint64 // Granted: of the receipt
	Round        int    // Granted: of the receipt; otherwise that of ForRound, or 0
	Repeated     bool   // Granted: the receipt says that an earlier call had accepted it
}

// Replacement is the body that an operator gave an event.
type Replacement struct {
	At     time.Time // when it was asked for; used by Cut only
	Number uint64
	Body   []byte
}

// Reported is a final result that the caller was told.
type Reported struct {
	At             time.Time // used by Cut only
	Number         uint64
	Result         store.Result
	Attempts       int
	MayBeDuplicate bool
}

// Webhook is an inbound event that was sent to the library, or one that a call of Open or VisitorEnded stands for. Of
// those that open or end a round none is sent before the one before has ended.
type Webhook struct {
	Began, Ended time.Time // used by Cut only
	Kind         events.Kind
	Body         []byte // as events.Envelope.Encode makes it
	DeliveryID   string
	Answered     bool // 200, or nil; otherwise it may have been taken in or not
}

// Inbound is an inbound event that the host took: Config.OnInbound returned nil.
type Inbound struct {
	At   time.Time // used by Cut only
	Kind events.Kind
	Body []byte // as events.Envelope.Encode makes it
}

// Class is the outcome of an attempt, with the numbers and names of transport.Class.
type Class uint8

const (
	// Unknown: it may have been taken in, or not.
	Unknown Class = iota
	// Acknowledged: 200 or another 2xx.
	Acknowledged
	// NotSent: not a byte left.
	NotSent
	// RefusedScope: 401, 403, 404, 405, 3xx.
	RefusedScope
	// RefusedLater: 429, or 503 with Retry-After.
	RefusedLater
	// Rejected: 400, 413, 414, 415, 422.
	Rejected
)

var classNames = [...]string{"unknown", "acknowledged", "not sent", "refused scope", "refused later", "rejected"}

// String returns the lower-case name.
func (c Class) String() string {
	if int(c) >= len(classNames) {
		return "invalid class"
	}
	return classNames[c]
}

// What is what a note of the log is about.
type What uint8

const (
	// Begun: an attempt was recorded as begun.
	Begun What = iota + 1
	// Ended: the outcome of the attempt was recorded; Class says which.
	Ended
	// Opened and Closed: a round was.
	Opened
	Closed
	// Parked: the conversation was.
	Parked
	// Repaired: an operator's verb was carried out.
	Repaired
	// Killed: the process died without Close. It may have recorded one thing that it could not note any more.
	Killed
)

// Note is one line of the log of a conversation, as observers write it after the commit.
type Note struct {
	At     time.Time // used by Cut only
	What   What
	Number uint64 // Begun, Ended, Parked, Repaired
	Round  int    // Begun, Opened, Closed
	Class  Class  // Ended
}
