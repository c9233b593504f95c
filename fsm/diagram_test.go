package fsm_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/fsm"
)

// After a change to the table: go test ./fsm -run TestDiagrams -update, and read the difference
// before it is committed.
var update = flag.Bool("update", false, "write the golden files in testdata anew")

func TestDiagrams(t *testing.T) {
	lenient := compile(t, fsm.Rows(), fsm.Switches()...)
	for name, got := range map[string]string{
		"default.mmd": fsm.Default().Mermaid(),
		"default.dot": fsm.Default().Graphviz(),
		"lenient.mmd": lenient.Mermaid(),
		"lenient.dot": lenient.Graphviz(),
	} {
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s is out of date; see -update (-file +table):\n%s", golden, diff)
		}
	}
}

// Every row that changes the state or is outbound is drawn once, nothing else is, and in sorted order.
func TestDiagramsDrawTheTable(t *testing.T) {
	for name, table := range map[string]*fsm.Table{"default": fsm.Default(), "lenient": compile(t, fsm.Rows(), fsm.Switches()...)} {
		var mermaid, dot []string
		for _, r := range table.Rows() {
			if next, err := table.Step(r.From, r.Kind); err == nil && (next != r.From || r.Kind.Outbound()) {
				mermaid = append(mermaid, "    "+r.From.String()+" --> "+next.String()+": "+r.Kind.String())
				dot = append(dot, `    "`+r.From.String()+`" -> "`+next.String()+`" [ label = "`+r.Kind.String()+`" ];`)
			}
		}
		slices.Sort(mermaid)
		slices.Sort(dot)
		for _, c := range []struct {
			language, drawing string
			want              []string
		}{{"Mermaid", table.Mermaid(), mermaid}, {"Graphviz", table.Graphviz(), dot}} {
			var got []string
			for line := range strings.Lines(c.drawing) {
				if strings.Contains(line, ": ") || strings.Contains(line, "label") {
					got = append(got, strings.TrimSuffix(line, "\n"))
				}
			}
			slices.Sort(got) // by state and kind in the file; the golden files hold the order itself
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", name, c.language, diff)
			}
		}
	}
}
