package delivery

import (
	"errors"
	"fmt"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
)

// Why a repair is refused.
var (
	ErrNotParked  = errors.New("the conversation is not parked")
	ErrNotHead    = errors.New("the event is not the one it is parked at")
	ErrOtherKind  = errors.New("a replacement must be of the same kind")
	ErrUnknownAct = errors.New("unknown verb")
)

// RepairError says that a repair was refused; nothing changed.
type RepairError struct {
	Verb   store.Verb
	Number uint64
	Park   store.Park // where the lane is parked
	Err    error      // one of the errors above, or a *fsm.TransitionError
}

func (e *RepairError) Error() string {
	return fmt.Sprintf("delivery: cannot %v event %d: %v", e.Verb, e.Number, e.Err)
}

// Unwrap returns Err.
func (e *RepairError) Unwrap() error { return e.Err }

// Repair applies a verb to the event with the given number, at which the lane must be parked. kind is that of
// the replacement and ignored by the other verbs.
func (m *Machine) Repair(l store.Lane, v store.Verb, number uint64, kind events.Kind, now time.Time) (store.Lane, []store.Resolution, error) {
	refuse := func(why error) (store.Lane, []store.Resolution, error) {
		return l, nil, &RepairError{Verb: v, Number: number, Park: l.Park, Err: why}
	}
	switch {
	case !l.Parked():
		return refuse(ErrNotParked)
	case number != l.Park.Number:
		return refuse(ErrNotHead)
	case v == store.Replace && kind != l.Pending[0].Kind:
		return refuse(ErrOtherKind)
	}
	if v == store.Retry || v == store.Replace || v == store.MarkAcknowledged {
		if _, err := m.table.Step(l.Acknowledged, l.Pending[0].Kind); err != nil {
			return refuse(err)
		}
	}
	fixed := mutable(l)
	stranded := fixed.Park
	fixed.Park = store.Park{}
	var done []store.Resolution
	switch v {
	case store.Retry, store.Replace:
		head := &fixed.Pending[0]
		head.Spent, head.Free = 0, 0
		head.Deadline = now.Add(m.policy.Kinds[head.Kind].MaxAge)
	case store.Skip:
		fixed, done = m.skip(fixed, stranded)
	case store.MarkAcknowledged:
		fixed, done = m.acknowledge(fixed)
		done[0].Marked = true
	case store.Abort:
		fixed, done = m.End(fixed)
	default:
		return refuse(ErrUnknownAct)
	}
	return fixed, done, nil
}

// skip resolves the head, and with a stranded head every event behind it that is stranded too.
func (m *Machine) skip(l store.Lane, p store.Park) (store.Lane, []store.Resolution) {
	if p.Reason != store.HeadStranded {
		return m.resolve(l, store.Skipped, 0)
	}
	var all []store.Resolution
	for len(l.Pending) > 0 {
		if _, err := m.table.Step(l.Acknowledged, l.Pending[0].Kind); err == nil {
			break
		}
		var done []store.Resolution
		l, done = m.resolve(l, store.Stranded, p.Cause)
		all = append(all, done...)
	}
	return l, all
}
