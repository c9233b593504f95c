package fsm_test

import (
	"fmt"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// want is one cell as a person reads the sources: never taken from the table under test.
type want struct {
	kind events.Kind
	next fsm.State // refused if it is no
	why  string
}

const no = fsm.State(99)

// Short names, so that a block of cells reads as a table.
const (
	queueUpdate = events.KindEscalationQueueUpdate
	success     = events.KindEscalationSuccess
	message     = events.KindMessage
	failed      = events.KindEscalationFailed
	disconnect  = events.KindAgentDisconnect
	escalate    = events.KindWidgetEscalate
	visitorSays = events.KindWidgetMessage
	endSession  = events.KindWidgetEndSession
)

type cell struct {
	state fsm.State
	kind  events.Kind
}

type expectations map[cell]want

// byHand is every cell of the table with all switches off.
func byHand(t *testing.T) expectations {
	blocks := []struct {
		state fsm.State
		cells []want
	}{
		{fsm.None, []want{
			{queueUpdate, no, "nobody asked for an agent, so there is no queue to report on"},
			{success, no, "an agent cannot join an escalation that was never asked for"},
			{message, no, "a message needs a connected agent, and there is not even a request"},
			{failed, no, "nothing that could fail has been asked for"},
			{disconnect, no, "no agent is there to leave"},
			{escalate, fsm.Pending, "the webhook that starts an escalation"},
			{visitorSays, fsm.None, "a webhook is never refused; the text is kept, nothing opens"},
			{endSession, fsm.None, "ending nothing leaves nothing"},
		}},
		{fsm.Pending, []want{
			{queueUpdate, fsm.Queued, "the first news about the queue"},
			{success, fsm.Connected, "an agent may be free at once, without a queue"},
			{message, no, "the one order the vendor states: message only after escalationSuccess"},
			{failed, fsm.Failed, "nobody is on duty"},
			{disconnect, no, "who was never connected cannot disconnect"},
			{escalate, fsm.Pending, "the webhook came twice"},
			{visitorSays, fsm.Pending, "the visitor types while waiting"},
			{endSession, fsm.Ended, "the visitor gave up before any answer"},
		}},
		{fsm.Queued, []want{
			{queueUpdate, fsm.Queued, "the queue moves on"},
			{success, fsm.Connected, "the visitor's turn"},
			{message, no, "still nobody who could write"},
			{failed, fsm.Failed, "the queue was closed"},
			{disconnect, no, "the wait ends with escalationFailed"},
			{escalate, fsm.Queued, "the webhook came twice; the place in the queue stays"},
			{visitorSays, fsm.Queued, "the visitor types while waiting"},
			{endSession, fsm.Ended, "the visitor left the queue"},
		}},
		{fsm.Connected, []want{
			{queueUpdate, no, "who talks to an agent does not wait"},
			{success, no, "a transfer is documented nowhere"},
			{message, fsm.Connected, "the agent writes"},
			{failed, no, "it says that nobody could be connected, which is untrue by now"},
			{disconnect, fsm.Ended, "the agent is done"},
			{escalate, fsm.Connected, "a late repeat must not throw the visitor out of the talk"},
			{visitorSays, fsm.Connected, "the visitor writes"},
			{endSession, fsm.Ended, "the visitor is done"},
		}},
		{fsm.Ended, []want{
			{queueUpdate, no, "the round is over"},
			{success, no, "the round is over; an agent cannot join it"},
			{message, no, "an agent's late word must not reach whoever is there now"},
			{failed, no, "what has ended cannot fail"},
			{disconnect, no, "a second end is not sent"},
			{escalate, fsm.Pending, "the visitor asks again: the next round"},
			{visitorSays, fsm.Ended, "kept as late"},
			{endSession, fsm.Ended, "the webhook came twice, or crossed the agent's end"},
		}},
		{fsm.Failed, []want{
			{queueUpdate, no, "the visitor was told that nobody comes"},
			{success, no, "the visitor was told that nobody comes"},
			{message, no, "nobody was connected who could write"},
			{failed, no, "once is enough"},
			{disconnect, no, "nobody was connected who could leave"},
			{escalate, fsm.Pending, "the visitor asks again: the next round"},
			{visitorSays, fsm.Failed, "kept as late"},
			{endSession, fsm.Failed, "the failure stays the cause"},
		}},
	}
	cells := expectations{}
	for _, b := range blocks {
		for _, w := range b.cells {
			cells.put(t, b.state, w)
		}
	}
	if len(cells) != 6*8 {
		t.Fatalf("%d cells are written down, want 6 x 8", len(cells))
	}
	return cells
}

func (e expectations) put(t *testing.T, s fsm.State, w want) {
	t.Helper()
	at := cell{s, w.kind}
	if _, twice := e[at]; twice {
		t.Fatalf("%v + %v is written down twice", s, w.kind)
	}
	if w.why == "" {
		t.Fatalf("%v + %v has no reason", s, w.kind)
	}
	e[at] = w
}

// instead returns the cells with one of them replaced.
func (e expectations) instead(t *testing.T, s fsm.State, w want) expectations {
	t.Helper()
	delete(e, cell{s, w.kind})
	e.put(t, s, w)
	return e
}

// difference compares a table with what is written down, Step and Permitted both; empty if equal.
func (e expectations) difference(table *fsm.Table) string {
	for at, w := range e {
		next, err := table.Step(at.state, at.kind)
		switch allowed := table.Permitted(at.state).Has(at.kind); {
		case allowed != (err == nil):
			return fmt.Sprintf("%v + %v: Permitted says %v, Step says %v", at.state, at.kind, allowed, err)
		case w.next == no && err == nil:
			return fmt.Sprintf("%v + %v -> %v, want refused: %s", at.state, at.kind, next, w.why)
		case w.next == no && next != at.state:
			return fmt.Sprintf("%v + %v refused, but the state became %v", at.state, at.kind, next)
		case w.next != no && (err != nil || next != w.next):
			return fmt.Sprintf("%v + %v -> %v, %v; want %v: %s", at.state, at.kind, next, err, w.next, w.why)
		}
	}
	return ""
}

func TestEveryCellByHand(t *testing.T) {
	transfer := want{success, fsm.Connected, "switched on: another agent takes over, the talk goes on"}
	requeue := want{queueUpdate, fsm.Queued, "switched on: the visitor is put back and waits"}
	for _, c := range []struct {
		name  string
		on    []fsm.Switch
		cells expectations
	}{
		{"default", nil, byHand(t)},
		{"agent transfer", []fsm.Switch{fsm.AgentTransfer}, byHand(t).instead(t, fsm.Connected, transfer)},
		{"back to queue", []fsm.Switch{fsm.BackToQueue}, byHand(t).instead(t, fsm.Connected, requeue)},
		{"both", fsm.Switches(), byHand(t).instead(t, fsm.Connected, transfer).instead(t, fsm.Connected, requeue)},
		{"one twice", []fsm.Switch{fsm.AgentTransfer, fsm.AgentTransfer}, byHand(t).instead(t, fsm.Connected, transfer)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := c.cells.difference(compile(t, fsm.Rows(), c.on...)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if diff := byHand(t).difference(fsm.Default()); diff != "" {
		t.Errorf("Default: %s", diff)
	}
}

// A tool that mutates code does not see a table, so this test changes every cell to every other
// outcome and demands that the expectations notice.
func TestEveryMutatedCellIsNoticed(t *testing.T) {
	cells := byHand(t)
	mutants := 0
	for i, plain := range fsm.Rows() {
		if plain.Switch != 0 {
			continue
		}
		for to := fsm.State(0); int(to) <= fsm.NumStates; to++ {
			rows := fsm.Rows()
			rows[i].Refused, rows[i].To = !to.Valid(), to
			if !to.Valid() {
				rows[i].To = plain.From
			}
			if rows[i] == plain {
				continue
			}
			table, err := fsm.Compile(rows)
			if err != nil {
				continue // did not even compile: noticed
			}
			mutants++
			if cells.difference(table) == "" {
				t.Errorf("%v + %v -> %v (refused %v) went unnoticed", plain.From, plain.Kind, to, rows[i].Refused)
			}
		}
	}
	if mutants < 200 {
		t.Errorf("only %d mutants compiled; the test proves little", mutants)
	}
}
