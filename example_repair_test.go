package escalation_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport"
)

// Find the conversations that wait for a person, and decide. Here the API has refused an escalationSuccess, which
// everything after it needs; without the picture it is taken, and the rest follows.
func ExampleConversation_Repair() {
	ctx := context.Background()
	network := &escalationtest.Recorder{}
	client, err := escalation.New(memstore.New(nil), network, &escalation.Config{
		Bot:    "my-bot",
		Logger: slog.New(slog.DiscardHandler), // a program leaves this out and gets an error line for each parked conversation
	})
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
	network.Next(transport.Result{Class: transport.Rejected, Status: 422}) // the first attempt only
	success := events.EscalationSuccess{Agent: "John Smith", AgentAvatar: "https://example.com/john.bmp"}
	_, err = conversation.Send(ctx, success)
	fmt.Println(err)
	hello, err := conversation.Accept(ctx, events.Message{Text: "Hello"})
	if err != nil {
		fmt.Println(err)
		return
	}

	parked, err := client.Parked(ctx, store.Key{}, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range parked {
		status, err := v.Status(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s is parked at event %d: %v\n", v.ID(), status.Park.Number, status.Park.Reason)
		err = v.Repair(ctx, escalation.Repair{
			Verb: escalation.Replace, Number: status.Park.Number, Event: events.EscalationSuccess{Agent: "John Smith"},
			By: "Ann", Why: "the API does not take the picture",
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	result, err := conversation.Wait(ctx, hello.Number)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Kind, "acknowledged in state", result.State)
	// Output:
	// escalation: escalationSuccess (event 1) not acknowledged: parked at event 1 (rejected) until somebody decides; state pending: escalationtest: the recorder was told to answer: rejected
	// 123456789 is parked at event 1: rejected
	// message acknowledged in state connected
}
