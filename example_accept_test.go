package escalation_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/memstore"
)

// Take an agent's words at once, and ask later what became of them. Accept returns when the event is stored:
// from then on it is delivered in its turn, whatever happens to the caller.
func ExampleConversation_Accept() {
	ctx := context.Background()
	network := &escalationtest.Recorder{}
	client, err := escalation.New(memstore.New(nil), network, &escalation.Config{Bot: "my-bot"})
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

	var last escalation.Receipt
	for _, event := range []events.Outbound{
		events.EscalationSuccess{Agent: "John Smith"},
		events.Message{Text: "Hello"}, // allowed: success was accepted before it, and will be sent before it
		events.Message{Text: "How can I help?"},
	} {
		if last, err = conversation.Accept(ctx, event); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v is event %d of round %d\n", last.Kind, last.Number, last.Round)
	}
	result, err := conversation.Wait(ctx, last.Number)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("event %d was answered %d\n", result.Number, result.Status)
	for _, request := range network.Requests() {
		fmt.Printf("%s\n", request.Body)
	}
	// Output:
	// escalationSuccess is event 1 of round 1
	// message is event 2 of round 1
	// message is event 3 of round 1
	// event 3 was answered 200
	// {"platformConversationId":"123456789","eventType":"escalationSuccess","agent":"John Smith"}
	// {"platformConversationId":"123456789","eventType":"message","text":"Hello"}
	// {"platformConversationId":"123456789","eventType":"message","text":"How can I help?"}
}

// Accept an event once, although the call may have to be repeated: its answer can get lost. The key is whatever names
// the event in the host's own system.
func ExampleWithKey() {
	ctx := context.Background()
	network := &escalationtest.Recorder{}
	client, err := escalation.New(memstore.New(nil), network, &escalation.Config{Bot: "my-bot"})
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

	for range 2 {
		receipt, err := conversation.Accept(ctx, events.EscalationSuccess{Agent: "John Smith"}, escalation.WithKey("ticket-7/1"))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("event", receipt.Number, "repeated:", receipt.Repeated)
	}
	_, err = conversation.Accept(ctx, events.Message{Text: "Hello"}, escalation.WithKey("ticket-7/1"))
	if mistake, ok := errors.AsType[*escalation.KeyError](err); ok {
		fmt.Println("the key belongs to event", mistake.Number)
	}
	if _, err := conversation.Wait(ctx, 1); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("requests:", len(network.Requests()))
	// Output:
	// event 1 repeated: false
	// event 1 repeated: true
	// the key belongs to event 1
	// requests: 1
}

// Say which round an answer was written for. If the visitor left meanwhile and came back, it is not shown to
// whoever asks now.
func ExampleForRound() {
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
	status, err := conversation.Status(ctx) // the agent sees round 1
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := errors.Join(conversation.VisitorEnded(ctx), conversation.Open(ctx)); err != nil {
		fmt.Println(err)
		return
	}

	_, err = conversation.Accept(ctx, events.EscalationSuccess{Agent: "John Smith"}, escalation.ForRound(status.Round))
	if late, ok := errors.AsType[*escalation.RoundError](err); ok {
		fmt.Printf("meant for round %d, now is round %d\n", late.Round, late.Current)
	}
	// Output:
	// meant for round 1, now is round 2
}
