package escalation

import (
	"errors"
	"fmt"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

var (
	// ErrClosed is returned by every call after Close.
	ErrClosed = errors.New("escalation: client is closed")
	// ErrNoEvent: no event of this number was ever accepted in the conversation.
	ErrNoEvent = errors.New("escalation: there is no event of this number")
	// ErrPanicked: a rule of the host panicked; the log says where. Nothing was done.
	ErrPanicked = errors.New("escalation: a rule of the host panicked; nothing was done")
)

// errInterrupted is the error of an attempt that a process began and did not live to record.
var errInterrupted = errors.New("escalation: the process ended during the attempt")

// SendError says that an accepted event was not acknowledged. It is final if Result is set; otherwise the event is
// still to be sent: its conversation is parked, or the caller stopped waiting, or the client was closed.
type SendError struct {
	Kind   events.Kind
	Number uint64
	Round  int
	State  fsm.State    // of that round at the time of the error
	Result store.Result // what finally became of the event; 0: nothing yet
	Cause  uint64       // with Superseded and Stranded: the number of the event that was the cause
	Park   store.Park   // if the conversation is parked: where and why
	// Status is the protocol's status code of the last attempt; 0 if no answer came.
	Status   int
	Attempts int // begun
	// MayHaveArrived reports whether the API may have taken the event in all the same. An attempt under way counts.
	MayHaveArrived bool
	// Err is that of the last attempt, if it is known; otherwise why the caller stopped waiting.
	Err error
}

// Pending reports whether the event is still to be sent.
func (e *SendError) Pending() bool { return e.Result == 0 }

func (e *SendError) Error() string {
	became := "still to be sent"
	switch {
	case e.Result != 0:
		became = e.Result.String()
	case e.Park.Reason != 0:
		became = fmt.Sprintf("parked at event %d (%v) until somebody decides", e.Park.Number, e.Park.Reason)
	}
	if e.Cause != 0 {
		became += fmt.Sprintf(" because of event %d", e.Cause)
	}
	arrived := ""
	if e.MayHaveArrived {
		arrived = "; it may have arrived"
	}
	text := fmt.Sprintf("escalation: %v (event %d) not acknowledged: %s%s; state %v", e.Kind, e.Number, became, arrived, e.State)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *SendError) Unwrap() error { return e.Err }

// RoundError says that an event was meant for another round than the present one. Nothing was accepted.
type RoundError struct {
	Kind    events.Kind
	Round   int // the round that was asked for
	Current int // the round now
}

func (e *RoundError) Error() string {
	return fmt.Sprintf("escalation: %v was meant for round %d, now is round %d; nothing was accepted", e.Kind, e.Round, e.Current)
}

// StrandedError says that an event was refused because an earlier one ended without success.
type StrandedError struct {
	Cause uint64 // the number of the earlier event; Conversation.History tells what became of it
	Err   error  // the refusal
}

func (e *StrandedError) Error() string {
	return fmt.Sprintf("%v (event %d was to lead there and was not acknowledged)", e.Err, e.Cause)
}

// Unwrap returns Err.
func (e *StrandedError) Unwrap() error { return e.Err }

// KeyError says that a key was used before for another event. Nothing was accepted.
type KeyError struct {
	Kind   events.Kind
	Number uint64 // of the event that has the key
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("escalation: %v refused: its key belongs to event %d, which is not the same", e.Kind, e.Number)
}

// FullError says that too many events of the conversation wait to be sent. Nothing was accepted.
type FullError struct {
	Kind    events.Kind
	Pending int
}

func (e *FullError) Error() string {
	return fmt.Sprintf("escalation: %v refused: %d events of the conversation wait already", e.Kind, e.Pending)
}

// UnansweredError says that the caller's context ended while an event or a repair was being stored. It is accepted or not: ask
// again with the same key; of a repair Status and History tell.
type UnansweredError struct {
	Kind events.Kind // 0: a repair
	Err  error       // of the context
}

func (e *UnansweredError) Error() string {
	what := "a repair"
	if e.Kind != 0 {
		what = e.Kind.String()
	}
	return fmt.Sprintf("escalation: %s may have been accepted or not: %v", what, e.Err)
}

// Unwrap returns Err.
func (e *UnansweredError) Unwrap() error { return e.Err }

// StoreError says that the store failed. What was to be stored may have been or not.
type StoreError struct{ Err error }

func (e *StoreError) Error() string { return fmt.Sprintf("escalation: the store failed: %v", e.Err) }

// Unwrap returns Err.
func (e *StoreError) Unwrap() error { return e.Err }

// CloseError says that Close cut off what was still under way when its context ended, or that the store did not take
// the outcomes of some attempts.
type CloseError struct {
	Unknown int   // attempts whose outcome is unknown, or not stored: the next process takes it for unknown
	Err     error // why the context ended; nil if it did not
}

func (e *CloseError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("escalation: closed; the outcomes of %d attempts are not known, or not stored", e.Unknown)
	}
	return fmt.Sprintf("escalation: closed before all attempts ended, %d of them with unknown outcome: %v", e.Unknown, e.Err)
}

// Unwrap returns Err.
func (e *CloseError) Unwrap() error { return e.Err }
