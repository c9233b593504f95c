package escalation

import (
	"context"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// Observer is told what happened to a conversation, after it was stored and before anybody who waits for it is
// answered. It may read (Status, Explain, History), but must not wait for anything that changes the same conversation,
// nor call Close: they wait for it. Calls for one conversation come one at a time, in the order of Seq; for different
// ones they run side by side. A panic is logged and ends nothing else.
type Observer func(ctx context.Context, o Observation)

// Occasion is what an Observation is about.
type Occasion uint8

const (
	// Refused: the guard or a rule refused an outbound event, or the table an inbound one.
	Refused Occasion = iota + 1
	// Accepted: an outbound event was allowed and stored.
	Accepted
	// Attempting: an attempt to send it begins.
	Attempting
	// Attempted: the attempt ended; Result says how.
	Attempted
	// Resolved: it is clear what became of the event; Outcome says what.
	Resolved
	// Parked: the conversation waits for a person's decision; Park says where and why.
	Parked
	// Repaired: somebody decided; Verb says what.
	Repaired
	// Received: an inbound event was taken, or Open or VisitorEnded called.
	Received
)

var occasionNames = [...]string{
	"none", "refused", "accepted", "attempting", "attempted", "resolved", "parked", "repaired", "received",
}

// String returns the lower-case name.
func (o Occasion) String() string {
	if int(o) >= len(occasionNames) {
		return "none"
	}
	return occasionNames[o]
}

// Observation is one thing that happened to a conversation. It never holds the event's text.
type Observation struct {
	// Seq numbers the observations of one conversation from 1, for as long as the store keeps it. A refusal
	// changes nothing: it has the number of the observation before it.
	Seq            uint64
	Bot            string
	ConversationID string
	Round          int
	Occasion       Occasion
	Kind           events.Kind
	Number         uint64    // of an outbound event that was accepted
	From, To       fsm.State // by what the API acknowledged, of that round; equal where nothing changed
	Refusal        error     // why the event was refused: a *rules.Refusal or another error of Accept
	Attempts       int       // begun so far
	Result         transport.Result
	Outcome        store.Outcome
	MayBeDuplicate bool // with Resolved: the API may have taken the event in more than once
	Park           store.Park
	Verb           Verb // with Repaired
}

// observe tells all observers.
func (c *Client) observe(o Observation) {
	for _, observer := range c.config.Observers {
		c.guard("observer", func() { observer(c.cutOff, o) })
	}
}

// guard keeps a panic in code of the host from ending the process, and says whether there was one.
func (c *Client) guard(what string, f func()) (panicked bool) {
	defer func() {
		if p := recover(); p != nil {
			c.logPanic(what, p)
			panicked = true
		}
	}()
	f()
	return false
}
