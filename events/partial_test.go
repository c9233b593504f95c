package events_test

import (
	"testing"

	"github.com/escalationkit/escalation/events"
)

// TestPartialRequest: a refusal still says which conversation it was, where that can be read.
func TestPartialRequest(t *testing.T) {
	for _, c := range []struct {
		why, body string
		want      events.Request
	}{
		{"an unknown type leaves no event", `{"platformConversationId":"1","eventType":"agentTyping"}`, events.Request{ConversationID: "1"}},
		{"so does a missing one", `{"platformConversationId":"1"}`, events.Request{ConversationID: "1"}},
		{"so does an inbound one", `{"platformConversationId":"1","eventType":"widgetEndSession"}`, events.Request{ConversationID: "1"}},
		{"a wrong field leaves the event with the rest", `{"platformConversationId":"1","eventType":"escalationSuccess","agent":"J","agentAvatar":1}`,
			events.Request{ConversationID: "1", Event: events.EscalationSuccess{Agent: "J"}}},
		{"a misplaced field is dropped", `{"platformConversationId":"1","eventType":"message","text":"x","agent":"J"}`,
			events.Request{ConversationID: "1", Event: events.Message{Text: "x"}}},
		{"a missing id leaves the event", `{"eventType":"message","text":"x"}`, events.Request{Event: events.Message{Text: "x"}}},
		{"nothing is taken from a body that reads in two ways", `{"platformConversationId":"1","eventType":"message","text":"x","text":"y"}`, events.Request{}},
		{"nor from one that is no JSON", `{"platformConversationId":"1","eventType":"message"`, events.Request{}},
	} {
		t.Run(c.why, func(t *testing.T) {
			got, _, err := events.DecodeRequest([]byte(c.body))
			if err == nil {
				t.Fatal("accepted")
			}
			diff(t, "request", c.want, got)
		})
	}
}

// TestPartialEnvelope: the same for a webhook.
func TestPartialEnvelope(t *testing.T) {
	for _, c := range []struct {
		why, body string
		want      events.Envelope
	}{
		{"an event of the Chat API leaves no event", `{"botId":"b","channel":"chat","data":{"platformConversationId":"1","eventType":"sendMessage","text":["x"]}}`,
			events.Envelope{BotID: "b", Channel: "chat", ConversationID: "1"}},
		{"an outbound type leaves no event", `{"botId":"b","data":{"platformConversationId":"1","eventType":"escalationFailed"}}`,
			events.Envelope{BotID: "b", ConversationID: "1"}},
		{"a missing bot leaves the rest", `{"data":{"platformConversationId":"1","eventType":"widgetMessage","text":"x"}}`,
			events.Envelope{ConversationID: "1", Event: events.WidgetMessage{Text: "x"}}},
		{"a missing text leaves the event", `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetMessage"}}`,
			events.Envelope{BotID: "b", ConversationID: "1", Event: events.WidgetMessage{}}},
		{"data that reads in two ways gives nothing", `{"data":{"platformConversationId":"1","platformConversationId":"2"},"botId":"b"}`,
			events.Envelope{BotID: "b"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			got, _, err := events.DecodeEnvelope([]byte(c.body))
			if err == nil {
				t.Fatal("accepted")
			}
			diff(t, "envelope", c.want, got)
		})
	}
}
