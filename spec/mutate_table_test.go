package spec_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/oracle"
)

// tableMutant is a table in which one cell says something else.
type tableMutant struct {
	name string
	rows []fsm.Row
}

// tableMutants changes each of the 48 cells of a table in every way there is: a cell that is allowed is
// refused, or leads to each of the five other states; a refused one is allowed, to each of the six.
func tableMutants(base *fsm.Table) []tableMutant {
	var all []tableMutant
	plain := base.Rows()
	for i := range plain {
		plain[i].Switch = 0 // the rows in force, as a table of their own
	}
	change := func(i int, r fsm.Row) {
		rows := slices.Clone(plain)
		rows[i] = r
		what := "refused"
		if !r.Refused {
			what = "-> " + r.To.String()
		}
		all = append(all, tableMutant{fmt.Sprintf("%v + %v %s", r.From, r.Kind, what), rows})
	}
	for i, r := range plain {
		if !r.Refused {
			refused := r
			refused.Refused, refused.To = true, r.From
			change(i, refused)
		}
		for _, to := range fsm.States() {
			if r.Refused || to != r.To {
				led := r
				led.Refused, led.To = false, to
				change(i, led)
			}
		}
	}
	return all
}

// TestEveryCellMutantIsCaught changes every cell of the table, for every combination of switches, and
// wants each change noticed by Compile or by a walk of all sequences to depth 5 against the oracle. Those of
// the default table must be noticed by the published vectors too.
func TestEveryCellMutantIsCaught(t *testing.T) {
	file := readVectors(t)
	languages := []oracle.Language{oracle.Default, oracle.AgentTransfer, oracle.BackToQueue, oracle.AgentTransfer | oracle.BackToQueue}
	for i, on := range combinations {
		base := table(t, on...)
		if at := walk(base, fsm.None, languages[i].None(), "", 5); at != "" {
			t.Fatalf("switches %v: the table itself fails at %s", on, at)
		}
		mutants := tableMutants(base)
		if len(mutants) != 48*6 {
			t.Errorf("switches %v: %d mutants, want 6 of each of the 48 cells", on, len(mutants))
		}
		byCompile, byWalk, byVectors := 0, 0, 0
		var survivors []string
		for _, m := range mutants {
			mutant, err := fsm.Compile(m.rows)
			if err != nil {
				byCompile++
				continue
			}
			if walk(mutant, fsm.None, languages[i].None(), "", 5) != "" {
				byWalk++
			} else {
				survivors = append(survivors, m.name+" (walk)")
			}
			c, _ := firstWrongCell(t, file, mutant, on)
			s, _ := firstWrongSequence(t, file, mutant)
			if c != nil || s != nil && len(on) == 0 {
				byVectors++
			} else {
				survivors = append(survivors, m.name+" (vectors)")
			}
		}
		t.Logf("switches %v: %d mutants: %d refused by Compile; of the others %d caught by the walk and %d by the vectors",
			on, len(mutants), byCompile, byWalk, byVectors)
		if len(survivors) > 0 {
			t.Errorf("switches %v: survivors: %q", on, survivors)
		}
	}
}

// walk returns the first sequence of up to depth events on which table and oracle differ, or nothing.
func walk(table *fsm.Table, s fsm.State, h oracle.History, path string, depth int) string {
	if depth == 0 {
		return ""
	}
	for k := events.Kind(1); k.Valid(); k++ {
		next, err := table.Step(s, k)
		after := h
		longer := path + string(oracle.Letter(k))
		if after.Take(k) != (err == nil) || after.State() != next.String() {
			return longer
		}
		if at := walk(table, next, after, longer, depth-1); at != "" {
			return at
		}
	}
	return ""
}

// TestVectorsCatchSwitchedTables shows that the vectors of the default table fail for every other one, and
// that those of a switch fail for a table without it.
func TestVectorsCatchSwitchedTables(t *testing.T) {
	file := readVectors(t)
	for i, on := range combinations {
		for j, claimed := range combinations {
			c, _ := firstWrongCell(t, file, table(t, on...), claimed)
			if (c == nil) != (i == j) {
				t.Errorf("table with %v, claimed %v: wrong cell %v", on, claimed, c)
			}
		}
	}
}
