package modelcheck

import (
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// do carries an action out. It reports whether there is a next state.
func (c *checker) do(w *world, a action) (bool, *Violation) {
	left := &w.left
	switch a.op {
	case opDecide:
		return c.decide(w)
	case opRecord:
		return true, c.recordBegin(w)
	case opStoreRefuses:
		w.endAttempt(false)
		w.mem, w.dirty = w.disk, false
	case opWrite:
		return true, c.write(w)
	case opAnswer:
		switch class := transport.Class(a.arg); class {
		case transport.NotSent, transport.RefusedLater:
			left.fault(&left.Free)
		case transport.Rejected:
			left.fault(&left.Rejects)
		case transport.RefusedScope:
			left.fault(&left.Scopes)
		}
		c.answerWith(w, transport.Class(a.arg))
	case opTimeOut:
		left.fault(&left.Unknowns)
		c.giveUp(w)
		c.answerWith(w, transport.Unknown)
	case opOutcome:
		return true, c.outcome(w, float64(a.arg)/2)
	case opLand:
		return true, w.land(int(a.arg))
	case opAccept:
		spend(&left.Accepts)
		return c.accept(w, events.Kind(a.arg))
	case opEscalate:
		spend(&left.Opens)
		return true, c.escalate(w)
	case opVisitorEnds:
		spend(&left.Ends)
		return true, c.visitorEnds(w)
	case opRepair:
		spend(&left.Repairs)
		return c.repair(w, store.Verb(a.arg))
	case opGate:
		if w.gate == delivery.Open {
			left.fault(&left.Gates)
		}
		w.gate = delivery.Gate(a.arg)
	case opCrash:
		left.fault(&left.Crashes)
		c.crash(w)
	case opRestart:
		return true, c.restart(w)
	case opTick:
		c.tick(w)
	}
	return true, nil
}

// open returns what is left of each budget, nothing of any fault if all faults are spent.
func (b Budget) open() Budget {
	if b.Faults == 0 {
		b.Unknowns, b.Free, b.Rejects, b.Scopes, b.Gates, b.Crashes = 0, 0, 0, 0, 0, 0
	}
	return b
}

// spend takes one from a budget; running to rest takes nothing that is not there.
func spend(budget *uint8) { *budget -= min(*budget, 1) }

func (b *Budget) fault(budget *uint8) {
	spend(budget)
	spend(&b.Faults)
}

// start is the state before anything happened.
func (c *checker) start() world {
	return world{phase: idle, platform: fsm.None, left: c.Budget}
}
