package specgen

import "github.com/escalationkit/escalation/events"

// sample is an example body for the OpenAPI document.
type sample struct {
	kind    events.Kind
	name    string
	summary string
	value   mapping
}

// sampleBodies are the bodies of the vendor's guide and reference; those of the webhooks have the shape
// of the vendor's example project.
var sampleBodies = []sample{
	{events.KindEscalationQueueUpdate, "queueUpdate", "From the guide", mapping{
		{"eventType", "escalationQueueUpdate"}, {"platformConversationId", "123456789"}, {"queuePosition", "3"}, {"waitingTime", "12"}}},
	{events.KindEscalationSuccess, "success", "From the guide", mapping{
		{"eventType", "escalationSuccess"}, {"platformConversationId", "123456789"}, {"agent", "John Smith"}}},
	{events.KindEscalationSuccess, "successWithAvatar", "From the reference", mapping{
		{"platformConversationId", "123456789"}, {"eventType", "escalationSuccess"}, {"agent", "John Smith"},
		{"agentAvatar", "https://example.com/avatar/john-smith.png"}}},
	{events.KindMessage, "message", "From the guide", mapping{
		{"eventType", "message"}, {"platformConversationId", "123456789"},
		{"text", "Hello, I'm John, your agent, let me help you with your issue"}}},
	{events.KindEscalationFailed, "failed", "From the guide", mapping{
		{"eventType", "escalationFailed"}, {"platformConversationId", "123456789"}}},
	{events.KindAgentDisconnect, "disconnect", "From the guide", mapping{
		{"eventType", "agentDisconnect"}, {"platformConversationId", "123456789"}}},

	{events.KindWidgetEscalate, "escalate", "In the shape of the example project", webhookSample(
		mapping{{"platformConversationId", "123456789"}, {"eventType", "widgetEscalate"}, {"escalateTo", "sales"}})},
	{events.KindWidgetMessage, "message", "In the shape of the example project", webhookSample(
		mapping{{"platformConversationId", "123456789"}, {"eventType", "widgetMessage"}, {"text", "Is anybody there?"}})},
	{events.KindWidgetEndSession, "endSession", "In the shape of the example project", webhookSample(
		mapping{{"platformConversationId", "123456789"}, {"eventType", "widgetEndSession"}})},
}

func webhookSample(data mapping) mapping {
	return mapping{{"botId", "bot-1"}, {"channel", "chat"}, {"data", data}}
}
