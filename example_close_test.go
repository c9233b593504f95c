package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport"
)

// Shut down: stop taking webhooks, then close the client, then the transport and the store. Close waits for the
// attempts under way up to a deadline, and says how many it had to give up. It does not wait for events that are
// still to be sent: the store keeps them, and the next process goes on.
func ExampleClient_Close() {
	ctx := context.Background()
	kept := memstore.New(nil) // a program that is to survive its end takes a store on disk
	underway := make(chan struct{})
	stuck := &escalationtest.Recorder{Answer: func(ctx context.Context, _ transport.Request) transport.Result {
		close(underway)
		<-ctx.Done() // an API that never answers
		return transport.Result{Class: transport.Unknown, Err: ctx.Err()}
	}}
	config := &escalation.Config{Bot: "my-bot", Settle: time.Millisecond, Logger: slog.New(slog.DiscardHandler)}
	client, err := escalation.New(kept, stuck, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	conversation := client.Conversation("123456789")
	if err := conversation.Open(ctx); err != nil {
		fmt.Println(err)
		return
	}
	for _, event := range []events.Outbound{events.EscalationSuccess{Agent: "John Smith"}, events.Message{Text: "Hello"}} {
		if _, err := conversation.Accept(ctx, event); err != nil {
			fmt.Println(err)
			return
		}
	}
	<-underway

	// A program gives some seconds here.
	deadline, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if closing, ok := errors.AsType[*escalation.CloseError](client.Close(deadline)); ok {
		fmt.Println("attempts with unknown outcome:", closing.Unknown)
	}
	_, err = conversation.Status(ctx)
	fmt.Println(errors.Is(err, escalation.ErrClosed))

	// The next process.
	client, err = escalation.New(kept, &escalationtest.Recorder{}, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(ctx)
	if err := client.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	for number := range uint64(2) {
		result, err := client.Conversation("123456789").Wait(ctx, number+1)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(result.Kind, "acknowledged; attempts:", result.Attempts, "may show twice:", result.MayBeDuplicate)
	}
	// Output:
	// attempts with unknown outcome: 1
	// true
	// escalationSuccess acknowledged; attempts: 2 may show twice: true
	// message acknowledged; attempts: 1 may show twice: false
}
