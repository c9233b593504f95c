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
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport"
)

// advise says what to do about the error of a Send.
func advise(err error) string {
	if err == nil {
		return "acknowledged"
	}
	if refusal, ok := errors.AsType[*rules.Refusal](err); ok {
		return "refused, nothing was sent; possible now: " + refusal.Allowed.String()
	}
	failure, ok := errors.AsType[*escalation.SendError](err)
	switch {
	case !ok:
		return "nothing was sent: " + err.Error() // the client is closed, or the round is over
	case failure.Pending():
		return "wait: it goes on being delivered"
	case failure.Result == store.Rejected:
		return "do not send it again: the API refused this event for good"
	case failure.Kind == events.KindMessage:
		return "ask the agent: the visitor may have it already"
	default:
		return "wait some seconds, then send again: a second copy does little harm"
	}
}

// Decide what to do when an event was not acknowledged. What may have arrived already is the only hard case.
func ExampleSendError() {
	ctx := context.Background()
	network := &escalationtest.Recorder{}
	client, err := escalation.New(memstore.New(nil), network, &escalation.Config{
		Bot:    "my-bot",
		Logger: slog.New(slog.DiscardHandler), // a program leaves this out and gets one warning for each failure
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
	send := func(e events.Outbound) {
		_, err := conversation.Send(ctx, e)
		fmt.Println(advise(err))
	}

	send(events.Message{Text: "Hello"})
	network.Next(transport.Result{Class: transport.Unknown, Status: 502})
	send(events.EscalationSuccess{Agent: "John Smith"})
	send(events.EscalationSuccess{Agent: "John Smith"}) // still allowed: the state did not move

	network.Next(
		transport.Result{Class: transport.NotSent},
		transport.Result{Class: transport.RefusedLater, Status: 429, RetryAfter: 2 * time.Second},
		transport.Result{Class: transport.RefusedScope, Status: 401},
		transport.Result{Class: transport.Rejected, Status: 400},
		transport.Result{Class: transport.Unknown},
	)
	for range 5 {
		send(events.Message{Text: "Hello"})
	}
	// Output:
	// refused, nothing was sent; possible now: escalationQueueUpdate, escalationSuccess, escalationFailed
	// wait some seconds, then send again: a second copy does little harm
	// acknowledged
	// send again, without risk
	// send again after 2s
	// have key, bot id and base URL mended, then send again
	// do not send it again: the API refused this event for good
	// ask the agent: the visitor may have it already
}
