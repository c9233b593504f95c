package main

import (
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// scene is one event with what has to follow from it.
type scene struct {
	comment string
	event   events.Event
	refused bool
	state   fsm.State
}

var story = []scene{
	{"The visitor asks for a human. The bot falls silent and the CRM is told.",
		events.WidgetEscalate{EscalateTo: "support"}, false, fsm.Pending},
	{"An agent writes too early. What the API would do is documented nowhere; the library refuses and says why.",
		events.Message{Text: "Hello, I'm John"}, true, fsm.Pending},
	{"Everybody is busy, so the visitor learns about the queue.",
		events.NewEscalationQueueUpdate(3, 11*time.Minute+30*time.Second), false, fsm.Queued},
	{"An agent is there.",
		events.EscalationSuccess{Agent: "John Smith", AgentAvatar: "https://example.com/avatar/john-smith.png"}, false, fsm.Connected},
	{"Now the same words are allowed.",
		events.Message{Text: "Hello, I'm John, your agent, let me help you with your issue"}, false, fsm.Connected},
	{"The visitor answers.",
		events.WidgetMessage{Text: "My parcel has not arrived"}, false, fsm.Connected},
	{"And the agent.",
		events.Message{Text: "It is on its way: tomorrow before noon"}, false, fsm.Connected},
	{"The agent is done.",
		events.AgentDisconnect{}, false, fsm.Ended},
	{"A reply typed too late finds nobody.",
		events.Message{Text: "One more thing"}, true, fsm.Ended},
}

// shown is what the visitor's widget must have shown in the end.
var shown = []string{
	"escalationQueueUpdate", "escalationSuccess", "message", "message", "agentDisconnect",
}
