//go:build !race

// The race detector makes sync.Pool forget at random, and with it encoding/json's buffers: counts
// would differ from run to run.

package events_test

import (
	"testing"

	"github.com/escalationkit/escalation/events"
)

func TestAllocations(t *testing.T) {
	var e events.Outbound = events.Message{Text: "Hello, I'm John, your agent, let me help you with your issue"}
	req := events.Request{ConversationID: "123456789", Event: e}
	var err error
	if n := testing.AllocsPerRun(200, func() { _, err = req.Encode() }); n > 2 || err != nil {
		t.Errorf("Encode: %v allocations, want at most 2; error %v", n, err)
	}
	if n := testing.AllocsPerRun(200, func() { err = req.Validate() }); n != 0 || err != nil {
		t.Errorf("Request.Validate: %v allocations, want none; error %v", n, err)
	}
	if n := testing.AllocsPerRun(200, func() { err = e.Validate() }); n != 0 || err != nil {
		t.Errorf("Message.Validate: %v allocations, want none; error %v", n, err)
	}
	env := events.Envelope{BotID: "b", Channel: "chat", ConversationID: "1", Event: events.WidgetMessage{Text: "hi"}}
	if n := testing.AllocsPerRun(200, func() { err = env.Validate() }); n != 0 || err != nil {
		t.Errorf("Envelope.Validate: %v allocations, want none; error %v", n, err)
	}
}
