package events_test

import (
	"testing"

	"github.com/escalationkit/escalation/events"
)

// embedded gets every method of Message, the hidden one too, and is still not one of our events.
type embedded struct{ events.Message }

func TestForeignEventsRefused(t *testing.T) {
	for _, c := range []struct {
		why   string
		event events.Outbound
	}{
		{"no event", nil},
		{"a nil pointer", (*events.EscalationQueueUpdate)(nil)},
		{"a nil pointer", (*events.EscalationSuccess)(nil)},
		{"a nil pointer", (*events.Message)(nil)},
		{"a nil pointer", (*events.EscalationFailed)(nil)},
		{"a nil pointer", (*events.AgentDisconnect)(nil)},
		{"a pointer could change after the check", &events.Message{Text: "x"}},
		{"a pointer to an empty event", &events.EscalationFailed{}},
		{"a type that embeds an event", embedded{events.Message{Text: "x"}}},
	} {
		diff(t, c.why, noKind, events.KindOf(c.event))
		req := events.Request{ConversationID: "1", Event: c.event}
		diff(t, c.why, []found{{events.CodeEventType, ""}}, problems(t, req.Validate()))
		body, err := req.Encode()
		diff(t, c.why, []found{{events.CodeEventType, ""}}, problems(t, err))
		diff(t, "no body: "+c.why, []byte(nil), body)
	}
	for _, e := range []events.Inbound{nil, (*events.WidgetEscalate)(nil), (*events.WidgetMessage)(nil), (*events.WidgetEndSession)(nil),
		&events.WidgetMessage{Text: "x"}, &events.WidgetEndSession{}} {
		diff(t, "kind", noKind, events.KindOf(e))
		env := events.Envelope{BotID: "b", ConversationID: "1", Event: e}
		diff(t, "envelope", []found{{events.CodeEventType, ""}}, problems(t, env.Validate()))
		_, err := env.Encode()
		diff(t, "envelope", []found{{events.CodeEventType, ""}}, problems(t, err))
	}
	diff(t, "the ids are judged too", []found{{events.CodeConversationID, "platformConversationId"}, {events.CodeEventType, ""}},
		problems(t, events.Request{}.Validate()))
}

func TestEventsValidated(t *testing.T) {
	const nul, bad = "a\x00", "a\xff"
	for _, c := range []struct {
		why   string
		event events.Event
		want  []found
	}{
		{"both details are optional", events.EscalationQueueUpdate{}, nil},
		{"each field is judged", events.EscalationQueueUpdate{QueuePosition: nul, WaitingTime: bad},
			[]found{{events.CodeFieldNUL, "queuePosition"}, {events.CodeFieldUTF8, "waitingTime"}}},
		{"form and size only: what a position may say is for the rules", events.EscalationQueueUpdate{QueuePosition: "-3", WaitingTime: "soon"}, nil},
		{"name and avatar are optional", events.EscalationSuccess{}, nil},
		{"each field is judged", events.EscalationSuccess{Agent: tooLong, AgentAvatar: nul},
			[]found{{events.CodeFieldSize, "agent"}, {events.CodeFieldNUL, "agentAvatar"}}},
		{"a message needs a text", events.Message{}, []found{{events.CodeTextRequired, "text"}}},
		{"a space is a text", events.Message{Text: " "}, nil},
		{"invalid UTF-8 would be changed on the way", events.Message{Text: bad}, []found{{events.CodeFieldUTF8, "text"}}},
		{"a surrogate is no character", events.Message{Text: "\xed\xa0\x80"}, []found{{events.CodeFieldUTF8, "text"}}},
		{"one byte too long", events.Message{Text: tooLong}, []found{{events.CodeFieldSize, "text"}}},
		{"just long enough", events.Message{Text: tooLong[1:]}, nil},
		{"no fields", events.EscalationFailed{}, nil},
		{"no fields", events.AgentDisconnect{}, nil},
		{"the target is optional", events.WidgetEscalate{}, nil},
		{"the target is judged", events.WidgetEscalate{EscalateTo: bad}, []found{{events.CodeFieldUTF8, "escalateTo"}}},
		{"a message needs a text", events.WidgetMessage{}, []found{{events.CodeTextRequired, "text"}}},
		{"the text is judged", events.WidgetMessage{Text: nul}, []found{{events.CodeFieldNUL, "text"}}},
		{"no fields", events.WidgetEndSession{}, nil},
	} {
		err := c.event.Validate()
		diff(t, c.why, c.want, problems(t, err))
		if err != nil {
			diff(t, "kind", c.event.Kind(), kindOf(err))
		}
		switch e := c.event.(type) { // the same problems through a body
		case events.Outbound:
			_, err = events.Request{ConversationID: "1", Event: e}.Encode()
		case events.Inbound:
			_, err = events.Envelope{BotID: "b", ConversationID: "1", Event: e}.Encode()
		}
		diff(t, "encoded: "+c.why, c.want, problems(t, err))
	}
}

func TestIDsValidated(t *testing.T) {
	for _, c := range []struct {
		why string
		env events.Envelope
		ok  []found
	}{
		{"a channel is optional", events.Envelope{BotID: "b", ConversationID: "1"}, nil},
		{"both ids are required", events.Envelope{},
			[]found{{events.CodeBotID, "botId"}, {events.CodeConversationID, "platformConversationId"}}},
		{"each is judged", events.Envelope{BotID: "\xff", Channel: "\x00", ConversationID: tooLong},
			[]found{{events.CodeFieldUTF8, "botId"}, {events.CodeFieldNUL, "channel"}, {events.CodeFieldSize, "platformConversationId"}}},
		{"a space is an id: ids are opaque", events.Envelope{BotID: " ", ConversationID: " "}, nil},
	} {
		c.env.Event = events.WidgetEndSession{}
		diff(t, c.why, c.ok, problems(t, c.env.Validate()))
	}
}
