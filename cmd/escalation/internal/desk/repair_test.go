package desk_test

import (
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
)

// TestRepairIn tells a decision from an event.
func TestRepairIn(t *testing.T) {
	for _, c := range []struct{ why, body, id, rest string }{
		{"a decision", `{"platformConversationId":"1","repair":"3 again"}`, "3 again", `{"platformConversationId":"1"}`},
		{"one with an event", `{"repair":"3 other","platformConversationId":"1","eventType":"message","text":"é"}`, "3 other",
			`{"eventType":"message","platformConversationId":"1","text":"é"}`},
		{"an event", `{"platformConversationId":"1", "eventType":"agentDisconnect"}`, "", `{"platformConversationId":"1", "eventType":"agentDisconnect"}`},
		{"no decision in it", `{"repair":""}`, "", `{"repair":""}`},
		{"a number is no decision", `{"repair":3}`, "", `{"repair":3}`},
		{"none", `{"repair":null}`, "", `{"repair":null}`},
		{"nothing that can be read", `repair`, "", `repair`},
		{"a list", `["repair"]`, "", `["repair"]`},
	} {
		if id, rest := desk.RepairIn([]byte(c.body)); id != c.id || string(rest) != c.rest {
			t.Errorf("%s: %q %s", c.why, id, rest)
		}
	}
}
