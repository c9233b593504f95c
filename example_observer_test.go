package escalation_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport"
)

// Watch every decision, attempt and outcome, for an audit trail or for metrics. An Observation never holds
// the event's text.
func ExampleObserver() {
	ctx := context.Background()
	watch := func(_ context.Context, o escalation.Observation) {
		line := fmt.Sprintf("%d %v %v", o.Seq, o.Occasion, o.Kind)
		if o.From != o.To {
			line += fmt.Sprintf(", %v -> %v", o.From, o.To)
		}
		switch o.Occasion {
		case escalation.Attempted:
			line += fmt.Sprintf(", %v", o.Result.Class)
		case escalation.Resolved:
			line += fmt.Sprintf(", %v", o.Outcome.Result)
		}
		fmt.Println(line)
	}
	network := &escalationtest.Recorder{}
	client, err := escalation.New(memstore.New(nil), network, &escalation.Config{
		Bot:       "my-bot",
		Observers: []escalation.Observer{watch},
		Settle:    time.Millisecond, // a program leaves this out
		Logger:    slog.New(slog.DiscardHandler),
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

	network.Next(transport.Result{Class: transport.Unknown, Status: 504}) // the first attempt only
	for _, event := range []events.Outbound{
		events.Message{Text: "Hello"},
		events.EscalationSuccess{Agent: "John Smith"},
	} {
		_, _ = conversation.Send(ctx, event) // the observer tells
	}
	// Output:
	// 1 received widgetEscalate, none -> pending
	// 1 refused message
	// 2 accepted escalationSuccess
	// 3 attempting escalationSuccess
	// 4 attempted escalationSuccess, unknown
	// 5 attempting escalationSuccess
	// 6 attempted escalationSuccess, pending -> connected, acknowledged
	// 7 resolved escalationSuccess, pending -> connected, acknowledged
}
