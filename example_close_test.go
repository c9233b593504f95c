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

// Shut down: stop taking webhooks, then close the client, then the transport. Close waits for the attempts
// under way up to a deadline, and says how many it had to give up.
func ExampleClient_Close() {
	ctx := context.Background()
	underway := make(chan struct{})
	network := &escalationtest.Recorder{Answer: func(ctx context.Context, _ transport.Request) transport.Result {
		close(underway)
		<-ctx.Done() // an API that never answers
		return transport.Result{Class: transport.Unknown, Err: ctx.Err()}
	}}
	client, err := escalation.New(memstore.New(nil), network, &escalation.Config{Bot: "my-bot", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	conversation := client.Conversation("123456789")
	if err := conversation.Open(ctx); err != nil {
		fmt.Println(err)
		return
	}
	sent := make(chan error)
	go func() {
		_, err := conversation.Send(ctx, events.EscalationSuccess{Agent: "John Smith"})
		sent <- err
	}()
	<-underway

	// A program gives some seconds here.
	deadline, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if closing, ok := errors.AsType[*escalation.CloseError](client.Close(deadline)); ok {
		fmt.Println("attempts with unknown outcome:", closing.Unknown)
	}
	if failure, ok := errors.AsType[*escalation.SendError](<-sent); ok {
		fmt.Println(failure.Kind, failure.Result, failure.MayHaveArrived)
	}
	_, err = conversation.Status(ctx)
	fmt.Println(errors.Is(err, escalation.ErrClosed))
	// Output:
	// attempts with unknown outcome: 1
	// escalationSuccess unknown true
	// true
}
