package oracle_test

import (
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/oracle"
)

// walker compares a table with the oracle along every sequence of the eight kinds.
type walker struct {
	table     *fsm.Table
	sequences int
	visited   [fsm.NumStates]int
	found     string // the first sequence on which the two differ, and how
}

// walk extends the sequence so far by every kind, depth more times.
func (w *walker) walk(path []byte, s fsm.State, h oracle.History, depth int) {
	if depth == 0 {
		return
	}
	for k := events.Kind(1); k.Valid() && w.found == ""; k++ {
		next, err := w.table.Step(s, k)
		after := h
		allowed := after.Take(k)
		longer := append(path, oracle.Letter(k))
		w.sequences++
		w.visited[next]++
		if (err == nil) != allowed || next.String() != after.State() {
			w.found = string(longer) + ": the table says " + verdict(err == nil) + ", " + next.String() +
				"; the oracle says " + verdict(allowed) + ", " + after.State()
			return
		}
		w.walk(longer, next, after, depth-1)
	}
}

func verdict(allowed bool) string {
	if allowed {
		return "allowed"
	}
	return "refused"
}

// TestWalk holds the table against the oracle: every sequence of the eight kinds from none to depth 7,
// and to depth 6 with every combination of switches.
func TestWalk(t *testing.T) {
	tests := []struct {
		name      string
		on        []fsm.Switch
		language  oracle.Language
		depth     int
		sequences int // 8 + 8² + … + 8^depth
	}{
		{"default", nil, oracle.Default, 7, 2_396_744},
		{"agent transfer", []fsm.Switch{fsm.AgentTransfer}, transfer, 6, 299_592},
		{"back to queue", []fsm.Switch{fsm.BackToQueue}, requeue, 6, 299_592},
		{"both", []fsm.Switch{fsm.AgentTransfer, fsm.BackToQueue}, both, 6, 299_592},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			table, err := fsm.Compile(fsm.Rows(), test.on...)
			if err != nil {
				t.Fatal(err)
			}
			w := walker{table: table}
			w.walk(nil, fsm.None, test.language.None(), test.depth)
			if w.found != "" {
				t.Fatal(w.found)
			}
			if w.sequences != test.sequences {
				t.Errorf("walked %d sequences, want %d", w.sequences, test.sequences)
			}
			for i, n := range w.visited {
				if n == 0 {
					t.Errorf("never came to state %v", fsm.State(i))
				}
			}
			t.Logf("%d sequences, visits by state %v", w.sequences, w.visited)
		})
	}
}

// TestWalkNoticesAnotherLanguage shows that the comparison can fail: each table against each oracle
// but its own.
func TestWalkNoticesAnotherLanguage(t *testing.T) {
	languages := map[oracle.Language][]fsm.Switch{
		oracle.Default: nil,
		transfer:       {fsm.AgentTransfer},
		requeue:        {fsm.BackToQueue},
		both:           {fsm.AgentTransfer, fsm.BackToQueue},
	}
	for own, on := range languages {
		table, err := fsm.Compile(fsm.Rows(), on...)
		if err != nil {
			t.Fatal(err)
		}
		for other := range languages {
			w := walker{table: table}
			w.walk(nil, fsm.None, other.None(), 3)
			if (w.found == "") != (own == other) {
				t.Errorf("table %d against oracle %d: %q", own, other, w.found)
			}
		}
	}
}
