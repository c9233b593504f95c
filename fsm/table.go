package fsm

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/escalationkit/escalation/events"
)

// What can be wrong with a table. Compile joins every problem it finds; each wraps one of these.
var (
	ErrUnknownState  = errors.New("unknown state")
	ErrUnknownKind   = errors.New("unknown kind")
	ErrUnknownSwitch = errors.New("unknown switch")
	ErrDuplicateCell = errors.New("duplicate cell")
	ErrTerminalExit  = errors.New("way out of a terminal state")
	ErrUnreachable   = errors.New("unreachable state")
)

// Table is a compiled transition table. It is immutable and safe for concurrent use.
type Table struct {
	cells     [NumStates][events.NumKinds + 1]cell
	permitted [NumStates]events.KindSet
	rows      []Row // those in force, ordered by state and kind
}

// cell is what Step reads: the next state, or why there is none.
type cell struct {
	next    State
	refusal *TransitionError
}

// Default returns the table with every switch off.
func Default() *Table { return defaultTable() }

var defaultTable = sync.OnceValue(func() *Table {
	t, err := Compile(rows)
	if err != nil {
		panic(err) // the package's own table; TestDeclaredTableCompiles
	}
	return t
})

// Compile checks rows and makes a table of them, with the given switches on. A cell without a row
// is refused. All problems are reported together.
//
// The declared table is Compile(Rows(), switches...); other rows make another machine over the same
// states and kinds.
func Compile(rows []Row, on ...Switch) (*Table, error) {
	var problems []error
	for _, w := range on {
		if !w.Valid() {
			problems = append(problems, fmt.Errorf("fsm: %v: %w", w, ErrUnknownSwitch))
		}
	}
	inForce, err := choose(rows, on)
	t := &Table{rows: inForce}
	problems = append(problems, err, t.checkExits(), t.checkReach())
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if err := t.drive(); err != nil {
		return nil, err
	}
	return t, nil
}

// choose returns the rows in force, sorted, and the problems of single rows.
func choose(rows []Row, on []Switch) ([]Row, error) {
	type place struct {
		from State
		kind events.Kind
		w    Switch
	}
	var problems []error
	taken := map[place]bool{}
	chosen := map[place]Row{}
	for _, r := range rows {
		if err := r.check(); err != nil {
			problems = append(problems, err)
			continue
		}
		at := place{r.From, r.Kind, r.Switch}
		if taken[at] {
			problems = append(problems, r.problem(ErrDuplicateCell))
		}
		taken[at] = true
		if r.Switch != 0 && !slices.Contains(on, r.Switch) {
			continue
		}
		at.w = 0
		if other, ok := chosen[at]; ok && other.Switch != 0 {
			if r.Switch != 0 && r.Switch != other.Switch {
				problems = append(problems, r.problem(ErrDuplicateCell)) // two switches want one cell
			}
			continue // a switched row stands before its plain one
		}
		if r.Refused { // so that no check below need ask
			r.To = r.From
		}
		chosen[at] = r
	}
	inForce := make([]Row, 0, len(chosen))
	for _, s := range States() {
		for k := events.Kind(1); k.Valid(); k++ {
			if r, ok := chosen[place{s, k, 0}]; ok {
				inForce = append(inForce, r)
			}
		}
	}
	return inForce, errors.Join(problems...)
}

func (r Row) check() error {
	switch {
	case !r.From.Valid(), !r.To.Valid():
		return r.problem(ErrUnknownState)
	case !r.Kind.Valid():
		return r.problem(ErrUnknownKind)
	case r.Switch != 0 && !r.Switch.Valid():
		return r.problem(ErrUnknownSwitch)
	}
	return nil
}

func (r Row) problem(what error) error {
	return fmt.Errorf("fsm: row %v + %v -> %v: %w", r.From, r.Kind, r.To, what)
}

func (t *Table) checkExits() error {
	var problems []error
	for _, r := range t.rows {
		newRound := r.Kind == escalate && r.To == Pending
		if r.From.Terminal() && r.To != r.From && !newRound {
			problems = append(problems, r.problem(ErrTerminalExit))
		}
	}
	return errors.Join(problems...)
}

func (t *Table) checkReach() error {
	reached := [NumStates]bool{None: true}
	for grew := true; grew; {
		grew = false
		for _, r := range t.rows {
			if reached[r.From] && !reached[r.To] {
				reached[r.To], grew = true, true
			}
		}
	}
	var problems []error
	for _, s := range States() {
		if !reached[s] {
			problems = append(problems, fmt.Errorf("fsm: state %v: %w", s, ErrUnreachable))
		}
	}
	return errors.Join(problems...)
}

// Step returns the state after an event of kind k in state s, which is s itself where nothing
// changes, or s and a *TransitionError. It does not allocate for valid arguments.
func (t *Table) Step(s State, k events.Kind) (State, error) {
	if !s.Valid() || !k.Valid() {
		return s, &TransitionError{
			State: s, Kind: k, Allowed: t.Permitted(s) & events.OutboundKinds(), Why: "there is no such state or kind",
		}
	}
	c := &t.cells[s][k]
	if c.refusal != nil {
		return s, c.refusal
	}
	return c.next, nil
}

// Permitted returns the kinds, outbound and inbound, that state s allows.
func (t *Table) Permitted(s State) events.KindSet {
	if !s.Valid() {
		return 0
	}
	return t.permitted[s]
}

// Rows returns the rows in force, ordered by state and kind. The slice is the caller's.
func (t *Table) Rows() []Row { return slices.Clone(t.rows) }
