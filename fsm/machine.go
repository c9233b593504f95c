package fsm

import (
	"context"
	"fmt"
	"sync"

	"github.com/looplab/fsm"

	"github.com/escalationkit/escalation/events"
)

// Transition is an event that a machine took.
type Transition struct {
	Kind events.Kind
	From State
	To   State
}

// Changed reports whether the state is another one than before.
func (t Transition) Changed() bool { return t.From != t.To }

// Observer is told of every transition, those that change nothing included, after it happened.
type Observer func(ctx context.Context, t Transition)

// Machine keeps the state of one conversation for callers who want the guard and nothing else. It
// runs on looplab/fsm. The only way to change its state is Fire.
//
// It is safe for concurrent use. Observers are called in the order of their registration and of the
// transitions, one at a time and outside every lock, so they may use the machine; a call to Fire can
// return before its observers ran if another goroutine is busy calling them.
type Machine struct {
	table     *Table
	observers []Observer

	mu        sync.Mutex
	looplab   *fsm.FSM
	state     State
	pending   []notice
	notifying bool
}

type notice struct {
	ctx context.Context
	t   Transition
}

// NewMachine returns a machine that starts in the given state: None for a conversation that is not
// escalated yet, or the state that was kept elsewhere.
func NewMachine(t *Table, initial State, observers ...Observer) (*Machine, error) {
	if t == nil {
		return nil, fmt.Errorf("fsm: NewMachine needs a table")
	}
	if !initial.Valid() {
		return nil, fmt.Errorf("fsm: %v: %w", initial, ErrUnknownState)
	}
	for _, o := range observers {
		if o == nil {
			return nil, fmt.Errorf("fsm: nil observer")
		}
	}
	return &Machine{
		table:     t,
		observers: append([]Observer(nil), observers...),
		looplab:   t.newLooplab(initial, nil),
		state:     initial,
	}, nil
}

// State returns the present state.
func (m *Machine) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state
}

// Permitted returns the kinds that the present state allows.
func (m *Machine) Permitted() events.KindSet { return m.table.Permitted(m.State()) }

// Fire takes an event. It returns a *TransitionError, and changes nothing, if the state does not
// allow the kind. A context that is done changes nothing either; one that ends later has no
// effect. Its values reach the observers.
func (m *Machine) Fire(ctx context.Context, k events.Kind) (Transition, error) {
	if err := ctx.Err(); err != nil {
		return Transition{}, fmt.Errorf("fsm: %v not taken: %w", k, err)
	}
	t, err := m.take(ctx, k)
	if err != nil {
		return Transition{}, err
	}
	m.notify()
	return t, nil
}

func (m *Machine) take(ctx context.Context, k events.Kind) (Transition, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.table.Step(m.state, k); err != nil {
		return Transition{}, err
	}
	next, err := fire(ctx, m.looplab, k)
	if err != nil {
		return Transition{}, fmt.Errorf("fsm: %v in state %v: %w", k, m.state, err)
	}
	t := Transition{Kind: k, From: m.state, To: next}
	m.state = next
	if len(m.observers) > 0 {
		m.pending = append(m.pending, notice{ctx, t})
	}
	return t, nil
}

// notify calls the observers for what is pending, unless another goroutine, or an observer further
// up this one's stack, is doing so already.
func (m *Machine) notify() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.notifying {
		return
	}
	m.notifying = true
	defer func() { m.notifying = false }() // also when an observer panics
	for len(m.pending) > 0 {
		n := m.pending[0]
		m.pending = m.pending[1:]
		m.tell(n)
	}
}

// tell calls the observers with the lock released.
func (m *Machine) tell(n notice) {
	m.mu.Unlock()
	defer m.mu.Lock()
	for _, o := range m.observers {
		o(n.ctx, n.t)
	}
}
