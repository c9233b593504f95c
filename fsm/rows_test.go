package fsm_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

func TestDeclaredRowsAreTotal(t *testing.T) {
	plain := map[cell]int{}
	switched := map[fsm.Switch]int{}
	for _, r := range fsm.Rows() {
		if r.Switch == 0 {
			plain[cell{r.From, r.Kind}]++
		} else {
			switched[r.Switch]++
		}
	}
	for _, s := range fsm.States() {
		for k := events.Kind(1); k.Valid(); k++ {
			if n := plain[cell{s, k}]; n != 1 {
				t.Errorf("%v + %v has %d plain rows, want 1", s, k, n)
			}
		}
	}
	if len(plain) != 48 {
		t.Errorf("%d cells, want 6 states x 8 kinds", len(plain))
	}
	for _, w := range fsm.Switches() {
		if switched[w] == 0 {
			t.Errorf("the switch %v changes no row", w)
		}
	}
}

func TestDeclaredRowsSayWhatTheyRestOn(t *testing.T) {
	for _, r := range fsm.Rows() {
		name := r.From.String() + " + " + r.Kind.String()
		if !r.Basis.Valid() {
			t.Errorf("%s: basis %v", name, r.Basis)
		}
		if strings.TrimSpace(r.Why) == "" {
			t.Errorf("%s: no why", name)
		}
		stated := r.Basis == events.Documented || r.Basis == events.Shown
		if stated && !strings.HasPrefix(r.Source, "https://") {
			t.Errorf("%s: %v, but the source is %q", name, r.Basis, r.Source)
		}
		if r.Basis == events.Undocumented && r.Source != "" {
			t.Errorf("%s: undocumented, yet %q is named as its source", name, r.Source)
		}
		if r.Switch != 0 && r.Basis != events.Undocumented {
			t.Errorf("%s: a switch is for what is undocumented, not %v", name, r.Basis)
		}
		if r.Refused && r.To != r.From {
			t.Errorf("%s: refused, yet it leads to %v", name, r.To)
		}
	}
}

// Webhooks are answered with 200 whatever they say, so no state may refuse one.
func TestInboundIsNeverRefused(t *testing.T) {
	for _, s := range fsm.States() {
		if got := fsm.Default().Permitted(s) & events.InboundKinds(); got != events.InboundKinds() {
			t.Errorf("in %v only %v", s, got)
		}
	}
}

func TestRowsAreCopies(t *testing.T) {
	declared, inForce := fsm.Rows(), fsm.Default().Rows()
	for _, take := range []func() []fsm.Row{fsm.Rows, fsm.Default().Rows} {
		scribble := take()
		for i := range scribble {
			scribble[i] = fsm.Row{Kind: 255}
		}
	}
	if diff := cmp.Diff(declared, fsm.Rows()); diff != "" {
		t.Errorf("Rows changed through an earlier answer (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(inForce, fsm.Default().Rows()); diff != "" {
		t.Errorf("Table.Rows changed through an earlier answer (-before +after):\n%s", diff)
	}
}

func TestTableRowsAreThoseInForce(t *testing.T) {
	plain := slices.DeleteFunc(fsm.Rows(), func(r fsm.Row) bool { return r.Switch != 0 })
	if diff := cmp.Diff(plain, fsm.Default().Rows()); diff != "" {
		t.Errorf("default (-declared +compiled):\n%s", diff)
	}
	lenient := compile(t, fsm.Rows(), fsm.Switches()...).Rows()
	if len(lenient) != 48 {
		t.Errorf("%d rows with the switches on, want one for each of 48 cells", len(lenient))
	}
	for _, w := range fsm.Switches() {
		if !slices.ContainsFunc(lenient, func(r fsm.Row) bool { return r.Switch == w }) {
			t.Errorf("no row of %v", w)
		}
	}
	if !slices.IsSortedFunc(lenient, func(a, b fsm.Row) int {
		return (int(a.From)-int(b.From))*100 + int(a.Kind) - int(b.Kind)
	}) {
		t.Error("not ordered by state and kind")
	}
}
