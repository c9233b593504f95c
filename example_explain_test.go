package escalation_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/store/memstore"
)

// Grey out the buttons of an agent desk, and say why. Nothing is sent.
func ExampleConversation_Explain() {
	ctx := context.Background()
	client, err := escalation.New(memstore.New(nil), &escalationtest.Recorder{}, &escalation.Config{Bot: "my-bot"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(ctx)
	conversation := client.Conversation("123456789")
	if err := conversation.Open(ctx); err != nil {
		fmt.Println(err)
		return
	}

	// Which buttons the state allows at all.
	status, err := conversation.Status(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, kind := range events.OutboundKinds().Kinds() {
		fmt.Println(kind, status.Allowed.Has(kind))
	}

	// Whether exactly this event would go out, and if not, every reason.
	draft := events.EscalationSuccess{Agent: "John Smith", AgentAvatar: "http://example.com/john.png"}
	err = conversation.Explain(ctx, draft)
	if refusal, ok := errors.AsType[*rules.Refusal](err); ok {
		for _, v := range refusal.Violations {
			fmt.Printf("%s (%v): %v\n", v.Rule, v.Basis, v.Err)
		}
	}
	draft.AgentAvatar = "https://example.com/john.png"
	fmt.Println(conversation.Explain(ctx, draft))
	// Output:
	// escalationQueueUpdate true
	// escalationSuccess true
	// message false
	// escalationFailed true
	// agentDisconnect false
	// avatar-https (inferred): agentAvatar is not an absolute https URL
	// <nil>
}
