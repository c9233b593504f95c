package escalation_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

// Short names for the tables of this package's tests.
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

// ways lead to each state.
var ways = map[fsm.State][]events.Kind{
	fsm.None:      {},
	fsm.Pending:   {escalate},
	fsm.Queued:    {escalate, queueUpdate},
	fsm.Connected: {escalate, success},
	fsm.Ended:     {escalate, success, disconnect},
	fsm.Failed:    {escalate, failed},
}

const refused = fsm.State(255)

// TestEveryCell puts every kind to a client in every state. The expectations are written by hand from
// the vendor's documents, not read from the table.
func TestEveryCell(t *testing.T) {
	cells := []struct {
		state fsm.State
		kind  events.Kind
		want  fsm.State
		why   string
	}{
		{fsm.None, queueUpdate, refused, "nobody asked for an agent"},
		{fsm.None, success, refused, "nobody asked for an agent"},
		{fsm.None, message, refused, "nobody asked for an agent"},
		{fsm.None, failed, refused, "nobody asked for an agent"},
		{fsm.None, disconnect, refused, "nobody asked for an agent"},
		{fsm.None, escalate, fsm.Pending, "the visitor asks for an agent"},
		{fsm.None, visitorSays, fsm.None, "a message opens nothing"},
		{fsm.None, endSession, fsm.None, "there is nothing to end"},

		{fsm.Pending, queueUpdate, fsm.Queued, "the visitor learns of the queue"},
		{fsm.Pending, success, fsm.Connected, "the queue step is optional"},
		{fsm.Pending, message, refused, "messages only after success"},
		{fsm.Pending, failed, fsm.Failed, "no agent could be connected"},
		{fsm.Pending, disconnect, refused, "nobody is connected"},
		{fsm.Pending, escalate, fsm.Pending, "a repeat"},
		{fsm.Pending, visitorSays, fsm.Pending, "an early message"},
		{fsm.Pending, endSession, fsm.Ended, "the visitor gave up"},

		{fsm.Queued, queueUpdate, fsm.Queued, "updates repeat"},
		{fsm.Queued, success, fsm.Connected, "an agent is there"},
		{fsm.Queued, message, refused, "messages only after success"},
		{fsm.Queued, failed, fsm.Failed, "no agent could be connected"},
		{fsm.Queued, disconnect, refused, "nobody is connected"},
		{fsm.Queued, escalate, fsm.Queued, "a repeat"},
		{fsm.Queued, visitorSays, fsm.Queued, "an early message"},
		{fsm.Queued, endSession, fsm.Ended, "the visitor gave up"},

		{fsm.Connected, queueUpdate, refused, "the visitor does not wait any more"},
		{fsm.Connected, success, refused, "transfer is a switch that is off"},
		{fsm.Connected, message, fsm.Connected, "the agent writes"},
		{fsm.Connected, failed, refused, "an agent was connected"},
		{fsm.Connected, disconnect, fsm.Ended, "the agent leaves"},
		{fsm.Connected, escalate, fsm.Connected, "a repeat"},
		{fsm.Connected, visitorSays, fsm.Connected, "the visitor writes"},
		{fsm.Connected, endSession, fsm.Ended, "the visitor leaves"},

		{fsm.Ended, queueUpdate, refused, "the round is over"},
		{fsm.Ended, success, refused, "the round is over"},
		{fsm.Ended, message, refused, "the round is over"},
		{fsm.Ended, failed, refused, "the round is over"},
		{fsm.Ended, disconnect, refused, "the round is over"},
		{fsm.Ended, escalate, fsm.Pending, "a new round"},
		{fsm.Ended, visitorSays, fsm.Ended, "a late message"},
		{fsm.Ended, endSession, fsm.Ended, "a repeat"},

		{fsm.Failed, queueUpdate, refused, "the round is over"},
		{fsm.Failed, success, refused, "the round is over"},
		{fsm.Failed, message, refused, "the round is over"},
		{fsm.Failed, failed, refused, "the round is over"},
		{fsm.Failed, disconnect, refused, "the round is over"},
		{fsm.Failed, escalate, fsm.Pending, "a new round"},
		{fsm.Failed, visitorSays, fsm.Failed, "a late message"},
		{fsm.Failed, endSession, fsm.Failed, "it had failed before"},
	}
	if want := 6 * 8; len(cells) != want {
		t.Fatalf("%d cells, want %d", len(cells), want)
	}
	for _, cell := range cells {
		t.Run(cell.state.String()+"/"+cell.kind.String(), func(t *testing.T) {
			if cell.why == "" {
				t.Fatal("a cell needs its reason")
			}
			n := &network{}
			client := newClient(t, n, nil)
			must(t, client, "123", ways[cell.state]...)
			before := len(n.bodies("123"))
			conversation := client.Conversation("123")
			rounds, _ := conversation.Status(t.Context())

			err := put(t.Context(), client, "123", samples[cell.kind].event)

			var wantSent []string
			if cell.want == refused {
				checkRefusal(t, err, cell.state, cell.kind)
				cell.want = cell.state
			} else {
				if err != nil {
					t.Fatalf("%s: %v", cell.why, err)
				}
				if cell.kind.Outbound() {
					wantSent = []string{samples[cell.kind].body}
				}
			}
			if diff := cmp.Diff(wantSent, n.bodies("123")[before:], cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: sent (-want +got):\n%s", cell.why, diff)
			}
			round := rounds.Round
			if cell.kind == escalate && !cell.state.Live() {
				round++
			}
			wantState(t, conversation, cell.want, round)
		})
	}
}

// permitted lists by hand what a CRM may send in each state.
var permitted = map[fsm.State]events.KindSet{
	fsm.None:      events.NewKindSet(),
	fsm.Pending:   events.NewKindSet(queueUpdate, success, failed),
	fsm.Queued:    events.NewKindSet(queueUpdate, success, failed),
	fsm.Connected: events.NewKindSet(message, disconnect),
	fsm.Ended:     events.NewKindSet(),
	fsm.Failed:    events.NewKindSet(),
}

func checkRefusal(t *testing.T, err error, state fsm.State, kind events.Kind) {
	t.Helper()
	refusal, ok := errors.AsType[*rules.Refusal](err)
	if !ok {
		t.Fatalf("got %v, want a *rules.Refusal", err)
	}
	type facts struct {
		State   fsm.State
		Kind    events.Kind
		Allowed events.KindSet
		Rules   []string
	}
	want := facts{state, kind, permitted[state], []string{"sequence"}}
	got := facts{refusal.State, refusal.Kind, refusal.Allowed, refusal.Rules()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refusal (-want +got):\n%s", diff)
	}
}

func TestStatusTellsWhatIsAllowed(t *testing.T) {
	for state, way := range ways {
		client := newClient(t, &network{}, nil)
		must(t, client, "123", way...)
		status, err := client.Conversation("123").Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(permitted[state], status.Allowed); diff != "" {
			t.Errorf("allowed in %v (-want +got):\n%s", state, diff)
		}
	}
}
