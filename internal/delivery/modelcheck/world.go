package modelcheck

import (
	"slices"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

const (
	maxEvents = 6
	maxCopies = 6
	maxHeld   = 3 // ticks after which an attempt has ended, and a closed scope has healed
)

// epoch is now, in every state: time passes by everything else moving into the past.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// phase is where the process stands.
type phase uint8

const (
	down     phase = iota // crashed; only the store's record is left
	idle                  // no attempt is under way
	decided               // Next said send; not recorded
	begun                 // recorded; not written
	written               // waiting for the answer
	answered              // the answer is in hand; not recorded
)

// world is one state of the model. Copies share the slices of their lanes, which nobody writes to.
type world struct {
	phase    phase
	disk     record // what the store has
	mem      record // what the process has
	dirty    bool   // mem is not what disk is
	answer   transport.Class
	gate     delivery.Gate
	platform fsm.State // the platform's own view of the round
	copies   [maxCopies]flight
	flying   uint8
	landed   bool // with written: the copy whose answer is awaited arrived
	left     Budget
	seen     seen
}

// flight is a copy on its way.
type flight struct {
	number uint8
	held   bool  // its answer is awaited
	left   uint8 // ticks within which it lands, if its answer is not awaited
}

// record is what one commit makes durable.
type record struct {
	lane   store.Lane
	acked  fsm.State // the acknowledged state as the monitors read it from the results
	ledger [maxEvents]entry
}

// entry is the log of one accepted event.
type entry struct {
	kind   events.Kind
	round  uint8
	result store.Result // none while it is pending
	copies uint8        // how many times the record admits that the event may have arrived
}

// seen is what the monitors remember.
type seen struct {
	arrived   [maxEvents]uint8 // copies that arrived
	age       [maxEvents]uint8 // ticks that an event waited while its scope was open
	last      uint8            // highest number that arrived
	wrote     uint8            // highest number that was written
	attempt   uint8            // ticks since the attempt under way was decided
	stray     uint8            // the last round of which an event arrived after its end
	corrected bool             // an operator was wrong about an event of this round
}

func (w *world) scopeClosed() bool {
	return w.gate == delivery.ScopeClosed || w.gate == delivery.ScopeProbe
}

func (w *world) up() bool { return w.phase != down }

// at returns the instant that many ticks from now.
func at(ticks int) time.Time { return epoch.Add(time.Duration(ticks) * Tick) }

// ticks returns how far t lies from now, rounded up.
func ticks(t time.Time) int {
	d := t.Sub(epoch)
	n := int(d / Tick)
	if d > 0 && d%Tick != 0 {
		n++
	}
	return n
}

// pass returns the lane as it looks one tick later.
func pass(l store.Lane) store.Lane {
	back := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return t.Add(-Tick)
	}
	l.NotBefore, l.Held = back(l.NotBefore), back(l.Held)
	l.Pending = slices.Clone(l.Pending)
	for i := range l.Pending {
		l.Pending[i].Deadline = back(l.Pending[i].Deadline)
	}
	return l
}
