package events

import "slices"

// Wire names of the fields.
const (
	fieldConversationID = "platformConversationId"
	fieldEventType      = "eventType"
	fieldText           = "text"
	fieldAgent          = "agent"
	fieldAgentAvatar    = "agentAvatar"
	fieldQueuePosition  = "queuePosition"
	fieldWaitingTime    = "waitingTime"
	fieldEscalateTo     = "escalateTo"

	fieldBotID   = "botId"
	fieldChannel = "channel"
	fieldData    = "data"
)

// Field describes one field of a payload. Every field is a JSON string.
type Field struct {
	Name     string
	Kinds    KindSet // the events that may carry it
	Required bool
	Meaning  string
	Basis    Basis // of where the field belongs
	Source   string
}

// payloadFields is the only place that knows which field belongs to which event.
var payloadFields = []Field{
	{fieldConversationID, outboundKinds | inboundKinds, true, "the conversation; opaque, returned as received", Documented, SourceReference},
	{fieldEventType, outboundKinds | inboundKinds, true, "the name of the event, case as written", Documented, SourceReference},
	{fieldText, NewKindSet(KindMessage), true, "the agent's words", Documented, SourceReference},
	{fieldText, NewKindSet(KindWidgetMessage), true, "the visitor's words", Documented, SourceWebhook},
	{fieldAgent, NewKindSet(KindEscalationSuccess), false, "the agent's name", Documented, SourceReference},
	{fieldAgentAvatar, NewKindSet(KindEscalationSuccess), false, "URL of the agent's picture", Documented, SourceReference},
	{fieldQueuePosition, NewKindSet(KindEscalationQueueUpdate), false, "the visitor's place in the queue, a whole number from 1", Documented, SourceGuide},
	{fieldWaitingTime, NewKindSet(KindEscalationQueueUpdate), false, "estimated wait in whole minutes", Documented, SourceGuide},
	{fieldEscalateTo, NewKindSet(KindWidgetEscalate), false, "the target set in the bot's dialogue", Documented, SourceWebhook},
}

// Fields returns the fields that an event of kind k may carry, in wire order. The slice is the caller's.
func Fields(k Kind) []Field {
	return slices.DeleteFunc(slices.Clone(payloadFields), func(f Field) bool { return !f.Kinds.Has(k) })
}

// The names that the payloads of either direction may use.
var (
	outboundNames = fieldNames(outboundKinds)
	inboundNames  = fieldNames(inboundKinds)
)

func fieldNames(kinds KindSet) []string {
	var names []string
	for _, f := range payloadFields {
		if f.Kinds&kinds != 0 {
			names = append(names, f.Name)
		}
	}
	return names
}

// payload holds every field that a body may have, while it is read.
type payload struct {
	ConversationID, EventType  string
	Text                       string
	Agent, AgentAvatar         string
	QueuePosition, WaitingTime string
	EscalateTo                 string
}

// event turns a payload whose fields were checked into the event of kind k.
func (p *payload) event(k Kind) Event {
	switch k {
	case KindEscalationQueueUpdate:
		return EscalationQueueUpdate{QueuePosition: p.QueuePosition, WaitingTime: p.WaitingTime}
	case KindEscalationSuccess:
		return EscalationSuccess{Agent: p.Agent, AgentAvatar: p.AgentAvatar}
	case KindMessage:
		return Message{Text: p.Text}
	case KindEscalationFailed:
		return EscalationFailed{}
	case KindAgentDisconnect:
		return AgentDisconnect{}
	case KindWidgetEscalate:
		return WidgetEscalate{EscalateTo: p.EscalateTo}
	case KindWidgetMessage:
		return WidgetMessage{Text: p.Text}
	case KindWidgetEndSession:
		return WidgetEndSession{}
	}
	return nil
}

// field returns the place of a field named in payloadFields.
func (p *payload) field(name string) *string {
	switch name {
	case fieldConversationID:
		return &p.ConversationID
	case fieldEventType:
		return &p.EventType
	case fieldText:
		return &p.Text
	case fieldAgent:
		return &p.Agent
	case fieldAgentAvatar:
		return &p.AgentAvatar
	case fieldQueuePosition:
		return &p.QueuePosition
	case fieldWaitingTime:
		return &p.WaitingTime
	case fieldEscalateTo:
		return &p.EscalateTo
	}
	return nil
}

// KindOf returns the kind of e, or zero if e is nil or not one of this package's structs (a pointer
// to one, for example). Unlike e.Kind it never panics.
func KindOf(e Event) Kind {
	switch e.(type) {
	case EscalationQueueUpdate, EscalationSuccess, Message, EscalationFailed, AgentDisconnect,
		WidgetEscalate, WidgetMessage, WidgetEndSession:
		return e.Kind()
	}
	return 0
}
