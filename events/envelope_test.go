package events_test

import (
	"testing"

	"github.com/escalationkit/escalation/events"
)

var envelopeCases = []decodeCase{
	// what stands around data
	{"no data, no payload to judge", `{"botId":"b"}`, noKind, []found{{events.CodeFieldType, "data"}}},
	{"an outbound body is no envelope", `{"platformConversationId":"1","eventType":"widgetEndSession"}`, noKind,
		[]found{{events.CodeBotID, "botId"}, {events.CodeFieldType, "data"}}},
	{"data is null", `{"botId":"b","data":null}`, noKind, []found{{events.CodeFieldType, "data"}}},
	{"data is a list", `{"botId":"b","data":[{}]}`, noKind, []found{{events.CodeFieldType, "data"}}},
	{"data is JSON within a string", `{"botId":"b","data":"{\"eventType\":\"widgetEndSession\"}"}`, noKind, []found{{events.CodeFieldType, "data"}}},
	{"the bot is missing", `{"data":{"platformConversationId":"1","eventType":"widgetEndSession"}}`, events.KindWidgetEndSession, []found{{events.CodeBotID, "botId"}}},
	{"the bot is empty", `{"botId":"","data":{"platformConversationId":"1","eventType":"widgetEndSession"}}`, events.KindWidgetEndSession, []found{{events.CodeBotID, "botId"}}},
	{"the bot is a number", `{"botId":1,"data":{"platformConversationId":"1","eventType":"widgetEndSession"}}`, events.KindWidgetEndSession, []found{{events.CodeFieldType, "botId"}}},
	{"the bot holds a NUL", `{"botId":"\u0000","data":{"platformConversationId":"1","eventType":"widgetEndSession"}}`, events.KindWidgetEndSession, []found{{events.CodeFieldNUL, "botId"}}},
	{"the bot is too long", `{"botId":"` + tooLong + `","data":{"platformConversationId":"1","eventType":"widgetEndSession"}}`, events.KindWidgetEndSession, []found{{events.CodeFieldSize, "botId"}}},
	{"the channel is an object", `{"botId":"b","channel":{},"data":{"platformConversationId":"1","eventType":"widgetEndSession"}}`, events.KindWidgetEndSession, []found{{events.CodeFieldType, "channel"}}},
	{"the channel holds a NUL", `{"botId":"b","channel":"\u0000","data":{"platformConversationId":"1","eventType":"widgetEndSession"}}`, events.KindWidgetEndSession, []found{{events.CodeFieldNUL, "channel"}}},

	// the payload
	{"nothing can be judged without a type", `{"botId":"b","data":{}}`, noKind, []found{{events.CodeEventType, "data.eventType"}}},
	{"an event of the Chat API is not ours", `{"botId":"b","data":{"platformConversationId":"1","eventType":"sendMessage","text":"x"}}`, noKind, []found{{events.CodeEventType, "data.eventType"}}},
	{"an outbound type does not come from the widget", `{"botId":"b","data":{"platformConversationId":"1","eventType":"agentDisconnect"}}`, noKind, []found{{events.CodeEventType, "data.eventType"}}},
	{"a type outside data does not count", `{"botId":"b","eventType":"widgetEndSession","data":{"platformConversationId":"1"}}`, noKind, []found{{events.CodeEventType, "data.eventType"}}},
	{"the type is a list", `{"botId":"b","data":{"platformConversationId":"1","eventType":["widgetEndSession"]}}`, noKind, []found{{events.CodeFieldType, "data.eventType"}}},
	{"the id is missing", `{"botId":"b","data":{"eventType":"widgetEndSession"}}`, events.KindWidgetEndSession, []found{{events.CodeConversationID, "data.platformConversationId"}}},
	{"the id is empty", `{"botId":"b","data":{"platformConversationId":"","eventType":"widgetEndSession"}}`, events.KindWidgetEndSession, []found{{events.CodeConversationID, "data.platformConversationId"}}},
	{"the id is a number", `{"botId":"b","data":{"platformConversationId":1,"eventType":"widgetEndSession"}}`, events.KindWidgetEndSession, []found{{events.CodeFieldType, "data.platformConversationId"}}},
	{"an id outside data does not count", `{"botId":"b","platformConversationId":"1","data":{"eventType":"widgetEndSession"}}`, events.KindWidgetEndSession, []found{{events.CodeConversationID, "data.platformConversationId"}}},
	{"the visitor's message needs a text", `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetMessage"}}`, events.KindWidgetMessage, []found{{events.CodeTextRequired, "data.text"}}},
	{"the text is empty", `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetMessage","text":""}}`, events.KindWidgetMessage, []found{{events.CodeTextRequired, "data.text"}}},
	{"the text is null", `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetMessage","text":null}}`, events.KindWidgetMessage, []found{{events.CodeFieldType, "data.text"}}},
	{"a NUL in the text", `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetMessage","text":"\u0000"}}`, events.KindWidgetMessage, []found{{events.CodeFieldNUL, "data.text"}}},
	{"the text is too long", `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetMessage","text":"` + tooLong + `"}}`, events.KindWidgetMessage, []found{{events.CodeFieldSize, "data.text"}}},
	{"the target is a number", `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetEscalate","escalateTo":7}}`, events.KindWidgetEscalate, []found{{events.CodeFieldType, "data.escalateTo"}}},
	{"a text does not belong to widgetEscalate", `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetEscalate","text":"x"}}`, events.KindWidgetEscalate, []found{{events.CodeFieldKind, "data.text"}}},
	{"a text does not belong to widgetEndSession", `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetEndSession","text":"x"}}`, events.KindWidgetEndSession, []found{{events.CodeFieldKind, "data.text"}}},
	{"a target does not belong to widgetMessage", `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetMessage","text":"x","escalateTo":"y"}}`, events.KindWidgetMessage, []found{{events.CodeFieldKind, "data.escalateTo"}}},
	{"a target does not belong to widgetEndSession", `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetEndSession","escalateTo":"y"}}`, events.KindWidgetEndSession, []found{{events.CodeFieldKind, "data.escalateTo"}}},

	// several at once
	{"every problem is listed", `{"botId":"","channel":1,"data":{"eventType":"widgetMessage","escalateTo":"y"}}`, events.KindWidgetMessage, []found{
		{events.CodeFieldType, "channel"}, {events.CodeBotID, "botId"}, {events.CodeConversationID, "data.platformConversationId"},
		{events.CodeFieldKind, "data.escalateTo"}, {events.CodeTextRequired, "data.text"}}},
}

func TestEnvelopeRefusals(t *testing.T) {
	for _, c := range envelopeCases {
		t.Run(c.why, func(t *testing.T) {
			demandReason(t, c.why)
			_, _, err := events.DecodeEnvelope([]byte(c.body))
			diff(t, "problems", c.want, problems(t, err))
			diff(t, "kind", c.kind, kindOf(err))
		})
	}
}

func TestEnvelopeChannelIsOptional(t *testing.T) {
	for _, c := range []struct{ why, field, want string }{
		{"an earlier draft of the API has no channel", ``, ""},
		{"another channel than chat is not ours to judge", `"channel":"voice",`, "voice"},
		{"an empty one says as much as none", `"channel":"",`, ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			env, _, err := events.DecodeEnvelope([]byte(`{"botId":"b",` + c.field + `"data":{"platformConversationId":"1","eventType":"widgetEndSession"}}`))
			if err != nil {
				t.Fatal(err)
			}
			diff(t, "channel", c.want, env.Channel)
		})
	}
}

// The vendor promises nowhere that the widget leaves unset fields out.
func TestEnvelopeTargetMayBeEmpty(t *testing.T) {
	env, _, err := events.DecodeEnvelope([]byte(`{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetEscalate","escalateTo":""}}`))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "event", events.Inbound(events.WidgetEscalate{}), env.Event)
}
