package events

import "encoding/json"

// Envelope is the body of one webhook call.
type Envelope struct {
	BotID          string
	Channel        string // "chat" where the vendor sets it; optional
	ConversationID string // data.platformConversationId
	Event          Inbound
}

// Validate returns nil, or an *InvalidError that lists every problem of the ids and the event.
func (e Envelope) Validate() error {
	return validate(e.Event,
		checkID(CodeBotID, fieldBotID, e.BotID),
		checkField(fieldChannel, e.Channel),
		checkID(CodeConversationID, fieldConversationID, e.ConversationID))
}

// Encode returns the body as the widget would send it. It refuses what Validate refuses. The slice is
// the caller's.
func (e Envelope) Encode() ([]byte, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	return json.Marshal(&struct {
		BotID   string `json:"botId"`
		Channel string `json:"channel,omitempty"`
		Data    any    `json:"data"`
	}{e.BotID, e.Channel, wire(e.ConversationID, e.Event)})
}
