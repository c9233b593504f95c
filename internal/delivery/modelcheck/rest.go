package modelcheck

import (
	"time"

	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/transport"
)

// runToRest drives a copy of a state without any choice until nothing is left to do: the process runs, the
// gate is open, and every attempt from now on is acknowledged, or with lost set ends unknown without having
// arrived. It must end drained or parked within the given ticks. If steps is given, it takes the actions.
func (c *checker) runToRest(w world, lost bool, within int, steps *[]action) *Violation {
	note := func(a action) {
		if steps != nil {
			*steps = append(*steps, a)
		}
	}
	for passed := 0; passed <= within; {
		a := c.calmAction(&w, lost)
		if a.op == opTimeOut { // which takes time
			passed++
			c.tick(&w)
			note(action{op: opTick})
		}
		moved, v := c.do(&w, a)
		note(a)
		if v != nil {
			return v
		}
		if a.op != opDecide || moved {
			continue
		}
		if w.disk.lane.Parked() || len(w.disk.lane.Pending) == 0 {
			return nil
		}
		passed++
		c.tick(&w)
		note(action{op: opTick})
	}
	return broken("I11", "%d events pending, not parked, %d ticks after the last fault", len(w.disk.lane.Pending), within)
}

// calmAction is what happens next when everything goes its way.
func (c *checker) calmAction(w *world, lost bool) action {
	switch {
	case w.phase == down:
		return action{op: opRestart}
	case w.gate != delivery.Open:
		return action{opGate, uint8(delivery.Open)}
	case w.phase == decided && !c.WriteFirst:
		return action{op: opRecord}
	case w.phase == decided, w.phase == begun:
		return action{op: opWrite}
	case w.phase == written && lost:
		return action{op: opTimeOut}
	case w.phase == written && !w.landed:
		return action{opLand, uint8(w.awaited())}
	case w.phase == written:
		return action{opAnswer, uint8(transport.Acknowledged)}
	case w.phase == answered:
		return action{opOutcome, 1}
	}
	return action{op: opDecide}
}

// restBounds are the stated bounds: when attempts succeed, the longest wait; when all are lost, what is left
// of the longest age, and the attempt or wait that had begun before it was over.
func (c *checker) restBounds() (calm, lost int) {
	p := &c.Policy
	wait := max(p.Settle, p.UnknownMax, p.FreeMax)
	var age time.Duration
	for _, k := range p.Kinds {
		age = max(age, k.MaxAge)
	}
	calm = int(wait / Tick)
	return calm, calm + int(age/Tick) + 2
}
