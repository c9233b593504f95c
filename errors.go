package escalation

import (
	"errors"
	"fmt"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/transport"
)

// ErrClosed is returned by every call after Close.
var ErrClosed = errors.New("escalation: client is closed")

// SendError says that an event was not acknowledged, though no rule refused it. The state did not change.
// Err holds the transport's error, or the context's if the caller stopped waiting.
type SendError struct {
	Kind  events.Kind
	Round int
	State fsm.State // of that round at the time of the error
	Class transport.Class
	// Status is the protocol's status code; 0 if no answer came.
	Status int
	// RetryAfter is how long the API asked to wait; 0 if it did not ask.
	RetryAfter time.Duration
	// Underway reports that the attempt goes on: the caller's context ended before it did. Status
	// and the observers tell its outcome later.
	Underway bool
	Err      error
}

// MayHaveBeenSent reports whether the API may have taken the event in, so that sending it again could
// show it twice.
func (e *SendError) MayHaveBeenSent() bool { return e.Class.MayBeTakenIn() }

func (e *SendError) Error() string {
	sent := "nothing was taken in"
	switch {
	case e.Underway:
		sent = "the attempt goes on"
	case e.MayHaveBeenSent():
		sent = "it may have been sent"
	}
	return fmt.Sprintf("escalation: %v not acknowledged (%v; %s) in state %v: %v", e.Kind, e.Class, sent, e.State, e.Err)
}

// Unwrap returns Err.
func (e *SendError) Unwrap() error { return e.Err }

// RoundError says that an event was meant for a round that was over before its turn came. Nothing was
// sent.
type RoundError struct {
	Kind    events.Kind
	Round   int // the round in which Send was called
	Current int // the round now
}

func (e *RoundError) Error() string {
	return fmt.Sprintf("escalation: %v was meant for round %d, now is round %d; nothing was sent", e.Kind, e.Round, e.Current)
}

// CloseError says that Close cut off the attempts that were still under way when its context ended.
type CloseError struct {
	Unknown int   // how many of them ended with an unknown outcome
	Err     error // why the context ended
}

func (e *CloseError) Error() string {
	return fmt.Sprintf("escalation: closed before all attempts ended, %d of them with unknown outcome: %v", e.Unknown, e.Err)
}

// Unwrap returns Err.
func (e *CloseError) Unwrap() error { return e.Err }
