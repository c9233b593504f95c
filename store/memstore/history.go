package memstore

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// history holds resolved events in the order of their numbers and, anywhere among them, the messages that were taken and
// have a delivery id: others can no longer be asked for. Most of what a store holds is this, so it is
// packed: 8 bytes with an instant that all others are counted from, then for each record its length and its fields.
// The name that it may be looked up by comes first.
type history []byte

// Flags are the first byte of a record.
const (
	isMessage = 1 << iota
	hasName   // a caller key or a delivery id
	hasDigest
	// isPlain: one attempt, and the API answered it with 200. What other events have is left out.
	isPlain
	isBegun
	isMarked
)

const headSize = 8

func (h history) base() instant { return instant(binary.LittleEndian.Uint64(h)) }

// records returns what follows the head.
func (h history) records() reader {
	if len(h) == 0 {
		return nil
	}
	return reader(h[headSize:])
}

// add appends an event or a message. It packs into scratch, which it returns for the next time.
func (h *history) add(at instant, scratch []byte, pack func(buf []byte, base instant) []byte) []byte {
	base := at
	if len(*h) > 0 {
		base = h.base()
	}
	scratch = pack(scratch[:0], base)
	need := len(*h) + len(scratch) + binary.MaxVarintLen32
	if len(*h) == 0 {
		need += headSize
	}
	if need > cap(*h) {
		// Not append's own growth: that doubles.
		grown := slices.Grow(history(nil), need+need/8)
		*h = append(grown, *h...)
	}
	if len(*h) == 0 {
		*h = binary.LittleEndian.AppendUint64(*h, uint64(base))
	}
	*h = binary.AppendUvarint(*h, uint64(len(scratch)))
	*h = append(*h, scratch...)
	return scratch
}

func packEntry(b []byte, base instant, e *store.Entry) []byte {
	var flags byte
	if e.CallerKey != "" {
		flags |= hasName
	}
	if e.Digest != (store.Digest{}) {
		flags |= hasDigest
	}
	if e.Begun {
		flags |= isBegun
	}
	if e.Outcome.Marked {
		flags |= isMarked
	}
	if e.Attempts == 1 && e.Unknown == 0 && e.Spent == 0 && e.Free == 0 && e.Outcome.Result == store.Acknowledged &&
		e.Outcome.Cause == 0 && e.Outcome.Status == 200 && e.Body == nil && len(e.Repairs) == 0 {
		flags |= isPlain
	}
	b = append(b, flags)
	if flags&hasName != 0 {
		b = appendText(b, e.CallerKey)
	}
	if flags&hasDigest != 0 {
		b = append(b, e.Digest[:]...)
	}
	b = binary.AppendUvarint(b, e.Number)
	b = binary.AppendVarint(b, int64(e.Round))
	b = append(b, byte(e.Kind))
	accepted := instantOf(e.AcceptedAt)
	b = binary.AppendVarint(b, int64(accepted-base))
	b = binary.AppendVarint(b, int64(instantOf(e.Deadline)-accepted))
	b = binary.AppendVarint(b, int64(instantOf(e.Outcome.At)-accepted))
	if flags&isPlain != 0 {
		return b
	}
	for _, n := range [...]int{e.Attempts, e.Unknown, e.Spent, e.Free, e.Outcome.Status} {
		b = binary.AppendVarint(b, int64(n))
	}
	b = append(b, byte(e.Outcome.Result))
	b = binary.AppendUvarint(b, e.Outcome.Cause)
	b = appendBody(b, e.Body)
	b = binary.AppendUvarint(b, uint64(len(e.Repairs)))
	for _, r := range e.Repairs {
		b = binary.AppendVarint(b, int64(instantOf(r.At)-accepted))
		b = appendText(appendText(appendText(b, r.Verb), r.By), r.Why)
	}
	return b
}

func unpackEntry(b reader, base instant) (e store.Entry) {
	flags := b.byte()
	if flags&hasName != 0 {
		e.CallerKey = string(b.text())
	}
	if flags&hasDigest != 0 {
		copy(e.Digest[:], b.next(len(e.Digest)))
	}
	e.Begun, e.Outcome.Marked = flags&isBegun != 0, flags&isMarked != 0
	e.Number = b.uvarint()
	e.Round = b.int()
	e.Kind = events.Kind(b.byte())
	accepted := base + b.instant()
	e.AcceptedAt = accepted.time()
	e.Deadline = (accepted + b.instant()).time()
	e.Outcome.At = (accepted + b.instant()).time()
	if flags&isPlain != 0 {
		e.Attempts, e.Outcome.Result, e.Outcome.Status = 1, store.Acknowledged, 200
		return e
	}
	for _, n := range [...]*int{&e.Attempts, &e.Unknown, &e.Spent, &e.Free, &e.Outcome.Status} {
		*n = b.int()
	}
	e.Outcome.Result = store.Result(b.byte())
	e.Outcome.Cause = b.uvarint()
	e.Body = b.body()
	if n := b.uvarint(); n > 0 {
		e.Repairs = make([]store.Repair, n)
		for i := range e.Repairs {
			at := (accepted + b.instant()).time()
			e.Repairs[i] = store.Repair{At: at, Verb: string(b.text()), By: string(b.text()), Why: string(b.text())}
		}
	}
	return e
}

func packMessage(b []byte, base instant, m *store.Message) []byte {
	b = appendText(append(b, isMessage|hasName), m.DeliveryID)
	b = binary.AppendUvarint(b, m.Number)
	b = binary.AppendVarint(b, int64(m.Round))
	b = append(b, byte(m.From), byte(m.To), byte(m.Kind))
	return binary.AppendVarint(b, int64(instantOf(m.ReceivedAt)-base))
}

func unpackMessage(b reader, base instant) (m store.Message) {
	b.byte()
	m.DeliveryID = string(b.text())
	m.Number = b.uvarint()
	m.Round = b.int()
	m.From, m.To = fsm.State(b.byte()), fsm.State(b.byte())
	m.Kind = events.Kind(b.byte())
	m.ReceivedAt = (base + b.instant()).time()
	m.Taken = true
	return m
}

// keyed returns the event that was accepted under a caller key, or nil.
func (h history) keyed(key string) *store.Entry {
	rec := h.named(0, key)
	if rec == nil {
		return nil
	}
	e := unpackEntry(rec, h.base())
	return &e
}

// delivered returns the message that was received under a delivery id, or nil.
func (h history) delivered(id string) *store.Message {
	rec := h.named(isMessage, id)
	if rec == nil {
		return nil
	}
	m := unpackMessage(rec, h.base())
	return &m
}

// named returns the record of a kind, isMessage or 0, with a name, or nil.
func (h history) named(kind byte, name string) reader {
	for b := h.records(); len(b) > 0; {
		rec := b.record()
		if rec[0]&(isMessage|hasName) != kind|hasName {
			continue
		}
		rest := rec[1:]
		if string(rest.text()) == name {
			return rec
		}
	}
	return nil
}

// page returns up to limit events with numbers above after.
func (h history) page(after uint64, limit int) (found []store.Entry) {
	for b := h.records(); len(b) > 0 && len(found) < limit; {
		rec := b.record()
		if rec[0]&isMessage == 0 && numberOf(rec) > after {
			found = append(found, unpackEntry(rec, h.base()))
		}
	}
	return found
}

// numberOf returns the number of a packed event.
func numberOf(rec reader) uint64 {
	flags := rec.byte()
	if flags&hasName != 0 {
		rec.text()
	}
	if flags&hasDigest != 0 {
		rec.next(len(store.Digest{}))
	}
	return rec.uvarint()
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// appendBody keeps apart nil and empty.
func appendBody(b, body []byte) []byte {
	if body == nil {
		return append(b, 0)
	}
	return append(binary.AppendUvarint(b, uint64(len(body))+1), body...)
}

// reader takes fields off the front of a packed record.
type reader []byte

func (r *reader) next(n int) []byte {
	b := (*r)[:n]
	*r = (*r)[n:]
	return b
}

func (r *reader) record() reader { return reader(r.text()) }

func (r *reader) byte() byte { return r.next(1)[0] }

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(*r)
	*r = (*r)[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(*r)
	*r = (*r)[n:]
	return v
}

func (r *reader) int() int { return int(r.varint()) }

func (r *reader) instant() instant { return instant(r.varint()) }

func (r *reader) text() []byte { return r.next(int(r.uvarint())) }

func (r *reader) body() []byte {
	n := r.uvarint()
	if n == 0 {
		return nil
	}
	return bytes.Clone(r.next(int(n - 1)))
}
