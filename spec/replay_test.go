package spec_test

import (
	"slices"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// combinations are all the ways to set the switches.
var combinations = [][]fsm.Switch{
	nil, {fsm.AgentTransfer}, {fsm.BackToQueue}, {fsm.AgentTransfer, fsm.BackToQueue},
}

// TestCells puts every kind to every state, for every combination of switches.
func TestCells(t *testing.T) {
	file := readVectors(t)
	for _, on := range combinations {
		if c, got := firstWrongCell(t, file, table(t, on...), on); c != nil {
			t.Errorf("switches %v: %+v, but the table says %s", on, *c, got)
		}
	}
	plain, switched := 0, 0
	seen := map[cell]bool{}
	for _, c := range file.Cells {
		place := cell{Switch: c.Switch, State: c.State, Kind: c.Kind}
		if seen[place] {
			t.Errorf("cell %+v stands twice", place)
		}
		seen[place] = true
		if c.Switch == "" {
			plain++
		} else {
			switched++
		}
	}
	if plain != 48 || switched != 2 {
		t.Errorf("%d plain cells and %d switched ones, want 48 and 2", plain, switched)
	}
}

// firstWrongCell returns the first vector that the table contradicts, and what the table says.
func firstWrongCell(t *testing.T, file *vectorFile, table *fsm.Table, on []fsm.Switch) (*cell, string) {
	t.Helper()
	for i, c := range file.Cells {
		if c.Switch != "" && !slices.ContainsFunc(on, func(w fsm.Switch) bool { return w.String() == c.Switch }) {
			continue
		}
		if c.Switch == "" && replaced(file, c, on) {
			continue
		}
		next, err := table.Step(stateNamed(t, c.State), kindNamed(t, c.Kind))
		if got := verdict(err == nil); got != c.Verdict || next.String() != c.After {
			return &file.Cells[i], got + ", " + next.String()
		}
	}
	return nil, ""
}

// replaced reports whether a switch that is on puts another cell in the place of c.
func replaced(file *vectorFile, c cell, on []fsm.Switch) bool {
	return slices.ContainsFunc(file.Cells, func(other cell) bool {
		return other.State == c.State && other.Kind == c.Kind &&
			slices.ContainsFunc(on, func(w fsm.Switch) bool { return w.String() == other.Switch })
	})
}

func verdict(allowed bool) string {
	if allowed {
		return "allowed"
	}
	return "refused"
}

// TestSequences replays every sequence on the default table.
func TestSequences(t *testing.T) {
	file := readVectors(t)
	if s, got := firstWrongSequence(t, file, fsm.Default()); s != nil {
		t.Errorf("%+v, but the table says %s", *s, got)
	}
	seen := map[string]bool{}
	for _, s := range file.Sequences {
		if seen[s.Letters] || s.Letters == "" || len(s.Letters) > 4 {
			t.Errorf("sequence %q is a repeat or of a wrong length", s.Letters)
		}
		seen[s.Letters] = true
	}
	if len(seen) != 8+64+512+4096 {
		t.Errorf("%d sequences, want all 4680 of length 1 to 4", len(seen))
	}
}

// firstWrongSequence returns the first vector that the table contradicts, and what the table says.
func firstWrongSequence(t *testing.T, file *vectorFile, table *fsm.Table) (*sequence, string) {
	t.Helper()
	legend := map[rune]events.Kind{}
	for letter, name := range file.Letters {
		legend[rune(letter[0])] = kindNamed(t, name)
	}
	start := stateNamed(t, file.Start)
	for i, s := range file.Sequences {
		state, verdicts := start, ""
		for _, letter := range s.Letters {
			next, err := table.Step(state, legend[letter])
			if state = next; err == nil {
				verdicts += "+"
			} else {
				verdicts += "-"
			}
		}
		if verdicts != s.Verdicts || state.String() != s.End {
			return &file.Sequences[i], verdicts + ", " + state.String()
		}
	}
	return nil, ""
}

// TestVectorsByHand looks up a few vectors whose answers were worked out by hand, so that a mistake
// that the oracle and the table shared would not go unseen.
func TestVectorsByHand(t *testing.T) {
	file := readVectors(t)
	if file.Version != "1" || file.Start != "pending" || len(file.Letters) != 8 {
		t.Errorf("version %q, start %q, %d letters", file.Version, file.Start, len(file.Letters))
	}
	for _, want := range []sequence{
		{"M", "-", "pending"},
		{"SM", "++", "connected"},
		{"QSMD", "++++", "ended"},
		{"QQF", "+++", "failed"},
		{"SF", "+-", "connected"},
		{"QD", "+-", "queued"},
		{"XM", "+-", "ended"},
		{"FEQX", "++++", "ended"},
		{"DSVM", "-+++", "connected"},
	} {
		if !slices.Contains(file.Sequences, want) {
			t.Errorf("no vector %+v", want)
		}
	}
	for _, want := range []cell{
		{"", "none", "widgetEscalate", "allowed", "pending"},
		{"", "queued", "message", "refused", "queued"},
		{"", "connected", "escalationSuccess", "refused", "connected"},
		{"agent-transfer", "connected", "escalationSuccess", "allowed", "connected"},
		{"back-to-queue", "connected", "escalationQueueUpdate", "allowed", "queued"},
	} {
		if !slices.Contains(file.Cells, want) {
			t.Errorf("no vector %+v", want)
		}
	}
}
