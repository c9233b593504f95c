package modelcheck

import (
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// The encoding of a state is exact but for the past: a NotBefore that is over is none, and a deadline that is
// over is over by one tick. The core only asks whether they are.

func (w *world) encode(b []byte) []byte {
	b = append(b, byte(w.phase)|byte(w.gate)<<3|flag(w.dirty)<<5|flag(w.landed)<<6|flag(w.seen.corrected)<<7,
		byte(w.platform)|byte(w.answer)<<4, w.flying|w.seen.stray<<4, w.seen.last|w.seen.wrote<<4)
	l := w.left
	b = append(b, l.Accepts|l.Opens<<4, l.Ends|l.Unknowns<<4, l.Free|l.Rejects<<4, l.Scopes|l.Gates<<4, l.Crashes|l.Repairs<<4, l.Faults|w.seen.attempt<<4)
	for _, c := range w.copies[:w.flying] {
		b = append(b, c.number|flag(c.held)<<3|c.left<<4)
	}
	b = w.disk.encode(b)
	for i := range w.disk.lane.Last {
		b = append(b, w.seen.arrived[i]|w.seen.age[i]<<4)
	}
	if w.dirty {
		b = w.mem.encode(b)
	}
	return b
}

func (r *record) encode(b []byte) []byte {
	l := &r.lane
	b = append(b, byte(l.Accepted)|byte(l.Acknowledged)<<4, byte(r.acked)|flag(l.MaybeOver)<<3|byte(l.Round)<<4, byte(l.Last)|byte(len(l.Pending))<<4,
		instant(l.NotBefore, 1), instant(l.Held, -99), byte(l.Broken)|byte(l.Park.Number)<<4, byte(l.Park.Reason)|byte(l.Park.Cause)<<4)
	floor := -1
	if !l.Held.IsZero() {
		floor += ticks(l.Held) // the time since then will be given back
	}
	for i := range l.Pending {
		e := &l.Pending[i]
		b = append(b, byte(e.Number)|byte(e.Round)<<4, byte(e.Kind)|flag(e.Begun)<<4, byte(e.Attempts)|byte(e.Unknown)<<4,
			byte(e.Spent)|byte(e.Free)<<4, byte(int8(max(ticks(e.Deadline), floor))))
	}
	for _, e := range r.ledger[:l.Last] {
		b = append(b, byte(e.kind)|e.round<<4, byte(e.result)|e.copies<<4)
	}
	return b
}

const noInstant = -128

func instant(t time.Time, floor int) byte {
	if t.IsZero() || ticks(t) < floor {
		return byte(noInstant & 0xff)
	}
	return byte(int8(ticks(t)))
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// reader takes an encoding apart.
type reader []byte

func (r *reader) next() byte {
	b := (*r)[0]
	*r = (*r)[1:]
	return b
}

func (r *reader) pair() (low, high byte) {
	b := r.next()
	return b & 15, b >> 4
}

func (r *reader) instant() time.Time {
	b := int8(r.next())
	if b == noInstant {
		return time.Time{}
	}
	return at(int(b))
}

func decode(b []byte) world {
	r := reader(b)
	var w world
	head := r.next()
	w.phase, w.gate = phase(head&7), delivery.Gate(head>>3&3)
	w.dirty, w.landed, w.seen.corrected = head>>5&1 == 1, head>>6&1 == 1, head>>7 == 1
	low, high := r.pair()
	w.platform, w.answer = fsm.State(low), transport.Class(high)
	w.flying, w.seen.stray = r.pair()
	w.seen.last, w.seen.wrote = r.pair()
	l := &w.left
	l.Accepts, l.Opens = r.pair()
	l.Ends, l.Unknowns = r.pair()
	l.Free, l.Rejects = r.pair()
	l.Scopes, l.Gates = r.pair()
	l.Crashes, l.Repairs = r.pair()
	l.Faults, w.seen.attempt = r.pair()
	for i := range w.copies[:w.flying] {
		c := r.next()
		w.copies[i] = flight{number: c & 7, held: c>>3&1 == 1, left: c >> 4}
	}
	w.disk = r.record()
	for i := range w.disk.lane.Last {
		w.seen.arrived[i], w.seen.age[i] = r.pair()
	}
	w.mem = w.disk
	if w.dirty {
		w.mem = r.record()
	}
	return w
}

func (r *reader) record() record {
	var got record
	l := &got.lane
	low, high := r.pair()
	l.Accepted, l.Acknowledged = fsm.State(low), fsm.State(high)
	low, high = r.pair()
	got.acked, l.MaybeOver, l.Round = fsm.State(low&7), low>>3 == 1, int(high)
	low, high = r.pair()
	l.Last, l.Pending = uint64(low), make([]store.Event, high)
	l.NotBefore, l.Held = r.instant(), r.instant()
	low, high = r.pair()
	l.Broken, l.Park.Number = uint64(low), uint64(high)
	low, high = r.pair()
	l.Park.Reason, l.Park.Cause = store.Reason(low), uint64(high)
	for i := range l.Pending {
		e := &l.Pending[i]
		low, high = r.pair()
		e.Number, e.Round = uint64(low), int(high)
		low, high = r.pair()
		e.Kind, e.Begun = events.Kind(low), high == 1
		low, high = r.pair()
		e.Attempts, e.Unknown = int(low), int(high)
		low, high = r.pair()
		e.Spent, e.Free = int(low), int(high)
		e.Deadline = at(int(int8(r.next())))
	}
	for i := range got.ledger[:l.Last] {
		e := &got.ledger[i]
		low, high = r.pair()
		e.kind, e.round = events.Kind(low), high
		low, high = r.pair()
		e.result, e.copies = store.Result(low), high
	}
	return got
}
