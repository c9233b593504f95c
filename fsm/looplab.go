package fsm

import (
	"context"
	"errors"
	"fmt"

	"github.com/looplab/fsm"

	"github.com/escalationkit/escalation/events"
)

// newLooplab returns a looplab machine for those rows of t that keep, or all that are not refused
// if keep is nil.
func (t *Table) newLooplab(initial State, keep func(Row) bool) *fsm.FSM {
	var descs []fsm.EventDesc
	for _, r := range t.rows {
		if !r.Refused && (keep == nil || keep(r)) {
			descs = append(descs, fsm.EventDesc{Name: r.Kind.String(), Src: []string{r.From.String()}, Dst: r.To.String()})
		}
	}
	return fsm.NewFSM(initial.String(), descs, nil)
}

// drive fills the cells by putting every kind to a looplab machine in every state.
func (t *Table) drive() error {
	m := t.newLooplab(None, nil)
	for _, s := range States() {
		for k := events.Kind(1); k.Valid(); k++ {
			m.SetState(s.String())
			next, err := fire(context.Background(), m, k)
			if refused(err) {
				t.cells[s][k].refusal = &TransitionError{State: s, Kind: k, Why: "the table has no row for it"}
				continue
			}
			if err != nil {
				return fmt.Errorf("fsm: driving %v + %v: %w", s, k, err)
			}
			t.cells[s][k].next = next
			t.permitted[s] |= events.NewKindSet(k)
		}
	}
	t.explain()
	return nil
}

// explain fills the refusals with what is allowed instead and with the facts of their rows.
func (t *Table) explain() {
	for s := range t.cells {
		for k := range t.cells[s] {
			if e := t.cells[s][k].refusal; e != nil {
				e.Allowed = t.permitted[s] & events.OutboundKinds()
			}
		}
	}
	for _, r := range t.rows {
		if e := t.cells[r.From][r.Kind].refusal; e != nil {
			e.Basis, e.Source, e.Why = r.Basis, r.Source, r.Why
		}
	}
}

// fire puts one event to a looplab machine and reads the answer as this package means it: a
// transition from a state to itself is a success, and a context that ends half-way cannot leave the
// machine inside a transition, after which it would refuse everything.
func fire(ctx context.Context, m *fsm.FSM, k events.Kind) (State, error) {
	err := m.Event(context.WithoutCancel(ctx), k.String())
	if _, same := errors.AsType[fsm.NoTransitionError](err); err != nil && !same {
		return None, err
	}
	var now State
	if err := now.UnmarshalText([]byte(m.Current())); err != nil {
		return None, err
	}
	return now, nil
}

// refused reports whether looplab said that the event has no transition here.
func refused(err error) bool {
	_, here := errors.AsType[fsm.InvalidEventError](err)
	_, anywhere := errors.AsType[fsm.UnknownEventError](err)
	return here || anywhere
}
