package modelcheck

import (
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

type op uint8

const (
	opDecide op = iota
	opRecord
	opStoreRefuses
	opWrite
	opAnswer // arg: class
	opTimeOut
	opOutcome // arg: half of the draw
	opLand    // arg: place in copies
	opAccept  // arg: kind
	opEscalate
	opVisitorEnds
	opRepair // arg: verb
	opGate   // arg: gate
	opCrash
	opRestart
	opTick
)

var opNames = [...]string{
	"decide", "record", "store refuses", "write", "answer", "time out", "outcome", "land", "accept", "escalate", "visitor ends",
	"repair", "gate", "crash", "restart", "tick",
}

type action struct {
	op  op
	arg uint8
}

// actions appends what may happen in a state.
func (c *checker) actions(w *world, to []action) []action {
	add := func(when bool, o op, args ...uint8) {
		if !when {
			return
		}
		if len(args) == 0 {
			to = append(to, action{op: o})
		}
		for _, a := range args {
			to = append(to, action{o, a})
		}
	}
	left := w.left.open()
	switch w.phase {
	case down:
		add(true, opRestart)
	case idle:
		add(true, opDecide)
	case decided:
		add(!c.WriteFirst, opRecord)
		add(c.WriteFirst, opWrite)
		add(true, opStoreRefuses)
	case begun:
		add(true, opWrite)
		add(left.Free > 0, opAnswer, uint8(transport.NotSent))
	case written:
		add(w.landed, opAnswer, uint8(transport.Acknowledged))
		add(!w.landed && left.Rejects > 0, opAnswer, uint8(transport.Rejected))
		add(!w.landed && left.Free > 0, opAnswer, uint8(transport.RefusedLater))
		add(!w.landed && left.Scopes > 0, opAnswer, uint8(transport.RefusedScope))
		add(left.Unknowns > 0, opTimeOut)
	case answered:
		add(true, opOutcome, 0)
		add(w.answer == transport.NotSent || w.answer == transport.RefusedLater, opOutcome, 1)
	}
	for i := range w.flying {
		add(true, opLand, i)
	}
	add(w.up() && left.Crashes > 0, opCrash)
	if w.up() && !w.dirty {
		to = c.inputs(w, to)
	}
	add(w.seen.attempt < maxHeld && (w.disk.lane.Held.IsZero() || ticks(w.disk.lane.Held) > -maxHeld), opTick)
	return to
}

// inputs appends what the visitor, the host, the operator and the world outside may do.
func (c *checker) inputs(w *world, to []action) []action {
	left := w.left.open()
	if left.Accepts > 0 && w.disk.lane.Last < maxEvents {
		for _, k := range c.Kinds {
			to = append(to, action{opAccept, uint8(k)})
		}
	}
	if left.Opens > 0 && !live(w.platform) {
		to = append(to, action{op: opEscalate})
	}
	if left.Ends > 0 && live(w.platform) {
		to = append(to, action{op: opVisitorEnds})
	}
	if left.Repairs > 0 && w.disk.lane.Parked() {
		for v := store.Retry; v <= store.Abort; v++ {
			to = append(to, action{opRepair, uint8(v)})
		}
	}
	switch {
	case w.gate == delivery.ScopeClosed:
		to = append(to, action{opGate, uint8(delivery.Open)}, action{opGate, uint8(delivery.ScopeProbe)})
	case w.gate != delivery.Open:
		to = append(to, action{opGate, uint8(delivery.Open)})
	case left.Gates > 0:
		to = append(to, action{opGate, uint8(delivery.ScopeClosed)}, action{opGate, uint8(delivery.BreakerOpen)})
	}
	return to
}
