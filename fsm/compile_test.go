package fsm_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// compile fails the test if the rows do not compile.
func compile(t testing.TB, rows []fsm.Row, on ...fsm.Switch) *fsm.Table {
	t.Helper()
	table, err := fsm.Compile(rows, on...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestDeclaredTableCompiles(t *testing.T) {
	compile(t, fsm.Rows()) // Default would panic
	first, second := fsm.Default(), fsm.Default()
	if first != second {
		t.Error("Default compiles anew every time")
	}
}

func with(more ...fsm.Row) []fsm.Row { return append(fsm.Rows(), more...) }

func without(drop func(fsm.Row) bool) []fsm.Row { return slices.DeleteFunc(fsm.Rows(), drop) }

func TestCompileRefuses(t *testing.T) {
	ended := func(k events.Kind, to fsm.State) []fsm.Row {
		rows := without(func(r fsm.Row) bool { return r.From == fsm.Ended && r.Kind == k })
		return append(rows, fsm.Row{From: fsm.Ended, Kind: k, To: to})
	}
	for _, c := range []struct {
		why  string
		rows []fsm.Row
		on   []fsm.Switch
		want error
	}{
		{"the same row twice", with(fsm.Rows()[0]), nil, fsm.ErrDuplicateCell},
		{"another target for a taken cell", with(fsm.Row{From: fsm.Pending, Kind: success, To: fsm.Ended}), nil, fsm.ErrDuplicateCell},
		{"a refusal for an allowed cell", with(fsm.Row{From: fsm.Pending, Kind: success, Refused: true}), nil, fsm.ErrDuplicateCell},
		{"one switch, one cell, two rows, even while it is off", with(
			fsm.Row{From: fsm.Connected, Kind: success, To: fsm.Queued, Switch: fsm.AgentTransfer}), nil, fsm.ErrDuplicateCell},
		{"two switches, both on, want one cell", with(
			fsm.Row{From: fsm.Connected, Kind: success, To: fsm.Queued, Switch: fsm.BackToQueue}), fsm.Switches(), fsm.ErrDuplicateCell},
		{"from a state that is none", with(fsm.Row{From: 6, Kind: success, To: fsm.Ended}), nil, fsm.ErrUnknownState},
		{"to a state that is none", with(fsm.Row{From: fsm.Pending, Kind: success, To: 255}), nil, fsm.ErrUnknownState},
		{"the zero kind", with(fsm.Row{From: fsm.Pending}), nil, fsm.ErrUnknownKind},
		{"a kind past the last", with(fsm.Row{From: fsm.Pending, Kind: 9}), nil, fsm.ErrUnknownKind},
		{"a row of an unknown switch", with(fsm.Row{From: fsm.Connected, Kind: failed, To: fsm.Failed, Switch: 3}), nil, fsm.ErrUnknownSwitch},
		{"an unknown switch on", fsm.Rows(), []fsm.Switch{255}, fsm.ErrUnknownSwitch},
		{"the zero switch on", fsm.Rows(), []fsm.Switch{0}, fsm.ErrUnknownSwitch},
		{"an outbound event revives what ended", ended(success, fsm.Connected), nil, fsm.ErrTerminalExit},
		{"one terminal state leads to the other", ended(endSession, fsm.Failed), nil, fsm.ErrTerminalExit},
		{"widgetEscalate from the end straight to connected", ended(escalate, fsm.Connected), nil, fsm.ErrTerminalExit},
		{"another event opens a round from the end", ended(visitorSays, fsm.Pending), nil, fsm.ErrTerminalExit},
		{"nothing leads to failed", without(func(r fsm.Row) bool { return r.To == fsm.Failed && r.From != fsm.Failed }), nil, fsm.ErrUnreachable},
		{"no rows at all", nil, nil, fsm.ErrUnreachable},
	} {
		t.Run(c.why, func(t *testing.T) {
			table, err := fsm.Compile(c.rows, c.on...)
			if !errors.Is(err, c.want) || table != nil {
				t.Errorf("got %v, %v; want no table and %v", table, err, c.want)
			}
		})
	}
}

func TestCompileAllows(t *testing.T) {
	for why, c := range map[string]struct {
		rows []fsm.Row
		on   []fsm.Switch
	}{
		"a new round leads out of a terminal state": {fsm.Rows(), nil},
		"two switches on one cell while only one is on": {with(
			fsm.Row{From: fsm.Connected, Kind: success, To: fsm.Queued, Switch: fsm.BackToQueue}), []fsm.Switch{fsm.AgentTransfer}},
		"a refused row whose To was left out": {append(
			without(func(r fsm.Row) bool { return r.From == fsm.Ended && r.Kind == message }),
			fsm.Row{From: fsm.Ended, Kind: message, Refused: true}), nil},
	} {
		if _, err := fsm.Compile(c.rows, c.on...); err != nil {
			t.Errorf("%s: %v", why, err)
		}
	}
}

func TestCompileReportsAllProblemsTogether(t *testing.T) {
	rows := without(func(r fsm.Row) bool { return r.To == fsm.Failed })
	rows = append(rows, rows[0],
		fsm.Row{From: 77, Kind: success},
		fsm.Row{From: fsm.Pending, Kind: 77},
		fsm.Row{From: fsm.Connected, Kind: failed, To: fsm.Connected, Switch: 77},
		fsm.Row{From: fsm.Ended, Kind: failed, To: fsm.Queued, Switch: fsm.AgentTransfer})
	_, err := fsm.Compile(rows, 78, fsm.AgentTransfer)
	for _, want := range []error{
		fsm.ErrUnknownState, fsm.ErrUnknownKind, fsm.ErrUnknownSwitch,
		fsm.ErrDuplicateCell, fsm.ErrTerminalExit, fsm.ErrUnreachable,
	} {
		if !errors.Is(err, want) {
			t.Errorf("%q is missing from:\n%v", want, err)
		}
	}
}

func TestCellWithoutRowIsRefused(t *testing.T) {
	table := compile(t, without(func(r fsm.Row) bool { return r.From == fsm.Connected && r.Kind == message }))
	next, err := table.Step(fsm.Connected, message)
	want := &fsm.TransitionError{
		State: fsm.Connected, Kind: message, Allowed: events.NewKindSet(disconnect), Why: "the table has no row for it",
	}
	if diff := cmp.Diff(error(want), err); diff != "" || next != fsm.Connected {
		t.Errorf("state %v (-want +got):\n%s", next, diff)
	}
}

func TestCompileLeavesTheCallersSliceAlone(t *testing.T) {
	mine := fsm.Rows()
	slices.Reverse(mine) // the order of rows means nothing, switched before plain included
	mine[0].To, mine[0].Refused = fsm.Ended, true
	before := slices.Clone(mine)
	table := compile(t, mine, fsm.AgentTransfer)
	if diff := cmp.Diff(before, mine); diff != "" {
		t.Errorf("Compile changed the rows (-before +after):\n%s", diff)
	}
	for i := range mine {
		mine[i] = fsm.Row{Kind: 255}
	}
	transfer := want{success, fsm.Connected, "switched on"}
	if diff := byHand(t).instead(t, fsm.Connected, transfer).difference(table); diff != "" {
		t.Errorf("the table still reads the caller's rows: %s", diff)
	}
}
