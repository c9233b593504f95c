package main

import (
	"encoding/json"
	"errors"

	"github.com/escalationkit/escalation/events"
)

// flat is the payload as a caller without this library declares it: one struct for all outbound events.
type flat struct {
	ConversationID string `json:"platformConversationId"`
	EventType      string `json:"eventType"`
	Text           string `json:"text,omitempty"`
	Agent          string `json:"agent,omitempty"`
	AgentAvatar    string `json:"agentAvatar,omitempty"`
	QueuePosition  string `json:"queuePosition,omitempty"`
	WaitingTime    string `json:"waitingTime,omitempty"`
}

const conversationID = "123456789"

// encoding is one payload, as both sides hold it.
type encoding struct {
	name string
	ours events.Outbound
	peer flat
}

func encodings() []encoding {
	return []encoding{
		{"message, short text", events.Message{Text: shortText},
			flat{ConversationID: conversationID, EventType: "message", Text: shortText}},
		{"message, 2 KB text", events.Message{Text: longText},
			flat{ConversationID: conversationID, EventType: "message", Text: longText}},
		{"queue update", events.EscalationQueueUpdate{QueuePosition: "3", WaitingTime: "5"},
			flat{ConversationID: conversationID, EventType: "escalationQueueUpdate", QueuePosition: "3", WaitingTime: "5"}},
		{"success", events.EscalationSuccess{Agent: "John Smith", AgentAvatar: "https://example.com/john.png"},
			flat{ConversationID: conversationID, EventType: "escalationSuccess", Agent: "John Smith", AgentAvatar: "https://example.com/john.png"}},
	}
}

// encodeRows is row 3: a payload checked and encoded, against one that is only encoded.
func encodeRows() []row {
	var all []row
	for _, e := range encodings() {
		all = append(all, sideBySide("3 encode, "+e.name+" vs json.Marshal", limit{costAtMost, 1.3}, 2, cpuSlice,
			func() (pair, error) { return pair{ours: e.encode, peer: e.marshal}, nil }))
	}
	return all
}

var errEmpty = errors.New("nothing was encoded")

func (e *encoding) encode(n int) error {
	req := events.Request{ConversationID: conversationID, Event: e.ours}
	for range n {
		body, err := req.Encode()
		if err != nil {
			return err
		}
		if len(body) == 0 {
			return errEmpty
		}
	}
	return nil
}

// marshal hands json.Marshal a pointer to a struct that is already there: its cheapest form.
func (e *encoding) marshal(n int) error {
	for range n {
		body, err := json.Marshal(&e.peer)
		if err != nil {
			return err
		}
		if len(body) == 0 {
			return errEmpty
		}
	}
	return nil
}
