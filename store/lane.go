package store

import (
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// Lane is where the delivery of one conversation stands. Copies share Pending, so nobody writes to a lane
// that was handed out. The zero Lane is a conversation that was never opened.
type Lane struct {
	Round        int
	Accepted     fsm.State // guards what is accepted
	Acknowledged fsm.State // guards what is sent
	Last         uint64    // number of the last accepted event
	Pending      []Event   // accepted and unresolved, in the order of their numbers; the first is the head
	NotBefore    time.Time // no attempt begins earlier
	// Held is since when no event ages, because the scope of the head (its bot at its base URL) is closed;
	// zero if it is not. While an attempt is under way it is when that began, for the scope may refuse it.
	Held time.Time
	// Broken is the number of the last event that ended without the effect that later ones, accepted or
	// wanted, count on; 0 if there was none since the acknowledged state last changed.
	Broken uint64
	// MaybeOver: an event that ends this round was given up, though it may have arrived. The round goes on, but a
	// widgetEscalate is taken for a new one. False once the round is over.
	MaybeOver bool
	Park      Park
}

// Event is an accepted event on its way.
type Event struct {
	Number   uint64
	Round    int
	Kind     events.Kind
	Deadline time.Time // no attempt begins later
	Attempts int       // begun so far
	Unknown  int       // attempts that ended unknown
	Spent    int       // those of them that count against the budget: since the last repair
	Free     int       // attempts that ended NotSent or RefusedLater: since the last repair
	Begun    bool      // an attempt is under way
}

// Park says why a lane waits for a person. The zero Park means that it does not.
type Park struct {
	Number uint64 // of the head
	Reason Reason
	Cause  uint64 // with HeadStranded: Lane.Broken at the time
}

// Parked reports whether the lane waits for a person.
func (l Lane) Parked() bool { return l.Park.Reason != 0 }

// Attempting reports whether an attempt is under way.
func (l Lane) Attempting() bool { return len(l.Pending) > 0 && l.Pending[0].Begun }
