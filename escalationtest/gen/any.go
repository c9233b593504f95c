package gen

import (
	"github.com/escalationkit/escalation/events"
	"pgregory.net/rapid"
)

// AnyOutbound makes what a careless caller may pass as an outbound event: a valid one, one whose
// fields come from [AnyText], nil, a nil pointer to one of the structs, or a pointer to one. Ask
// events.KindOf for its kind: the method Kind panics on a nil.
func AnyOutbound() *rapid.Generator[events.Outbound] { return anyOutbound }

// AnyInbound does the same for the other direction.
func AnyInbound() *rapid.Generator[events.Inbound] { return anyInbound }

var anyOutbound = rapid.OneOf(
	outbound,
	rapid.Custom(func(t *rapid.T) events.Outbound {
		return events.EscalationQueueUpdate{QueuePosition: anyText.Draw(t, "queuePosition"), WaitingTime: anyText.Draw(t, "waitingTime")}
	}),
	rapid.Custom(func(t *rapid.T) events.Outbound {
		return events.EscalationSuccess{Agent: anyText.Draw(t, "agent"), AgentAvatar: anyText.Draw(t, "agentAvatar")}
	}),
	rapid.Map(anyText, func(s string) events.Outbound { return events.Message{Text: s} }),
	rapid.SampledFrom([]events.Outbound{
		nil,
		(*events.EscalationQueueUpdate)(nil), (*events.EscalationSuccess)(nil), (*events.Message)(nil),
		(*events.EscalationFailed)(nil), (*events.AgentDisconnect)(nil),
		&events.EscalationQueueUpdate{}, &events.EscalationSuccess{}, &events.Message{Text: "by pointer"},
		&events.EscalationFailed{}, &events.AgentDisconnect{},
	}),
)

var anyInbound = rapid.OneOf(
	inbound,
	rapid.Map(anyText, func(s string) events.Inbound { return events.WidgetEscalate{EscalateTo: s} }),
	rapid.Map(anyText, func(s string) events.Inbound { return events.WidgetMessage{Text: s} }),
	rapid.SampledFrom([]events.Inbound{
		nil,
		(*events.WidgetEscalate)(nil), (*events.WidgetMessage)(nil), (*events.WidgetEndSession)(nil),
		&events.WidgetEscalate{}, &events.WidgetMessage{Text: "by pointer"}, &events.WidgetEndSession{},
	}),
)
