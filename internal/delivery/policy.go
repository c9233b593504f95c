package delivery

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/transport"
)

// Reaction is what follows when an event cannot simply be sent.
type Reaction uint8

const (
	// Drop resolves the event without success and goes on with the next.
	Drop Reaction = iota + 1
	// Stop parks the lane: everything later needs the event, or a person has to look.
	Stop
)

// String returns the lower-case name.
func (r Reaction) String() string {
	switch r {
	case Drop:
		return "drop"
	case Stop:
		return "park"
	}
	return fmt.Sprintf("Reaction(%d)", uint8(r))
}

// KindPolicy is the treatment of one kind of event.
type KindPolicy struct {
	// Unknowns is how many attempts may end unknown before OnUnknown follows; 0 means any number.
	Unknowns   int
	OnUnknown  Reaction
	OnRejected Reaction
	// MaxAge is how long after it was accepted an attempt may still begin; then OnTooOld follows.
	MaxAge   time.Duration
	OnTooOld Reaction
}

// Policy holds all figures and reactions. It is data: every cell is asserted by hand in the tests.
type Policy struct {
	Kinds map[events.Kind]KindPolicy
	// Settle is how long nothing is sent after an unknown outcome, so that a copy held up on the way
	// cannot land after its successor.
	Settle time.Duration
	// UnknownMin doubles with every unknown outcome of an event, up to UnknownMax: the wait before the
	// event's next attempt. Settle is waited for in any case, by whatever comes next.
	UnknownMin, UnknownMax time.Duration
	// FreeMin doubles with every NotSent or Refused outcome of an event, up to FreeMax: the bound below
	// which the wait is drawn.
	FreeMin, FreeMax time.Duration
}

// Options choose between the stated alternatives of the default policy.
type Options struct {
	// HoldMessages parks on the first unknown outcome of a message: no message is written twice.
	HoldMessages bool
	// HaltOnRejected parks when a message is rejected, instead of going on with the next.
	HaltOnRejected bool
	// Settle is how long a conversation is silent after an unknown outcome; zero means 5 s. An event whose attempts end
	// unknown is attempted again after Settle times 1, 2, 4, …, but at most times 12.
	Settle time.Duration
}

const (
	defaultSettle = 5 * time.Second
	longestSettle = 12 // times Settle
)

// DefaultPolicy returns the policy of this library. The map is the caller's.
func DefaultPolicy(o Options) Policy {
	message := KindPolicy{Unknowns: 3, OnUnknown: Stop, OnRejected: Drop, MaxAge: 10 * time.Minute, OnTooOld: Drop}
	if o.HoldMessages {
		message.Unknowns = 1
	}
	if o.HaltOnRejected {
		message.OnRejected = Stop
	}
	// Everything later needs it, or the visitor waits for it: never dropped.
	lifecycle := KindPolicy{OnRejected: Stop, MaxAge: 30 * time.Minute, OnTooOld: Stop}
	settle := o.Settle
	if settle == 0 {
		settle = defaultSettle
	}
	longest := time.Duration(math.MaxInt64)
	if settle <= longest/longestSettle {
		longest = settle * longestSettle
	}
	return Policy{
		Kinds: map[events.Kind]KindPolicy{
			events.KindMessage: message,
			events.KindEscalationQueueUpdate: {
				Unknowns: 2, OnUnknown: Drop, OnRejected: Drop, MaxAge: time.Minute, OnTooOld: Drop,
			},
			events.KindEscalationSuccess: lifecycle,
			events.KindEscalationFailed:  lifecycle,
			events.KindAgentDisconnect:   lifecycle,
		},
		Settle:     settle,
		UnknownMin: settle, UnknownMax: longest,
		FreeMin: 250 * time.Millisecond, FreeMax: 30 * time.Second,
	}
}

// check reports every problem of the policy.
func (p Policy) check() error {
	var problems []error
	bad := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("delivery: "+format, args...))
	}
	for _, k := range events.OutboundKinds().Kinds() {
		kind, ok := p.Kinds[k]
		if !ok {
			bad("no policy for %v", k)
			continue
		}
		if kind.Unknowns < 0 || kind.MaxAge <= 0 {
			bad("%v: Unknowns must not be negative, MaxAge must be positive", k)
		}
		reacts := func(r Reaction) bool { return r == Drop || r == Stop }
		if !reacts(kind.OnRejected) || !reacts(kind.OnTooOld) || kind.Unknowns > 0 && !reacts(kind.OnUnknown) {
			bad("%v: a reaction is missing", k)
		}
	}
	if p.Settle < 0 || p.UnknownMin < 0 || p.UnknownMax < p.UnknownMin || p.FreeMin < 0 || p.FreeMax < p.FreeMin {
		bad("waits must not be negative, and maxima not below minima")
	}
	return errors.Join(problems...)
}

// afterUnknown is the wait after the n-th unknown outcome of an event.
func (p Policy) afterUnknown(n int) time.Duration {
	return doubled(p.UnknownMin, p.UnknownMax, n-1)
}

// afterFree is the wait after the n-th outcome of an event that cost only time. draw is from [0, 1). What
// the API asked for counts if it is longer, and nobody is silenced for more than transport.MaxRetryAfter.
func (p Policy) afterFree(n int, draw float64, asked time.Duration) time.Duration {
	bound := doubled(p.FreeMin, p.FreeMax, n-1)
	return max(min(asked, transport.MaxRetryAfter), time.Duration(draw*float64(bound)))
}

// doubled returns least times two to the n, but at most most.
func doubled(least, most time.Duration, n int) time.Duration {
	for range n {
		if least > most/2 {
			return most
		}
		least *= 2
	}
	return min(least, most)
}
