package delivery

import (
	"errors"
	"fmt"
	"time"
)

// Breaker keeps attempts from a place where they fail. It is closed until Threshold attempts in a row failed; then it
// is open, and lets one attempt through at a time, the probe, when that is due. The zero Breaker is closed. It is a
// value: what is done with it is a function of a [BreakerPolicy].
type Breaker struct {
	fails int // in a row, while it is closed
	open  bool
	wait  time.Duration // between probes
	due   time.Time     // of the next probe
	// ticket is what attempts are told apart by: all that begin between a closing and the next opening have the same, and
	// every probe has its own. probing: there is a probe under way, with the present ticket.
	ticket  uint64
	probing bool
}

// Open reports whether attempts other than probes are refused.
func (b Breaker) Open() bool { return b.open }

// BreakerPolicy says when a breaker opens and how often it probes: Min after it opened, and after every probe that
// failed twice as long as before, up to Max.
type BreakerPolicy struct {
	Threshold int
	Min, Max  time.Duration
}

// Permit is the answer to Allow.
type Permit struct {
	OK     bool
	Probe  bool   // the attempt is the probe; Report must follow, or no other will ever be
	Ticket uint64 // of the attempt that OK allows, for Report
	// At is set if not OK: when to ask again. The probe is due then, or if one is under way it will be if that one
	// says nothing.
	At time.Time
}

// Verdict is what an attempt says about the place that a breaker guards.
type Verdict uint8

const (
	// Neutral: nothing. A probe was none; the next is due after the same wait.
	Neutral Verdict = iota
	// Good: the place is sound. The breaker closes.
	Good
	// Bad: the place is not. The breaker counts it; a probe makes the next one wait longer.
	Bad
	// Unused: no attempt was made. A probe is due again at once.
	Unused
)

var verdictNames = [...]string{"neutral", "good", "bad", "unused"}

// String returns the lower-case name.
func (v Verdict) String() string {
	if int(v) >= len(verdictNames) {
		return fmt.Sprintf("Verdict(%d)", uint8(v))
	}
	return verdictNames[v]
}

// Allow says whether an attempt may begin. The breaker returned counts on it.
func (p BreakerPolicy) Allow(b Breaker, now time.Time) (Breaker, Permit) {
	if !b.open {
		return b, Permit{OK: true, Ticket: b.ticket}
	}
	if b.probing {
		return b, Permit{At: now.Add(b.wait)}
	}
	if latest := now.Add(b.wait); b.due.After(latest) {
		b.due = latest // the clock was put back
	}
	if now.Before(b.due) {
		return b, Permit{At: b.due}
	}
	b.probing = true
	b.ticket++
	return b, Permit{OK: true, Probe: true, Ticket: b.ticket}
}

// Report takes what the attempt with a ticket says. What was begun before the breaker opened, closed or probed says
// nothing any more unless it is Good.
func (p BreakerPolicy) Report(b Breaker, ticket uint64, v Verdict, now time.Time) Breaker {
	current := ticket == b.ticket
	switch {
	case v == Good && b.open:
		return Breaker{ticket: b.ticket + 1}
	case v == Good:
		b.fails = 0
	case current && !b.open && v == Bad:
		if b.fails++; b.fails >= p.Threshold {
			return Breaker{open: true, wait: p.Min, due: now.Add(p.Min), ticket: b.ticket}
		}
	case current && b.probing:
		b.probing = false
		if v == Unused {
			break // it is due as it was
		}
		if v == Bad {
			b.wait = doubled(b.wait, p.Max, 1)
		}
		b.due = now.Add(b.wait)
	}
	return b
}

// Resume makes a probe due at once, for there is reason to believe that the place was mended. One that is under way
// was begun before, so it can close the breaker but do no harm.
func (p BreakerPolicy) Resume(b Breaker) Breaker {
	if !b.open {
		return b
	}
	return Breaker{open: true, wait: p.Min, ticket: b.ticket}
}

func (p BreakerPolicy) check() error {
	if p.Threshold < 1 || p.Min <= 0 || p.Max < p.Min {
		return errors.New("the threshold must be at least 1, the waits positive, and the maximum not below the minimum")
	}
	return nil
}
