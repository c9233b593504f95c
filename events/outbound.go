package events

import (
	"strconv"
	"time"
)

// Event is one of the eight events. The set is closed.
type Event interface {
	// Kind names the event.
	Kind() Kind
	// Validate returns nil, or an *InvalidError that lists every problem of the event's own fields.
	Validate() error
}

// Outbound is an event that goes from the CRM to the widget. Pass the structs of this package by
// value: a pointer to one satisfies the interface too, but is refused as an unknown event.
type Outbound interface {
	Event
	outbound()
}

// EscalationQueueUpdate tells the waiting visitor about the queue. Both details are optional;
// an empty string leaves the field out. On the wire both are strings.
type EscalationQueueUpdate struct {
	QueuePosition string // visitor's place in the queue, a whole number from 1
	WaitingTime   string // estimated wait in whole minutes
}

// NewEscalationQueueUpdate formats a place in the queue and a waiting time. The time is rounded
// up to whole minutes. A zero leaves its field out; a negative number is written as it is, for the
// rules to refuse.
func NewEscalationQueueUpdate(position int, wait time.Duration) EscalationQueueUpdate {
	var u EscalationQueueUpdate
	if position != 0 {
		u.QueuePosition = strconv.Itoa(position)
	}
	if wait != 0 {
		minutes := int64(wait / time.Minute)
		switch rest := wait % time.Minute; {
		case rest > 0:
			minutes++
		case rest < 0: // away from zero, so that a negative wait never reads as "0"
			minutes--
		}
		u.WaitingTime = strconv.FormatInt(minutes, 10)
	}
	return u
}

// EscalationSuccess tells the visitor that an agent is there; from here on both sides may talk.
type EscalationSuccess struct {
	Agent       string // agent's name; optional
	AgentAvatar string // URL of the agent's picture; optional
}

// Message carries an agent's words to the visitor.
type Message struct {
	Text string // required
}

// EscalationFailed tells the visitor that no agent could be connected.
type EscalationFailed struct{}

// AgentDisconnect tells the visitor that the agent ended the conversation.
type AgentDisconnect struct{}

// Kind returns KindEscalationQueueUpdate.
func (EscalationQueueUpdate) Kind() Kind { return KindEscalationQueueUpdate }

// Kind returns KindEscalationSuccess.
func (EscalationSuccess) Kind() Kind { return KindEscalationSuccess }

// Kind returns KindMessage.
func (Message) Kind() Kind { return KindMessage }

// Kind returns KindEscalationFailed.
func (EscalationFailed) Kind() Kind { return KindEscalationFailed }

// Kind returns KindAgentDisconnect.
func (AgentDisconnect) Kind() Kind { return KindAgentDisconnect }

// Validate checks text form and size of both fields. What they may say is the business of package rules.
func (u EscalationQueueUpdate) Validate() error {
	return invalid(KindEscalationQueueUpdate,
		checkField(fieldQueuePosition, u.QueuePosition), checkField(fieldWaitingTime, u.WaitingTime))
}

// Validate checks text form and size of both fields. What they may say is the business of package rules.
func (s EscalationSuccess) Validate() error {
	return invalid(KindEscalationSuccess,
		checkField(fieldAgent, s.Agent), checkField(fieldAgentAvatar, s.AgentAvatar))
}

// Validate checks that there is a text, its form and its size.
func (m Message) Validate() error {
	return invalid(KindMessage, checkText(m.Text))
}

// Validate returns nil: the event has no fields.
func (EscalationFailed) Validate() error { return nil }

// Validate returns nil: the event has no fields.
func (AgentDisconnect) Validate() error { return nil }

func (EscalationQueueUpdate) outbound() {}
func (EscalationSuccess) outbound()     {}
func (Message) outbound()               {}
func (EscalationFailed) outbound()      {}
func (AgentDisconnect) outbound()       {}
