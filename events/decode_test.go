package events_test

import (
	"strings"
	"testing"

	"github.com/escalationkit/escalation/events"
)

// decodeCase is a body that is one JSON object and yet wrong.
type decodeCase struct {
	why  string
	body string
	kind events.Kind // that the error names; zero if it could not be told
	want []found
}

const noKind events.Kind = 0

var requestCases = []decodeCase{
	// the event's name
	{"nothing can be judged without a type", `{}`, noKind, []found{{events.CodeEventType, "eventType"}}},
	{"the type is missing", `{"platformConversationId":"1","text":"x"}`, noKind, []found{{events.CodeEventType, "eventType"}}},
	{"the type is empty", `{"platformConversationId":"1","eventType":""}`, noKind, []found{{events.CodeEventType, "eventType"}}},
	{"no such type", `{"platformConversationId":"1","eventType":"agentTyping"}`, noKind, []found{{events.CodeEventType, "eventType"}}},
	{"case counts in the type", `{"platformConversationId":"1","eventType":"Message","text":"x"}`, noKind, []found{{events.CodeEventType, "eventType"}}},
	{"space counts in the type", `{"platformConversationId":"1","eventType":"message ","text":"x"}`, noKind, []found{{events.CodeEventType, "eventType"}}},
	{"a NUL does not end the type", `{"platformConversationId":"1","eventType":"message\u0000","text":"x"}`, noKind, []found{{events.CodeEventType, "eventType"}}},
	{"a webhook's type does not go to the widget", `{"platformConversationId":"1","eventType":"widgetMessage","text":"x"}`, noKind, []found{{events.CodeEventType, "eventType"}}},
	{"the type is a number", `{"platformConversationId":"1","eventType":3}`, noKind, []found{{events.CodeFieldType, "eventType"}}},
	{"the type is null", `{"platformConversationId":"1","eventType":null}`, noKind, []found{{events.CodeFieldType, "eventType"}}},

	// the id
	{"the id is missing", `{"eventType":"escalationFailed"}`, events.KindEscalationFailed, []found{{events.CodeConversationID, "platformConversationId"}}},
	{"the id is empty", `{"platformConversationId":"","eventType":"escalationFailed"}`, events.KindEscalationFailed, []found{{events.CodeConversationID, "platformConversationId"}}},
	{"the id is a number, though it looks the same", `{"platformConversationId":123456789,"eventType":"escalationFailed"}`, events.KindEscalationFailed, []found{{events.CodeFieldType, "platformConversationId"}}},
	{"the id is null", `{"platformConversationId":null,"eventType":"escalationFailed"}`, events.KindEscalationFailed, []found{{events.CodeFieldType, "platformConversationId"}}},
	{"the id holds a NUL", `{"platformConversationId":"1\u0000","eventType":"escalationFailed"}`, events.KindEscalationFailed, []found{{events.CodeFieldNUL, "platformConversationId"}}},
	{"the id is too long", `{"platformConversationId":"` + tooLong + `","eventType":"escalationFailed"}`, events.KindEscalationFailed, []found{{events.CodeFieldSize, "platformConversationId"}}},

	// values of another type than string
	{"a number is not a string", `{"platformConversationId":"1","eventType":"escalationQueueUpdate","queuePosition":3,"waitingTime":12}`, events.KindEscalationQueueUpdate,
		[]found{{events.CodeFieldType, "queuePosition"}, {events.CodeFieldType, "waitingTime"}}},
	{"null is not a string; an unset field is left out", `{"platformConversationId":"1","eventType":"escalationSuccess","agent":null}`, events.KindEscalationSuccess, []found{{events.CodeFieldType, "agent"}}},
	{"true is not a string", `{"platformConversationId":"1","eventType":"escalationSuccess","agent":true}`, events.KindEscalationSuccess, []found{{events.CodeFieldType, "agent"}}},
	{"an object is not a string", `{"platformConversationId":"1","eventType":"escalationSuccess","agent":{"name":"J"}}`, events.KindEscalationSuccess, []found{{events.CodeFieldType, "agent"}}},
	{"a list is not a string", `{"platformConversationId":"1","eventType":"message","text":["x"]}`, events.KindMessage, []found{{events.CodeFieldType, "text"}}},
	{"a null text is a wrong type, not a missing text too", `{"platformConversationId":"1","eventType":"message","text":null}`, events.KindMessage, []found{{events.CodeFieldType, "text"}}},

	// text and empty fields
	{"a message needs a text", `{"platformConversationId":"1","eventType":"message"}`, events.KindMessage, []found{{events.CodeTextRequired, "text"}}},
	{"the text is empty", `{"platformConversationId":"1","eventType":"message","text":""}`, events.KindMessage, []found{{events.CodeTextRequired, "text"}}},
	{"the text is too long", `{"platformConversationId":"1","eventType":"message","text":"` + tooLong + `"}`, events.KindMessage, []found{{events.CodeFieldSize, "text"}}},
	{"a NUL in the text", `{"platformConversationId":"1","eventType":"message","text":"a\u0000b"}`, events.KindMessage, []found{{events.CodeFieldNUL, "text"}}},
	{"optional fields are left out rather than empty", `{"platformConversationId":"1","eventType":"escalationQueueUpdate","queuePosition":"","waitingTime":""}`, events.KindEscalationQueueUpdate,
		[]found{{events.CodeFieldEmpty, "queuePosition"}, {events.CodeFieldEmpty, "waitingTime"}}},
	{"the same for the agent's fields", `{"platformConversationId":"1","eventType":"escalationSuccess","agent":"","agentAvatar":""}`, events.KindEscalationSuccess,
		[]found{{events.CodeFieldEmpty, "agent"}, {events.CodeFieldEmpty, "agentAvatar"}}},

	// several at once
	{"every problem is listed", `{"eventType":"message","agent":7,"Text":"x"}`, events.KindMessage, []found{
		{events.CodeFieldType, "agent"}, {events.CodeBodyKeys, "Text"},
		{events.CodeConversationID, "platformConversationId"}, {events.CodeTextRequired, "text"}}},
}

var tooLong = strings.Repeat("x", events.MaxFieldBytes+1)

func TestRequestRefusals(t *testing.T) {
	for _, c := range requestCases {
		t.Run(c.why, func(t *testing.T) {
			demandReason(t, c.why)
			_, _, err := events.DecodeRequest([]byte(c.body))
			diff(t, "problems", c.want, problems(t, err))
			diff(t, "kind", c.kind, kindOf(err))
		})
	}
}

// TestEventTypeCarried: whoever routes a webhook needs the name of a foreign event.
func TestEventTypeCarried(t *testing.T) {
	for _, c := range []struct{ why, eventType, want string }{
		{"a foreign name is given as it came", "sendMessage", "sendMessage"},
		{"a missing or empty name is empty", "", ""},
		{"a known one of the other direction", "escalationFailed", "escalationFailed"},
		{"forty bytes are kept", strings.Repeat("a", 40), strings.Repeat("a", 40)},
		{"more are cut to forty, the mark of the cut included", strings.Repeat("a", 41), strings.Repeat("a", 37) + "…"},
		{"no character is cut in two", strings.Repeat("漢", 14), strings.Repeat("漢", 12) + "…"},
		{"control characters could forge a line of a log", "a\nb\u0085c\x00", "a?b?c?"},
	} {
		t.Run(c.why, func(t *testing.T) {
			env := `{"botId":"b","data":{"platformConversationId":"1","eventType":` + quote(t, c.eventType) + `}}`
			_, _, err := events.DecodeEnvelope([]byte(env))
			diff(t, "problems", []found{{events.CodeEventType, "data.eventType"}}, problems(t, err))
			if invalid, ok := err.(*events.InvalidError); ok {
				diff(t, "EventType", c.want, invalid.EventType)
			}
		})
	}
}
