package spec_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/specgen"
	"github.com/escalationkit/escalation/rules"
)

// ruleMutant makes one rule hold always, or never.
type ruleMutant struct {
	id    string
	never bool
}

func (m ruleMutant) String() string {
	if m.never {
		return m.id + " never holds"
	}
	return m.id + " always holds"
}

// check is the mutant of a rule's own check.
func (m ruleMutant) check(rules.Facts, events.Outbound) error {
	if m.never {
		return errors.New("mutated")
	}
	return nil
}

// apply is the mutant at the level of a judgement, for the rules whose checks are not values that could be
// exchanged: the guard and the payload rules.
func (m ruleMutant) apply(broken []string) []string {
	without := slices.DeleteFunc(slices.Clone(broken), func(id string) bool { return id == m.id })
	if m.never {
		without = append(without, m.id)
		slices.Sort(without)
	}
	return without
}

// TestEveryRuleMutantIsCaught makes every built-in rule hold always, then never, and wants each change
// noticed: the guard's by the cells, the others' by the bodies, those of rules in no preset by
// [optionalCases].
func TestEveryRuleMutantIsCaught(t *testing.T) {
	file := readVectors(t)
	catalogue, err := specgen.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	judged := make([]judgement, len(file.Bodies))
	for i := range file.Bodies {
		judged[i] = judge(t, strict(t), &file.Bodies[i])
	}
	caught := map[string]int{}
	var survivors []string
	for _, e := range catalogue {
		for _, never := range []bool{false, true} {
			m := ruleMutant{e.ID, never}
			found := false
			switch {
			case e.Stage == "guard":
				found = guardMutantCaught(t, file, m)
			case e.Stage == "payload":
				found = payloadMutantCaught(file, judged, m)
			case len(e.Presets) > 0:
				found = policyMutantCaught(t, file, m)
			default:
				e.Rule.Check = m.check
				found = optionalMutantCaught(t, e.Rule)
			}
			if found {
				caught[e.Stage]++
			} else {
				survivors = append(survivors, m.String())
			}
		}
	}
	t.Logf("%d rules, two mutants each; caught: %v", len(catalogue), caught)
	if len(survivors) > 0 {
		t.Errorf("survivors: %q", survivors)
	}
}

// guardMutantCaught decides every outbound cell with a guard that says the mutant's.
func guardMutantCaught(t *testing.T, file *vectorFile, m ruleMutant) bool {
	set := strict(t)
	for _, c := range file.Cells {
		kind := kindNamed(t, c.Kind)
		if c.Switch != "" || kind.Inbound() {
			continue
		}
		var broken []string
		if refusal := set.Decide(rules.Facts{State: stateNamed(t, c.State)}, samples[kind]).Refusal; refusal != nil {
			broken = refusal.Rules()
		}
		if verdict(len(broken) == 0) != c.Verdict {
			t.Errorf("%+v, but the rules say %v", c, broken)
		}
		if verdict(len(m.apply(broken)) == 0) != c.Verdict {
			return true
		}
	}
	return false
}

// samples are events that break no rule but the guard.
var samples = map[events.Kind]events.Outbound{
	events.KindEscalationQueueUpdate: events.EscalationQueueUpdate{QueuePosition: "3", WaitingTime: "12"},
	events.KindEscalationSuccess:     events.EscalationSuccess{Agent: "John Smith"},
	events.KindMessage:               events.Message{Text: "Hello"},
	events.KindEscalationFailed:      events.EscalationFailed{},
	events.KindAgentDisconnect:       events.AgentDisconnect{},
}

func payloadMutantCaught(file *vectorFile, judged []judgement, m ruleMutant) bool {
	for i, j := range judged {
		j.broken = m.apply(j.broken)
		if file.Bodies[i].wrong(j) {
			return true
		}
	}
	return false
}

// policyMutantCaught judges the bodies with a set in which the rule's check is the mutant's.
func policyMutantCaught(t *testing.T, file *vectorFile, m ruleMutant) bool {
	t.Helper()
	set := strict(t)
	var chosen []rules.Rule
	for _, r := range set.Rules() {
		if r.ID == m.id {
			r.Check = m.check
		}
		if r.Check != nil { // guard and payload rules have none
			chosen = append(chosen, r)
		}
	}
	mutant, err := rules.New(set.Table(), chosen...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range file.Bodies {
		if v := &file.Bodies[i]; v.About == m.id && v.wrong(judge(t, mutant, v)) {
			return true
		}
	}
	return false
}
