package modelcheck

import (
	"slices"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/delivery"
)

// judgeBegin looks at an attempt that is about to become possible. next is the record with it.
func (w *world) judgeBegin(next *record) *Violation {
	l := &next.lane
	if !l.Attempting() {
		return broken("I10", "asked to send with no attempt under way")
	}
	e := &l.Pending[0]
	_, legal := read(next.acked, e.Kind)
	switch {
	case w.disk.lane.Parked(), l.Parked():
		return broken("I10", "event %d begins in a parked lane", e.Number)
	case e.Round != l.Round, !live(next.acked):
		return broken("I10", "event %d of round %d begins in round %d, which is %v", e.Number, e.Round, l.Round, next.acked)
	case w.disk.lane.Attempting():
		return broken("G4", "event %d begins with an attempt under way", e.Number)
	case !legal && e.Kind == events.KindMessage:
		return broken("I5", "message %d begins while the acknowledged state is %v", e.Number, next.acked)
	case !legal:
		return broken("G6", "%v %d begins while the acknowledged state is %v", e.Kind, e.Number, next.acked)
	case w.gate != delivery.Open && w.gate != delivery.ScopeProbe:
		return broken("G11", "event %d begins while the gate is closed", e.Number)
	}
	return nil
}

// judgeArrivals holds what arrived against what the record admits.
func (w *world) judgeArrivals() *Violation {
	for _, e := range w.disk.lane.Pending {
		admitted := e.Unknown
		if e.Begun {
			admitted++
		}
		if n := w.seen.arrived[e.Number-1]; int(n) > admitted {
			return broken("I4", "event %d arrived %d times, the record admits %d", e.Number, n, admitted)
		}
	}
	for i, e := range w.disk.ledger[:w.disk.lane.Last] {
		if n := w.seen.arrived[i]; e.result != 0 && n > e.copies {
			return broken("I4", "event %d arrived %d times, the record admits %d", i+1, n, e.copies)
		}
	}
	return nil
}

// arrive is the platform taking in a copy.
func (w *world) arrive(n uint8) *Violation {
	e, s := w.disk.ledger[n-1], &w.seen
	s.arrived[n-1]++
	if n < s.last {
		return broken("I3", "event %d arrives after event %d", n, s.last)
	}
	s.last = n
	if v := w.judgeArrivals(); v != nil {
		return v
	}
	if int(e.round) != w.disk.lane.Round || !live(w.disk.acked) {
		if e.round == s.stray {
			return broken("I10", "event %d is the second to arrive after the end of round %d", n, e.round)
		}
		s.stray = e.round
		return nil
	}
	if s.arrived[n-1] > 1 {
		return nil
	}
	for m := range n - 1 {
		if s.arrived[m] == 0 && w.disk.ledger[m].result == 0 {
			return broken("I2", "event %d arrives, event %d has neither arrived nor a result", n, m+1)
		}
	}
	next, legal := read(w.platform, e.kind)
	if !legal && !s.corrected {
		name := "I2"
		if e.kind == events.KindMessage {
			name = "I5"
		}
		return broken(name, "%v %d arrives at a platform whose round is %v", e.kind, n, w.platform)
	}
	w.platform = next
	return nil
}

// judgeRepeats looks at what webhooks that come twice would do.
func (c *checker) judgeRepeats(w *world) *Violation {
	l := w.disk.lane
	once, _ := c.Core.End(l)
	if _, again := c.Core.End(once); len(again) > 0 || !live(l.Acknowledged) && once.Round != l.Round {
		return broken("G13", "a repeated widgetEndSession changes something")
	}
	if !live(w.platform) || !live(l.Acknowledged) || w.disk.mayBeOver() {
		return nil
	}
	if again, done := c.Core.Open(l); again.Round != l.Round || len(done) > 0 {
		return broken("G13", "a repeated widgetEscalate opens round %d while round %d is %v", again.Round, l.Round, w.platform)
	}
	return nil
}

// mayBeOver reports whether an event that ends the present round may have arrived without the record being
// sure: the stated exception, in which a widgetEscalate counts as a new one.
func (r *record) mayBeOver() bool {
	ends := func(k events.Kind, round int) bool {
		return round == r.lane.Round && (k == events.KindEscalationFailed || k == events.KindAgentDisconnect)
	}
	for _, e := range r.lane.Pending {
		if ends(e.Kind, e.Round) && (e.Begun || e.Unknown > 0) {
			return true
		}
	}
	return slices.ContainsFunc(r.ledger[:r.lane.Last], func(e entry) bool {
		return ends(e.kind, int(e.round)) && e.result != 0 && e.copies > 0
	})
}
