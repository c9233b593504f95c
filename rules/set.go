package rules

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// What can be wrong with a set. New joins every problem it finds; each wraps one of these.
var (
	ErrNoTable     = errors.New("no transition table")
	ErrBadRule     = errors.New("a rule needs an id in lower-case words, a valid basis, a Check, outbound kinds and a sensible limit")
	ErrDuplicateID = errors.New("duplicate rule id")
)

// Set is an ordered list of rules over one transition table.
type Set struct {
	table *fsm.Table
	rules []Rule // the chosen ones, after guard and payload rules
}

// Strict returns the default rules: the documented table with every undocumented switch off,
// [AvatarHTTPS], [QueuePositionPositive], [WaitingTimeWhole], and the given ones.
func Strict(more ...Rule) (*Set, error) {
	return preset(fsm.Default(), more)
}

// Lenient returns the same rules over the table with every undocumented switch on.
func Lenient(more ...Rule) (*Set, error) {
	table, err := fsm.Compile(fsm.Rows(), fsm.Switches()...)
	if err != nil {
		return nil, err
	}
	return preset(table, more)
}

func preset(table *fsm.Table, more []Rule) (*Set, error) {
	return New(table, append([]Rule{AvatarHTTPS(), QueuePositionPositive(), WaitingTimeWhole()}, more...)...)
}

// New returns the set of the sequencing guard over table, the payload rules, and the given rules in
// their order.
func New(table *fsm.Table, rules ...Rule) (*Set, error) {
	var problems []error
	if table == nil {
		problems = append(problems, fmt.Errorf("rules: %w", ErrNoTable))
	}
	s := &Set{table: table, rules: append([]Rule(nil), rules...)}
	seen := map[string]bool{SequenceID: true}
	for _, r := range payloadRules {
		seen[r.ID] = true
	}
	for _, r := range rules {
		if !idForm.MatchString(r.ID) || !r.Basis.Valid() || r.Check == nil || r.Kinds&^events.OutboundKinds() != 0 {
			problems = append(problems, fmt.Errorf("rules: rule %.40q: %w", r.ID, ErrBadRule))
		}
		if seen[r.ID] {
			problems = append(problems, fmt.Errorf("rules: rule %.40q: %w", r.ID, ErrDuplicateID))
		}
		seen[r.ID] = true
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return s, nil
}

var idForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Table returns the transition table of the sequencing guard.
func (s *Set) Table() *fsm.Table { return s.table }

// Rules returns every rule in the order of deciding: the guard, the payload rules, the chosen ones.
// The Check of the first two sorts is nil. The slice is the caller's.
func (s *Set) Rules() []Rule {
	return append(append([]Rule{sequenceRule}, payloadRules...), s.rules...)
}

// Allowed returns the outbound kinds that the guard allows in state st.
func (s *Set) Allowed(st fsm.State) events.KindSet {
	return s.table.Permitted(st) & events.OutboundKinds()
}

// Decision is the answer to one event: allowed, with the state that follows, or refused.
type Decision struct {
	Next    fsm.State // the state after the event; the present one if it is refused
	Refusal *Refusal  // nil if the event is allowed
}

// Err returns the refusal as an error, or nil.
func (d Decision) Err() error {
	if d.Refusal == nil {
		return nil
	}
	return d.Refusal
}

// Decide says whether e may be sent in the conversation that f describes.
func (s *Set) Decide(f Facts, e events.Outbound) Decision {
	kind := events.KindOf(e)
	if !kind.Valid() {
		return s.refuse(f, 0, []Violation{nilEvent})
	}
	var broken []Violation
	next, err := s.table.Step(f.State, kind)
	if err != nil {
		broken = append(broken, guardViolation(err))
	}
	if err := e.Validate(); err != nil {
		broken = append(broken, payloadViolations(err)...)
	}
	for i := range s.rules {
		r := &s.rules[i]
		if !r.applies(kind) {
			continue
		}
		if err := r.Check(f, e); err != nil {
			broken = append(broken, r.violation(err))
		}
	}
	if broken != nil {
		return s.refuse(f, kind, broken)
	}
	return Decision{Next: next}
}

func (s *Set) refuse(f Facts, kind events.Kind, broken []Violation) Decision {
	return Decision{Next: f.State, Refusal: &Refusal{
		State: f.State, Kind: kind, Allowed: s.Allowed(f.State), Violations: broken,
	}}
}
