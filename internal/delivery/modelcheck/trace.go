package modelcheck

import (
	"bytes"
	"fmt"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// trace tells the way from the start to a state, one line a step, and then the step that broke an invariant,
// or the run to rest that did.
func (c *checker) trace(s *states, to int, last *action, calm, lost int) []string {
	var way []int
	for at := to; at != 0; at = int(s.parents[at]) {
		way = append(way, at)
	}
	w := decode(s.get(0))
	var lines []string
	for i := len(way) - 1; i >= 0; i-- {
		a, next := c.stepTo(w, s.get(way[i]))
		lines = append(lines, describe(a, &w, &next))
		w = next
	}
	var rest []action
	if last != nil {
		rest = append(rest, *last)
	} else if c.runToRest(w, false, calm, &rest) == nil {
		rest = rest[:0]
		if c.runToRest(w, true, lost, &rest) == nil {
			return lines // the state itself is wrong
		}
	}
	for _, a := range rest {
		next := w
		if moved, _ := c.do(&next, a); !moved {
			continue
		}
		lines = append(lines, describe(a, &w, &next))
		w = next
	}
	return lines
}

// stepTo finds the action that leads from a state to the one with the given encoding.
func (c *checker) stepTo(w world, code []byte) (action, world) {
	for _, a := range c.actions(&w, nil) {
		next := w
		if moved, v := c.do(&next, a); moved && v == nil && bytes.Equal(next.encode(nil), code) {
			return a, decode(code)
		}
	}
	panic("modelcheck: a state that no step leads to") // a bug of this package: steps are deterministic
}

// describe tells a step and what it changed in the record.
func describe(a action, was, now *world) string {
	n := head(&was.mem.lane)
	var line string
	switch a.op {
	case opDecide:
		line = "decide"
		if now.phase == decided {
			line = fmt.Sprintf("decide: send %d", head(&now.mem.lane))
		}
	case opRecord:
		line = fmt.Sprintf("record: attempt of %d begun", n)
	case opStoreRefuses:
		line = "the store refuses the record"
	case opWrite:
		line = fmt.Sprintf("write %d", n)
	case opAnswer:
		line = fmt.Sprintf("answer for %d: %v", n, transport.Class(a.arg))
	case opTimeOut:
		line = fmt.Sprintf("%d times out", n)
	case opOutcome:
		line = fmt.Sprintf("outcome of %d: %v", n, was.answer)
	case opLand:
		line = fmt.Sprintf("a copy of %d lands", was.copies[a.arg].number)
	case opAccept:
		line = fmt.Sprintf("accept %d: %v", was.disk.lane.Last+1, events.Kind(a.arg))
	case opEscalate:
		line = "the visitor asks for an agent"
	case opVisitorEnds:
		line = "the visitor ends the session"
	case opRepair:
		line = fmt.Sprintf("operator: %v %d", store.Verb(a.arg), n)
	case opGate:
		line = "gate: " + [...]string{"open", "scope closed", "breaker open", "scope to be probed"}[a.arg]
	case opCrash:
		line = "crash"
	case opRestart:
		line = "restart"
	case opTick:
		line = "a tick passes"
	}
	l, before := &now.disk.lane, &was.disk.lane
	for i, e := range now.disk.ledger[:l.Last] {
		if e.result != 0 && was.disk.ledger[i].result == 0 {
			line += fmt.Sprintf("; %d is %v", i+1, e.result)
		}
	}
	if l.Park != before.Park && l.Parked() {
		line += fmt.Sprintf("; parked at %d: %v", l.Park.Number, l.Park.Reason)
	}
	if l.Round != before.Round {
		line += fmt.Sprintf("; round %d", l.Round)
	}
	return line
}
