package fsm

import (
	"slices"

	"github.com/escalationkit/escalation/events"
)

// Row is one cell of the table: what an event of a kind does in a state.
type Row struct {
	From    State
	Kind    events.Kind
	Refused bool
	To      State // the next state; From where nothing changes. Compile makes it From in a refused row
	// Switch, if set, makes the row replace the plain row of its cell while the switch is on.
	Switch Switch
	Basis  events.Basis
	Source string // address of the page the row rests on; empty if there is none
	Why    string
}

// Short names, so that the table below fits the eye.
const (
	queueUpdate = events.KindEscalationQueueUpdate
	success     = events.KindEscalationSuccess
	message     = events.KindMessage
	failed      = events.KindEscalationFailed
	disconnect  = events.KindAgentDisconnect
	escalate    = events.KindWidgetEscalate
	visitorSays = events.KindWidgetMessage
	endSession  = events.KindWidgetEndSession

	documented   = events.Documented
	inferred     = events.Inferred
	undocumented = events.Undocumented

	reference = events.SourceReference
	guide     = events.SourceGuide
	webhook   = events.SourceWebhook
	nowhere   = ""
)

const (
	notOpened   = "no widgetEscalate has opened a round"
	roundIsOver = "the round is over; only a new widgetEscalate opens another"
	noAgentYet  = "no agent is connected yet; escalationSuccess comes first"
	nobodyThere = "no agent is connected who could leave; escalationFailed ends the wait"
	keepTalking = "agent and visitor talk"
)

// rows is the transition table, the only place that knows which kind moves which state where.
var rows = []Row{
	refuse(None, queueUpdate, inferred, guide, notOpened),
	refuse(None, success, inferred, guide, notOpened),
	refuse(None, message, documented, guide, notOpened),
	refuse(None, failed, inferred, guide, notOpened),
	refuse(None, disconnect, inferred, guide, notOpened),
	move(None, escalate, Pending, documented, webhook, "the widget asks for an agent"),
	move(None, visitorSays, None, undocumented, nowhere, "recorded: the visitor wrote without an escalation"),
	move(None, endSession, None, undocumented, nowhere, "recorded: the visitor ended what had not begun"),

	move(Pending, queueUpdate, Queued, documented, guide, "the visitor learns about the queue"),
	move(Pending, success, Connected, inferred, guide, "the queue step is optional"),
	refuse(Pending, message, documented, guide, noAgentYet),
	move(Pending, failed, Failed, documented, guide, "no agent could be connected"),
	refuse(Pending, disconnect, inferred, guide, nobodyThere),
	move(Pending, escalate, Pending, inferred, webhook, "a repeat of the request changes nothing"),
	move(Pending, visitorSays, Pending, undocumented, nowhere, "passed on: the visitor wrote early"),
	move(Pending, endSession, Ended, inferred, webhook, "the visitor left before an agent came"),

	move(Queued, queueUpdate, Queued, inferred, guide, "updates repeat while the visitor waits"),
	move(Queued, success, Connected, documented, guide, "an agent is there"),
	refuse(Queued, message, documented, guide, noAgentYet),
	move(Queued, failed, Failed, documented, guide, "no agent could be connected"),
	refuse(Queued, disconnect, inferred, guide, nobodyThere),
	move(Queued, escalate, Queued, inferred, webhook, "a repeat of the request changes nothing"),
	move(Queued, visitorSays, Queued, undocumented, nowhere, "passed on: the visitor wrote early"),
	move(Queued, endSession, Ended, inferred, webhook, "the visitor left the queue"),

	refuse(Connected, queueUpdate, inferred, guide, "the visitor no longer waits"),
	refuse(Connected, success, undocumented, nowhere, "an agent is connected already"),
	move(Connected, message, Connected, documented, guide, keepTalking),
	refuse(Connected, failed, inferred, guide, "it says that nobody could be connected; agentDisconnect ends the conversation"),
	move(Connected, disconnect, Ended, documented, guide, "the agent ended the conversation"),
	move(Connected, escalate, Connected, undocumented, nowhere, "a repeat of the request changes nothing"),
	move(Connected, visitorSays, Connected, documented, webhook, keepTalking),
	move(Connected, endSession, Ended, documented, webhook, "the visitor ended the conversation"),

	refuse(Ended, queueUpdate, inferred, guide, roundIsOver),
	refuse(Ended, success, inferred, guide, roundIsOver),
	refuse(Ended, message, inferred, guide, roundIsOver),
	refuse(Ended, failed, inferred, guide, roundIsOver),
	refuse(Ended, disconnect, inferred, guide, roundIsOver),
	move(Ended, escalate, Pending, undocumented, nowhere, "a new round"),
	move(Ended, visitorSays, Ended, undocumented, nowhere, "recorded: the visitor wrote late"),
	move(Ended, endSession, Ended, inferred, webhook, "a repeat of the end changes nothing"),

	refuse(Failed, queueUpdate, inferred, guide, roundIsOver),
	refuse(Failed, success, inferred, guide, roundIsOver),
	refuse(Failed, message, inferred, guide, roundIsOver),
	refuse(Failed, failed, inferred, guide, roundIsOver),
	refuse(Failed, disconnect, inferred, guide, roundIsOver),
	move(Failed, escalate, Pending, undocumented, nowhere, "a new round"),
	move(Failed, visitorSays, Failed, undocumented, nowhere, "recorded: the visitor wrote late"),
	move(Failed, endSession, Failed, inferred, webhook, "the escalation had failed before"),

	when(AgentTransfer, move(Connected, success, Connected, undocumented, nowhere, "another agent takes over")),
	when(BackToQueue, move(Connected, queueUpdate, Queued, undocumented, nowhere, "the visitor waits again")),
}

// Rows returns the declared table: one plain row for each of the 48 cells, then those that switches
// put in their place. The slice is the caller's.
func Rows() []Row { return slices.Clone(rows) }

func move(from State, kind events.Kind, to State, basis events.Basis, source, why string) Row {
	return Row{From: from, Kind: kind, To: to, Basis: basis, Source: source, Why: why}
}

func refuse(from State, kind events.Kind, basis events.Basis, source, why string) Row {
	return Row{From: from, Kind: kind, To: from, Refused: true, Basis: basis, Source: source, Why: why}
}

func when(w Switch, r Row) Row {
	r.Switch = w
	return r
}
