package events

// The payloads as encoding/json writes them, one flat struct for each set of fields: fewer fields to look at
// than in one struct for all, and cheaper than structs embedded in one another.
type (
	wireBare struct {
		ConversationID string `json:"platformConversationId"`
		EventType      string `json:"eventType"`
	}
	wireText struct {
		ConversationID string `json:"platformConversationId"`
		EventType      string `json:"eventType"`
		Text           string `json:"text"`
	}
	wireQueueUpdate struct {
		ConversationID string `json:"platformConversationId"`
		EventType      string `json:"eventType"`
		QueuePosition  string `json:"queuePosition,omitempty"`
		WaitingTime    string `json:"waitingTime,omitempty"`
	}
	wireSuccess struct {
		ConversationID string `json:"platformConversationId"`
		EventType      string `json:"eventType"`
		Agent          string `json:"agent,omitempty"`
		AgentAvatar    string `json:"agentAvatar,omitempty"`
	}
	wireEscalate struct {
		ConversationID string `json:"platformConversationId"`
		EventType      string `json:"eventType"`
		EscalateTo     string `json:"escalateTo,omitempty"`
	}
)

// wire returns a valid event as what encoding/json is to write.
func wire(conversationID string, e Event) any {
	eventType := e.Kind().String()
	switch e := e.(type) {
	case EscalationQueueUpdate:
		return &wireQueueUpdate{conversationID, eventType, e.QueuePosition, e.WaitingTime}
	case EscalationSuccess:
		return &wireSuccess{conversationID, eventType, e.Agent, e.AgentAvatar}
	case Message:
		return &wireText{conversationID, eventType, e.Text}
	case WidgetMessage:
		return &wireText{conversationID, eventType, e.Text}
	case WidgetEscalate:
		return &wireEscalate{conversationID, eventType, e.EscalateTo}
	}
	return &wireBare{conversationID, eventType}
}
