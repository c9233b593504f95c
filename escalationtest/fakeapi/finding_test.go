package fakeapi_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// The order of findings is that of arrival, whenever an event took effect.
func TestFindings(t *testing.T) {
	s := newServer(t, nil)
	must(t, s.SetKey("bot-2", "key-2"))
	must(t, s.Next(fakeapi.Fault{AfterNext: true}))
	serve(s, message, nil)
	serve(s, disconnect, nil)
	serve(s, `{"platformConversationId":"c2","eventType":"message","x":"y"}`,
		both(header("botid", "bot-2"), header("Authorization", "key-2")))
	want := []fakeapi.Finding{
		{Rule: "sequence", N: 1, BotID: "bot-1", ConversationID: "c1", Round: 1, EventType: "message", Detail: `out of order; before it came nothing`},
		{Rule: "sequence", N: 2, BotID: "bot-1", ConversationID: "c1", Round: 1, EventType: "agentDisconnect", Detail: `out of order; before it came nothing`},
		{Rule: "field-unknown", N: 3, BotID: "bot-2", ConversationID: "c2", EventType: "message", Detail: `unknown field "x"`, Drift: true},
		{Rule: "text-required", N: 3, BotID: "bot-2", ConversationID: "c2", EventType: "message", Detail: `missing field "text"`},
	}
	if diff := cmp.Diff(want, s.Findings()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, want := range []string{
		`request 1, message of conversation "c1": sequence: out of order; before it came nothing`,
		`request 2, agentDisconnect of conversation "c1": sequence: out of order; before it came nothing`,
		`request 3, message of conversation "c2": field-unknown: unknown field "x" (a note)`,
		`request 3, message of conversation "c2": text-required: missing field "text"`,
	} {
		if got := s.Findings()[i].String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	s.Findings()[0].Rule = "changed from outside"
	if s.Findings()[0].Rule != "sequence" {
		t.Error("not a copy")
	}
}
