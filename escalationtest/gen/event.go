package gen

import (
	"strconv"

	"github.com/escalationkit/escalation/events"
	"pgregory.net/rapid"
)

// optional makes what g makes, or the empty string that leaves a field out.
func optional(g *rapid.Generator[string]) *rapid.Generator[string] {
	return rapid.OneOf(rapid.Just(""), g)
}

// as widens the type of a generated event.
func as[I events.Event, E events.Event](g *rapid.Generator[E]) *rapid.Generator[I] {
	return rapid.Map(g, func(e E) I {
		wide, _ := events.Event(e).(I)
		return wide
	})
}

var (
	avatar = rapid.OneOf(
		rapid.StringMatching(`https://[a-z]{1,12}\.example(/[a-z0-9-]{1,8}){0,3}\.png`),
		rapid.SampledFrom([]string{
			"https://xn--bcher-kva.example/%F0%9F%98%80.png", "https://[2001:db8::1]:8443/a", "https://a.example?x=1&y=<2>#z",
		}),
	)
	number = func(least int) *rapid.Generator[string] {
		return rapid.Map(rapid.OneOf(rapid.IntRange(least, 20), rapid.IntMin(least)), strconv.Itoa)
	}

	queueUpdate = rapid.Custom(func(t *rapid.T) events.EscalationQueueUpdate {
		return events.EscalationQueueUpdate{
			QueuePosition: optional(number(1)).Draw(t, "queuePosition"),
			WaitingTime:   optional(number(0)).Draw(t, "waitingTime"),
		}
	})
	success = rapid.Custom(func(t *rapid.T) events.EscalationSuccess {
		return events.EscalationSuccess{
			Agent:       optional(text).Draw(t, "agent"),
			AgentAvatar: optional(avatar).Draw(t, "agentAvatar"),
		}
	})
	message        = rapid.Map(text, func(s string) events.Message { return events.Message{Text: s} })
	failed         = rapid.Just(events.EscalationFailed{})
	disconnect     = rapid.Just(events.AgentDisconnect{})
	escalate       = rapid.Map(optional(text), func(s string) events.WidgetEscalate { return events.WidgetEscalate{EscalateTo: s} })
	visitorMessage = rapid.Map(text, func(s string) events.WidgetMessage { return events.WidgetMessage{Text: s} })
	endSession     = rapid.Just(events.WidgetEndSession{})

	outbound = rapid.OneOf(as[events.Outbound](queueUpdate), as[events.Outbound](success), as[events.Outbound](message),
		as[events.Outbound](failed), as[events.Outbound](disconnect))
	inbound = rapid.OneOf(as[events.Inbound](escalate), as[events.Inbound](visitorMessage), as[events.Inbound](endSession))
	event   = rapid.OneOf(as[events.Event](outbound), as[events.Event](inbound))
)

// EscalationQueueUpdate makes a valid one: position from 1, whole minutes from 0, each perhaps left out.
func EscalationQueueUpdate() *rapid.Generator[events.EscalationQueueUpdate] { return queueUpdate }

// EscalationSuccess makes a valid one: any name, an https avatar, each perhaps left out.
func EscalationSuccess() *rapid.Generator[events.EscalationSuccess] { return success }

// Message makes a valid one with a text from [Text].
func Message() *rapid.Generator[events.Message] { return message }

// EscalationFailed makes the one value of its type.
func EscalationFailed() *rapid.Generator[events.EscalationFailed] { return failed }

// AgentDisconnect makes the one value of its type.
func AgentDisconnect() *rapid.Generator[events.AgentDisconnect] { return disconnect }

// WidgetEscalate makes a valid one, with or without a target.
func WidgetEscalate() *rapid.Generator[events.WidgetEscalate] { return escalate }

// WidgetMessage makes a valid one with a text from [Text].
func WidgetMessage() *rapid.Generator[events.WidgetMessage] { return visitorMessage }

// WidgetEndSession makes the one value of its type.
func WidgetEndSession() *rapid.Generator[events.WidgetEndSession] { return endSession }

// Outbound makes a valid event of one of the five outbound kinds.
func Outbound() *rapid.Generator[events.Outbound] { return outbound }

// Inbound makes a valid event of one of the three inbound kinds.
func Inbound() *rapid.Generator[events.Inbound] { return inbound }

// Event makes a valid event of any of the eight kinds.
func Event() *rapid.Generator[events.Event] { return event }
