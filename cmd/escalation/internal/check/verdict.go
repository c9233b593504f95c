package check

import (
	"fmt"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// Outcome is the judgement on one line. The zero Outcome is none.
type Outcome uint8

const (
	// Allowed: an outbound event that may be sent here, or anything that came from the widget.
	Allowed Outcome = iota + 1
	// Refused: the body is in order, but the conversation's state or a rule does not allow the event.
	Refused
	// Invalid: the body cannot be read, or breaks a rule about its form.
	Invalid
)

var outcomeNames = [...]string{"", "allowed", "refused", "invalid"}

// String returns the lower-case name; it is empty for the zero Outcome.
func (o Outcome) String() string {
	if int(o) >= len(outcomeNames) {
		return fmt.Sprintf("Outcome(%d)", uint8(o))
	}
	return outcomeNames[o]
}

// Verdict says what was found about one line.
type Verdict struct {
	// Line is the number of the line in its input, from 1. Blank lines count.
	Line int
	// Conversation is the platformConversationId; empty if none could be read.
	Conversation string
	// Kind is the event's name as the line gives it, cut to a short length if it is none of ours;
	// empty if none could be read.
	Kind    string
	Outcome Outcome
	// State is where the conversation stands after the line and Allowed the outbound kinds that may
	// follow. Both are without meaning if Conversation is empty.
	State   fsm.State
	Allowed events.KindSet
	// Rules are the ids of the broken rules, each once.
	Rules []string
	// Message says what is wrong or worth knowing; empty if nothing is.
	Message string
}
