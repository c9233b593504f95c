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

// advise says what to do about the error of a Send. What a second attempt can mend, the client has tried already.
func advise(err error) string {
	if err == nil {
		return "acknowledged"
	}
	if refusal, ok := errors.AsType[*rules.Refusal](err); ok {
		return "refused, nothing was accepted; possible now: " + refusal.Allowed.String()
	}
	failure, ok := errors.AsType[*escalation.SendError](err)
	switch {
	case !ok:
		return "nothing is known to be accepted: " + err.Error() // call again, with the same key
	case failure.Park.Reason != 0:
		return fmt.Sprintf("have somebody look at event %d (%v) and call Repair", failure.Park.Number, failure.Park.Reason)
	case failure.Pending():
		return fmt.Sprintf("no need to do anything: it goes on being delivered, and Wait(%d) tells", failure.Number)
	case failure.Result == store.Rejected:
		return "do not send it again: the API refused this event for good"
	case failure.Result == store.Cancelled:
		return "no need to do anything: the visitor has left"
	default: // superseded, expired, stranded, skipped
		return "it was not delivered: " + failure.Result.String()
	}
}

// Decide what to do when an event was not acknowledged.
func ExampleSendError() {
	ctx := context.Background()
	network := &escalationtest.Recorder{}
	client, err := escalation.New(memstore.New(nil), network, &escalation.Config{
		Bot:          "my-bot",
		HoldMessages: true,                          // where a message may have arrived, a person decides
		Settle:       time.Millisecond,              // a program leaves this out
		Logger:       slog.New(slog.DiscardHandler), // and this, and gets a warning for each failure
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
	send := func(ctx context.Context, e events.Outbound) {
		_, err := conversation.Send(ctx, e)
		fmt.Println(advise(err))
	}

	send(ctx, events.Message{Text: "Hello"})
	network.Next(transport.Result{Class: transport.Unknown, Status: 502}) // it is sent again
	send(ctx, events.EscalationSuccess{Agent: "John Smith"})
	network.Next(transport.Result{Class: transport.Rejected, Status: 400})
	send(ctx, events.Message{Text: "Hello"})

	request, leave := context.WithCancel(ctx)
	gone := make(chan struct{})
	network.Answer = func(context.Context, transport.Request) transport.Result {
		leave() // whoever called Send gives up while the API takes its time
		<-gone
		return transport.Result{Class: transport.Acknowledged}
	}
	send(request, events.Message{Text: "Hello again"})
	network.Next(transport.Result{Class: transport.Unknown})
	close(gone)
	send(ctx, events.Message{Text: "How can I help?"})
	// Output:
	// refused, nothing was accepted; possible now: escalationQueueUpdate, escalationSuccess, escalationFailed
	// acknowledged
	// do not send it again: the API refused this event for good
	// no need to do anything: it goes on being delivered, and Wait(3) tells
	// have somebody look at event 4 (unknown) and call Repair
}
