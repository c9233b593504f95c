package verify_test

import (
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/verify"
	"github.com/escalationkit/escalation/webhook"
)

func TestDemoPasses(t *testing.T) {
	p, err := verify.Listen("127.0.0.1:0", "my-bot", "my-key")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	demo, err := verify.StartDemo(t.Context(), p, "my-key", webhook.NoVerification())
	if err != nil {
		t.Fatal(err)
	}
	defer demo.Close(t.Context())
	agent, err := desk.NewClient(demo.DeskURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer agent.Close()
	crm := verify.CRM{Webhook: demo.WebhookURL(), Desk: agent, SetKey: demo.SetKey}
	scenarios, err := verify.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	report, err := verify.Run(t.Context(), p, crm, scenarios, &verify.Options{Seed: 1, OnResult: func(r verify.Result) {
		t.Logf("%-8s %-30s %v", r.Status, r.Name, r.Took)
		for _, reason := range r.Reasons {
			t.Logf("    %s: %v", reason.Conversation, reason)
		}
		for _, reason := range r.Notes {
			t.Logf("    note %s: %v", reason.Conversation, reason)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if !report.Passed() {
		t.Error("failed")
	}
	t.Log(report.Took)
}
