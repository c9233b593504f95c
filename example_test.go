package escalation_test

import (
	"context"
	"fmt"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/memstore"
)

// One round from the request for an agent to the end, with what went to the API. The Recorder stands for
// the network; a program makes its transport with httptransport.New.
func Example() {
	ctx := context.Background()
	network := &escalationtest.Recorder{}
	client, err := escalation.New(memstore.New(nil), network, &escalation.Config{Bot: "my-bot"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(ctx)

	conversation := client.Conversation("123456789")
	if err := conversation.Open(ctx); err != nil { // what a widgetEscalate webhook does
		fmt.Println(err)
		return
	}
	for _, event := range []events.Outbound{
		events.Message{Text: "Hello"}, // too early
		events.NewEscalationQueueUpdate(3, 12*time.Minute),
		events.EscalationSuccess{Agent: "John Smith"},
		events.Message{Text: "Hello"},
		events.AgentDisconnect{},
	} {
		if _, err := conversation.Send(ctx, event); err != nil {
			fmt.Println(err)
		}
	}
	for _, request := range network.Requests() {
		fmt.Printf("%s\n", request.Body)
	}
	// Output:
	// rules: message refused in state pending: sequence: no agent is connected yet; escalationSuccess comes first; allowed: escalationQueueUpdate, escalationSuccess, escalationFailed
	// {"platformConversationId":"123456789","eventType":"escalationQueueUpdate","queuePosition":"3","waitingTime":"12"}
	// {"platformConversationId":"123456789","eventType":"escalationSuccess","agent":"John Smith"}
	// {"platformConversationId":"123456789","eventType":"message","text":"Hello"}
	// {"platformConversationId":"123456789","eventType":"agentDisconnect"}
}
