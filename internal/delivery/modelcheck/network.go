package modelcheck

import (
	"slices"

	"github.com/escalationkit/escalation/transport"
)

// answerWith ends the attempt with an answer. Only an acknowledgement follows an arrival; with any other, the
// awaited copy is gone.
func (c *checker) answerWith(w *world, class transport.Class) {
	if i := w.awaited(); i >= 0 {
		w.remove(i)
	}
	w.phase, w.answer, w.landed = answered, class, false
}

// giveUp ends the wait for an answer; the copy may still be on its way.
func (c *checker) giveUp(w *world) {
	if i := w.awaited(); i >= 0 {
		w.copies[i].held, w.copies[i].left = false, uint8(c.Late)
	}
	w.landed = false
}

// awaited returns the place of the copy whose answer is awaited, or -1.
func (w *world) awaited() int {
	return slices.IndexFunc(w.copies[:w.flying], func(c flight) bool { return c.held })
}

func (w *world) remove(i int) {
	copy(w.copies[i:], w.copies[i+1:])
	w.flying--
	w.copies[w.flying] = flight{}
}

// land delivers a copy.
func (w *world) land(i int) *Violation {
	c := w.copies[i]
	w.remove(i)
	w.landed = w.landed || c.held
	return w.arrive(c.number)
}

// tick lets time pass. Copies that nobody waits for land before their time is over, or are lost.
func (c *checker) tick(w *world) {
	closed := w.scopeClosed() && w.phase == idle && !w.disk.lane.Held.IsZero()
	attempting := w.phase > idle
	if attempting {
		w.seen.attempt++
	}
	for _, e := range w.disk.lane.Pending {
		age, enough := &w.seen.age[e.Number-1], c.maxAge(e)+1
		if attempting {
			enough += maxHeld // which a refused scope gives back
		}
		if !closed && *age < enough {
			*age++
		}
	}
	w.disk.lane = pass(w.disk.lane)
	if w.dirty {
		w.mem.lane = pass(w.mem.lane)
	} else {
		w.mem.lane = w.disk.lane
	}
	for i := int(w.flying) - 1; i >= 0; i-- {
		switch f := &w.copies[i]; {
		case f.held:
		case f.left == 0:
			w.remove(i)
		default:
			f.left--
		}
	}
}
