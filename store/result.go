package store

import "fmt"

// Result is what finally became of an accepted event. The zero Result is none: unresolved.
type Result uint8

const (
	// Acknowledged: the API answered that it took the event in, or an operator said so.
	Acknowledged Result = iota + 1
	// Rejected: the API refused the event for good.
	Rejected
	// Superseded: a newer queue update made this one pointless.
	Superseded
	// Stranded: an earlier event failed, and without it this one is not allowed.
	Stranded
	// Expired: it could not be sent while it was worth sending.
	Expired
	// Cancelled: the round ended first, by the visitor or by an operator's abort.
	Cancelled
	// Skipped: an operator dropped it.
	Skipped
)

var resultNames = [...]string{"none", "acknowledged", "rejected", "superseded", "stranded", "expired", "cancelled", "skipped"}

// Valid reports whether r is one of the seven results.
func (r Result) Valid() bool { return r >= Acknowledged && int(r) < len(resultNames) }

// String returns the lower-case name.
func (r Result) String() string {
	if int(r) >= len(resultNames) {
		return fmt.Sprintf("Result(%d)", uint8(r))
	}
	return resultNames[r]
}

// Resolution is the final result of one event.
type Resolution struct {
	Event  Event
	Result Result
	// Cause is the number of the event that made this one superseded or stranded; otherwise 0.
	Cause uint64
	// Marked: Acknowledged is the word of an operator, not an answer of the API.
	Marked bool
}

// MayHaveArrived reports whether the API may have taken the event in.
func (r Resolution) MayHaveArrived() bool {
	return r.Result == Acknowledged || r.Event.Unknown > 0
}

// MayBeDuplicate reports whether the API may have taken the event in more than once.
func (r Resolution) MayBeDuplicate() bool {
	copies := r.Event.Unknown
	if r.Result == Acknowledged && !r.Marked {
		copies++
	}
	return copies > 1
}

// Reason says why a lane is parked. The zero Reason is none: not parked.
type Reason uint8

const (
	// HeadRejected: the API refused an event that everything later needs.
	HeadRejected Reason = iota + 1
	// HeadUnknown: the event's unknown attempts are used up.
	HeadUnknown
	// HeadTooOld: the event could not be sent for too long.
	HeadTooOld
	// HeadStranded: the event is not allowed without an earlier one that failed.
	HeadStranded
)

var reasonNames = [...]string{"none", "rejected", "unknown", "too old", "stranded"}

// String returns the lower-case name.
func (r Reason) String() string {
	if int(r) >= len(reasonNames) {
		return fmt.Sprintf("Reason(%d)", uint8(r))
	}
	return reasonNames[r]
}
