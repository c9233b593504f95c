package rules

import (
	"errors"
	"fmt"
	"strings"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// Violation is one broken rule.
type Violation struct {
	Rule   string // the rule's id
	Basis  events.Basis
	Source string // address of the page the rule rests on; empty if there is none
	Err    error  // what is wrong: for the guard a *fsm.TransitionError
}

// Refusal says that an event may not be sent. It is an error; errors.As and errors.Is reach the
// Err of every violation.
type Refusal struct {
	State      fsm.State
	Kind       events.Kind    // zero if the event was nil or of no known type
	Allowed    events.KindSet // the outbound kinds that the state allows
	Violations []Violation    // every broken rule, in the order of the set
}

// Error names each broken rule with its reason, and what would be allowed.
func (r *Refusal) Error() string {
	subject := "event"
	if r.Kind.Valid() {
		subject = r.Kind.String()
	}
	reasons := make([]string, len(r.Violations))
	for i, v := range r.Violations {
		reasons[i] = v.Rule + ": " + v.Reason()
	}
	return fmt.Sprintf("rules: %s refused in state %v: %s; allowed: %v", subject, r.State, strings.Join(reasons, "; "), r.Allowed)
}

// Unwrap returns the errors of all violations.
func (r *Refusal) Unwrap() []error {
	errs := make([]error, len(r.Violations))
	for i, v := range r.Violations {
		errs[i] = v.Err
	}
	return errs
}

// Breaks reports whether the rule with the given id is among the broken ones.
func (r *Refusal) Breaks(id string) bool {
	for _, v := range r.Violations {
		if v.Rule == id {
			return true
		}
	}
	return false
}

// Rules returns the ids of the broken rules in the order of the set.
func (r *Refusal) Rules() []string {
	ids := make([]string, len(r.Violations))
	for i, v := range r.Violations {
		ids[i] = v.Rule
	}
	return ids
}

// Reason says in words what is wrong, without what stands beside it in the Violation and its Refusal: the rule's id, the
// state, what would be allowed.
func (v Violation) Reason() string {
	switch err := v.Err.(type) { // as it is: an error that wraps one of these says more
	case *fsm.TransitionError:
		return err.Why
	case *events.InvalidError:
		if len(err.Problems) == 1 {
			return err.Problems[0].String()
		}
	}
	return v.Err.Error()
}

func (r *Rule) violation(err error) Violation {
	return Violation{Rule: r.ID, Basis: r.Basis, Source: r.Source, Err: err}
}

// guardViolation carries the basis of the table's cell rather than of the guard as a whole.
func guardViolation(err error) Violation {
	v := sequenceRule.violation(err)
	if te, ok := errors.AsType[*fsm.TransitionError](err); ok {
		v.Basis, v.Source = te.Basis, te.Source
	}
	return v
}

// payloadViolations splits what package events found into one violation for each problem.
func payloadViolations(err error) []Violation {
	invalid, ok := errors.AsType[*events.InvalidError](err)
	if !ok {
		return []Violation{{Err: err}} // not expected from package events, and no reason to allow the event
	}
	var broken []Violation
	for _, p := range invalid.Problems {
		one := &events.InvalidError{Kind: invalid.Kind, Problems: []events.Problem{p}}
		broken = append(broken, payloadRule(p.Code).violation(one))
	}
	return broken
}

func payloadRule(code events.Code) *Rule {
	for i := range payloadRules {
		if payloadRules[i].ID == string(code) {
			return &payloadRules[i]
		}
	}
	return &Rule{ID: string(code)} // TestEveryCodeHasARule keeps this from happening
}

var nilEvent = payloadRule(events.CodeEventType).violation(
	errors.New("the event is nil or not a value of one of the structs of package events"))
