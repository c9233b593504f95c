package gen

import (
	"github.com/escalationkit/escalation/events"
	"pgregory.net/rapid"
)

// Request makes a valid outbound body.
func Request() *rapid.Generator[events.Request] { return request }

// AnyRequest makes an outbound body whose id comes from [AnyText] or [ConversationID] and whose event
// comes from [AnyOutbound].
func AnyRequest() *rapid.Generator[events.Request] { return anyRequest }

// Envelope makes a valid webhook body, with channel "chat", another channel or none.
func Envelope() *rapid.Generator[events.Envelope] { return envelope }

// AnyEnvelope makes a webhook body whose ids and channel come from [AnyText] or a valid source and
// whose event comes from [AnyInbound].
func AnyEnvelope() *rapid.Generator[events.Envelope] { return anyEnvelope }

var (
	channel = rapid.OneOf(rapid.Just("chat"), rapid.Just(""), text)

	request = rapid.Custom(func(t *rapid.T) events.Request {
		return events.Request{
			ConversationID: conversationID.Draw(t, "platformConversationId"),
			Event:          outbound.Draw(t, "event"),
		}
	})
	anyRequest = rapid.Custom(func(t *rapid.T) events.Request {
		return events.Request{
			ConversationID: rapid.OneOf(conversationID, anyText).Draw(t, "platformConversationId"),
			Event:          anyOutbound.Draw(t, "event"),
		}
	})
	envelope = rapid.Custom(func(t *rapid.T) events.Envelope {
		return events.Envelope{
			BotID:          botID.Draw(t, "botId"),
			Channel:        channel.Draw(t, "channel"),
			ConversationID: conversationID.Draw(t, "platformConversationId"),
			Event:          inbound.Draw(t, "event"),
		}
	})
	anyEnvelope = rapid.Custom(func(t *rapid.T) events.Envelope {
		return events.Envelope{
			BotID:          rapid.OneOf(botID, anyText).Draw(t, "botId"),
			Channel:        rapid.OneOf(channel, anyText).Draw(t, "channel"),
			ConversationID: rapid.OneOf(conversationID, anyText).Draw(t, "platformConversationId"),
			Event:          anyInbound.Draw(t, "event"),
		}
	})
)
