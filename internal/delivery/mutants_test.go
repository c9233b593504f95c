package delivery_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
)

// policies is what DefaultPolicy is, or a mutant of it.
type policies func(delivery.Options) delivery.Policy

// byHand are all examples that speak about the policy.
var byHand = slices.Concat(ages, optional, newer, waits, cells())

// judge runs the examples until one fails.
func (p policies) judge() error {
	machines := map[delivery.Options]*delivery.Machine{}
	for _, o := range []delivery.Options{none, hold, halt, soon} {
		m, err := delivery.New(fsm.Default(), p(o))
		if err != nil {
			return err
		}
		machines[o] = m
	}
	for _, e := range byHand {
		if err := e.fails(func(o delivery.Options) *delivery.Machine { return machines[o] }); err != nil {
			return err
		}
	}
	return p.optionsChangeTheirCells()
}

// optionsChangeTheirCells: each option does what it says, and nothing else.
func (p policies) optionsChangeTheirCells() error {
	held, halted, both, sooner := p(none), p(none), p(none), p(none)
	sooner.Settle, sooner.UnknownMin, sooner.UnknownMax = 2*time.Second, 2*time.Second, 24*time.Second
	change := func(p delivery.Policy, unknowns int, onRejected delivery.Reaction) {
		message := p.Kinds[events.KindMessage]
		message.Unknowns, message.OnRejected = unknowns, onRejected
		p.Kinds[events.KindMessage] = message
	}
	change(held, 1, delivery.Drop)
	change(halted, 3, delivery.Stop)
	change(both, 1, delivery.Stop)
	for _, c := range []struct {
		options delivery.Options
		want    delivery.Policy
	}{{hold, held}, {halt, halted}, {soon, sooner}, {delivery.Options{HoldMessages: true, HaltOnRejected: true}, both}} {
		if diff := cmp.Diff(c.want, p(c.options)); diff != "" {
			return fmt.Errorf("options %+v: %s", c.options, diff)
		}
	}
	return nil
}

// mutant changes one cell of the policy.
type mutant struct {
	name   string
	change func(*delivery.Policy)
}

// variants returns the other values that a cell is given, without those that no policy may have.
func variants(cell any) []any {
	switch v := cell.(type) {
	case delivery.Reaction:
		return []any{delivery.Drop + delivery.Stop - v}
	case time.Duration:
		return []any{v / 2, v * 2, v - 1, v + 1}
	case int:
		if v == 0 {
			return []any{1, 2, 20}
		}
		return []any{v - 1, v + 1}
	}
	panic(fmt.Sprintf("the mutator knows no %T", cell))
}

// mutants goes through the fields by reflection, so that none is forgotten.
func mutants() []mutant {
	var all []mutant
	p := delivery.DefaultPolicy(none)
	for field, value := range reflect.ValueOf(p).Fields() {
		if field.Name == "Kinds" {
			continue
		}
		for _, v := range variants(value.Interface()) {
			all = append(all, mutant{fmt.Sprintf("%s = %v", field.Name, v), func(p *delivery.Policy) {
				reflect.ValueOf(p).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(v))
			}})
		}
	}
	for _, k := range events.OutboundKinds().Kinds() {
		for field, value := range reflect.ValueOf(p.Kinds[k]).Fields() {
			if field.Name == "OnUnknown" && p.Kinds[k].Unknowns == 0 {
				continue // no count of unknown attempts leads there; Unknowns = 1 below does
			}
			reactions := []delivery.Reaction{p.Kinds[k].OnUnknown}
			if field.Name == "Unknowns" && p.Kinds[k].Unknowns == 0 {
				reactions = []delivery.Reaction{delivery.Drop, delivery.Stop}
			}
			for _, v := range variants(value.Interface()) {
				for _, reaction := range reactions {
					all = append(all, mutant{fmt.Sprintf("%v.%s = %v, then %v", k, field.Name, v, reaction), func(p *delivery.Policy) {
						kind := p.Kinds[k]
						kind.OnUnknown = reaction
						reflect.ValueOf(&kind).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(v))
						p.Kinds[k] = kind
					}})
				}
			}
		}
		for _, other := range events.OutboundKinds().Kinds() {
			if p.Kinds[other] != p.Kinds[k] {
				all = append(all, mutant{fmt.Sprintf("%v treated as %v", k, other), func(p *delivery.Policy) { p.Kinds[k] = p.Kinds[other] }})
			}
		}
	}
	return all
}

// Every cell of the policy, changed everywhere or under one option alone, is noticed by an example.
func TestEveryMutantIsCaught(t *testing.T) {
	t.Parallel()
	if err := policies(delivery.DefaultPolicy).judge(); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, m := range mutants() {
		for _, under := range []*delivery.Options{nil, &none, &hold, &halt, &soon} {
			changed := false
			mutated := policies(func(o delivery.Options) delivery.Policy {
				p := delivery.DefaultPolicy(o)
				if under == nil || *under == o {
					m.change(&p)
					changed = changed || !cmp.Equal(p, delivery.DefaultPolicy(o))
				}
				return p
			})
			err := mutated.judge()
			switch {
			case !changed: // the option sets that cell to the same
			case err == nil:
				t.Errorf("survived: %s (under %+v)", m.name, under)
				fallthrough
			default:
				tried++
			}
		}
	}
	t.Logf("%d mutants of the policy, each tried against %d examples", tried, len(byHand))
	if tried < 300 {
		t.Errorf("only %d mutants", tried)
	}
}
