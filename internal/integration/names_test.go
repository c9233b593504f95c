package integration_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

var stateNames = []string{"none", "pending", "queued", "connected", "ended", "failed"}

// TestNames holds the names of the library and of both JSON files against the same lists, written by hand.
func TestNames(t *testing.T) {
	t.Parallel()
	type names struct{ States, Outbound, Inbound []string }
	want := names{stateNames, outboundKinds, inboundKinds}
	compare := func(what string, got names) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}

	var library names
	for _, s := range fsm.States() {
		library.States = append(library.States, s.String())
	}
	for _, k := range events.OutboundKinds().Kinds() {
		library.Outbound = append(library.Outbound, k.String())
	}
	for _, k := range events.InboundKinds().Kinds() {
		library.Inbound = append(library.Inbound, k.String())
	}
	compare("the library", library)

	var table names
	file := readJSON[struct {
		States []struct{ Name string }
		Kinds  []struct{ Name, Direction string }
		Table  []struct{ From, Kind, To string }
	}](t, "escalation.json")
	for _, s := range file.States {
		table.States = append(table.States, s.Name)
	}
	for _, k := range file.Kinds {
		switch k.Direction {
		case "outbound":
			table.Outbound = append(table.Outbound, k.Name)
		case "inbound":
			table.Inbound = append(table.Inbound, k.Name)
		default:
			t.Errorf("%s is %q", k.Name, k.Direction)
		}
	}
	compare("escalation.json", table)
	for _, row := range file.Table {
		if !slices.Contains(stateNames, row.From) || row.To != "" && !slices.Contains(stateNames, row.To) || !isKind(row.Kind) {
			t.Errorf("escalation.json has an unknown name in %+v", row)
		}
	}
}

// TestVectorNames: every state and kind has its cells, and no other name occurs.
func TestVectorNames(t *testing.T) {
	t.Parallel()
	file := readJSON[struct {
		Letters   map[string]string
		Start     string
		Cells     []struct{ Switch, State, Kind, After string }
		Bodies    []bodyVector
		Sequences []struct{ End string }
	}](t, "vectors.json")
	cells := map[[2]string]int{}
	for _, c := range file.Cells {
		if c.Switch == "" {
			cells[[2]string{c.State, c.Kind}]++
		}
		if !slices.Contains(stateNames, c.After) {
			t.Errorf("unknown state after %+v", c)
		}
	}
	for _, state := range stateNames {
		for _, kind := range append(slices.Clone(outboundKinds), inboundKinds...) {
			if cells[[2]string{state, kind}] != 1 {
				t.Errorf("%d cells for %s in %s", cells[[2]string{state, kind}], kind, state)
			}
			delete(cells, [2]string{state, kind})
		}
	}
	if len(cells) > 0 {
		t.Errorf("cells of unknown names: %v", cells)
	}
	letters := map[string]string{
		"Q": "escalationQueueUpdate", "S": "escalationSuccess", "M": "message", "F": "escalationFailed", "D": "agentDisconnect",
		"E": "widgetEscalate", "V": "widgetMessage", "X": "widgetEndSession",
	}
	if diff := cmp.Diff(letters, file.Letters); diff != "" || file.Start != "pending" {
		t.Errorf("sequences begin in %q; letters (-want +got):\n%s", file.Start, diff)
	}
	for _, s := range file.Sequences {
		if !slices.Contains(stateNames, s.End) {
			t.Errorf("a sequence ends in %q", s.End)
		}
	}
	for _, b := range file.Bodies {
		if b.Kind != "" && !isKind(b.Kind) {
			t.Errorf("%s, %s: kind %q", b.About, b.Name, b.Kind)
		}
	}
}

func isKind(name string) bool {
	return slices.Contains(outboundKinds, name) || slices.Contains(inboundKinds, name)
}
