package integration_test

import (
	"context"
	"sync"
	"testing"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
)

// capture runs two escalations side by side through the whole stack and returns the bodies of both
// directions in the order in which they were taken in.
func capture(t *testing.T) []string {
	t.Helper()
	var mu sync.Mutex
	var lines []string
	write := func(body []byte) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, string(body))
	}
	s := newStack(t, setup{
		api: fakeapi.Config{OnRequest: func(r fakeapi.Record) { write(r.Body) }},
		client: escalation.Config{OnInbound: func(_ context.Context, in escalation.Inbound) error {
			body, err := events.Envelope{
				BotID: in.Conversation.BotID(), Channel: "chat", ConversationID: in.Conversation.ID(), Event: in.Event,
			}.Encode()
			write(body)
			return err
		}},
	})
	a, b := s.client.Conversation("A"), s.client.Conversation("B")
	s.says(t, "A", events.WidgetEscalate{EscalateTo: "sales"})
	send(t, a, events.EscalationQueueUpdate{QueuePosition: "2", WaitingTime: "5"})
	s.says(t, "B", events.WidgetEscalate{})
	send(t, a, events.EscalationQueueUpdate{QueuePosition: "1"})
	send(t, a, events.EscalationSuccess{Agent: "John", AgentAvatar: "https://example.com/j.png"})
	send(t, a, events.Message{Text: "Hello <you> & \"yours\" 😀"})
	s.says(t, "A", events.WidgetMessage{Text: "Where is my parcel?"})
	send(t, b, events.EscalationFailed{})
	send(t, a, events.Message{Text: "On its way\nsoon"})
	send(t, a, events.AgentDisconnect{})
	s.says(t, "B", events.WidgetEscalate{})
	s.says(t, "B", events.WidgetEndSession{})
	if broken := s.api.Violations(); len(broken) > 0 {
		t.Errorf("out of order: %v", broken)
	}
	s.close(t)
	return lines
}

// captured is what capture has to return.
var captured = []string{
	`{"botId":"bot-1","channel":"chat","data":{"platformConversationId":"A","eventType":"widgetEscalate","escalateTo":"sales"}}`,
	`{"platformConversationId":"A","eventType":"escalationQueueUpdate","queuePosition":"2","waitingTime":"5"}`,
	`{"botId":"bot-1","channel":"chat","data":{"platformConversationId":"B","eventType":"widgetEscalate"}}`,
	`{"platformConversationId":"A","eventType":"escalationQueueUpdate","queuePosition":"1"}`,
	`{"platformConversationId":"A","eventType":"escalationSuccess","agent":"John","agentAvatar":"https://example.com/j.png"}`,
	`{"platformConversationId":"A","eventType":"message","text":"Hello \u003cyou\u003e \u0026 \"yours\" 😀"}`,
	`{"botId":"bot-1","channel":"chat","data":{"platformConversationId":"A","eventType":"widgetMessage","text":"Where is my parcel?"}}`,
	`{"platformConversationId":"B","eventType":"escalationFailed"}`,
	`{"platformConversationId":"A","eventType":"message","text":"On its way\nsoon"}`,
	`{"platformConversationId":"A","eventType":"agentDisconnect"}`,
	`{"botId":"bot-1","channel":"chat","data":{"platformConversationId":"B","eventType":"widgetEscalate"}}`,
	`{"botId":"bot-1","channel":"chat","data":{"platformConversationId":"B","eventType":"widgetEndSession"}}`,
}

// allowed are the verdicts on captured.
var allowed = []verdict{
	{1, "A", "widgetEscalate", "allowed", "pending", []string{}},
	{2, "A", "escalationQueueUpdate", "allowed", "queued", []string{}},
	{3, "B", "widgetEscalate", "allowed", "pending", []string{}},
	{4, "A", "escalationQueueUpdate", "allowed", "queued", []string{}},
	{5, "A", "escalationSuccess", "allowed", "connected", []string{}},
	{6, "A", "message", "allowed", "connected", []string{}},
	{7, "A", "widgetMessage", "allowed", "connected", []string{}},
	{8, "B", "escalationFailed", "allowed", "failed", []string{}},
	{9, "A", "message", "allowed", "connected", []string{}},
	{10, "A", "agentDisconnect", "allowed", "ended", []string{}},
	{11, "B", "widgetEscalate", "allowed", "pending", []string{}},
	{12, "B", "widgetEndSession", "allowed", "ended", []string{}},
}
