package escalation

import (
	"context"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/transport"
)

// Observer is told what happened to a conversation, after the state was recorded and before the call that
// caused it returns. It may ask the client anything, but must not wait for a Send or Receive of the
// same conversation, nor call Close: they wait for it. Called concurrently; see Observation.Seq.
type Observer func(ctx context.Context, o Observation)

// Occasion is what an Observation is about.
type Occasion uint8

const (
	// Refused: the guard or a rule refused an outbound event.
	Refused Occasion = iota + 1
	// Attempting: an outbound event was allowed and an attempt to send it begins.
	Attempting
	// Attempted: the attempt ended; Result says how.
	Attempted
	// Received: an inbound event was taken, or Open or VisitorEnded called.
	Received
)

// String returns the lower-case name.
func (o Occasion) String() string {
	switch o {
	case Refused:
		return "refused"
	case Attempting:
		return "attempting"
	case Attempted:
		return "attempted"
	case Received:
		return "received"
	}
	return "none"
}

// Observation is one thing that happened to a conversation. It never holds the event's text.
type Observation struct {
	// Seq numbers the observations of one conversation from 1, in the order in which they took
	// effect, for as long as the client remembers it. An inbound event can be observed while an
	// attempt is under way; the numbers tell which came first. 0: the conversation was never opened.
	Seq            uint64
	Bot            string
	ConversationID string
	Round          int
	Occasion       Occasion
	Kind           events.Kind
	From, To       fsm.State        // of that round; equal where nothing changed
	Refusal        error            // why the event was refused: a *rules.Refusal or a *RoundError
	Result         transport.Result // of an attempt that ended
}

// observe tells all observers.
func (c *Client) observe(ctx context.Context, o Observation) {
	for _, observer := range c.config.Observers {
		observer(ctx, o)
	}
}
