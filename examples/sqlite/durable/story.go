package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// burst is what an agent does faster than the network can follow.
var burst = []events.Outbound{
	events.EscalationSuccess{Agent: "Ann"},
	events.Message{Text: "one"},
	events.Message{Text: "two"},
	events.Message{Text: "three"},
	events.Message{Text: "four"},
	events.Message{Text: "five"},
	events.AgentDisconnect{},
}

// play takes up what an earlier run left, or begins a new round, and waits until all of it has its result.
func play(ctx context.Context, say *printer, client *escalation.Client, o options) error {
	conversation := client.Conversation(conversationID)
	status, err := conversation.Status(ctx)
	if err != nil {
		return err
	}
	over := status.State == fsm.None || status.State == fsm.Ended || status.State == fsm.Failed
	if over && status.Pending == 0 {
		say.line("left by an earlier run: nothing")
		if err := conversation.Open(ctx); err != nil { // what a widgetEscalate webhook does
			return err
		}
		if status, err = conversation.Status(ctx); err != nil {
			return err
		}
	} else {
		say.line("left by an earlier run in round %d:", status.Round)
		if err := report(ctx, say, conversation, status.Round, o.settle); err != nil {
			return err
		}
	}
	if err := client.Start(ctx); err != nil { // from here on what was left is sent
		return err
	}
	last, err := accept(ctx, say, conversation, status.Round)
	if err != nil {
		return err
	}
	if err := wait(ctx, say, conversation, last, o.retry); err != nil {
		return err
	}
	say.line("results of round %d:", status.Round)
	return report(ctx, say, conversation, status.Round, o.settle)
}

// accept puts the whole burst into the database. The keys make it harmless to do so again: an earlier run may have died
// before, between or after these calls.
func accept(ctx context.Context, say *printer, conversation *escalation.Conversation, round int) (last uint64, err error) {
	repeated := 0
	for i, event := range burst {
		key := fmt.Sprintf("round %d, line %d", round, i+1) // a CRM takes the id of its own row
		receipt, err := conversation.Accept(ctx, event, escalation.WithKey(key), escalation.ForRound(round))
		if err != nil {
			return 0, err
		}
		if receipt.Repeated {
			repeated++
		}
		last = receipt.Number
	}
	say.line("accepted for round %d: %d now, %d by an earlier run; kill me whenever you like", round, len(burst)-repeated, repeated)
	return last, nil
}

// wait waits for the last event: those before it have their results by then.
func wait(ctx context.Context, say *printer, conversation *escalation.Conversation, last uint64, retry bool) error {
	for {
		_, err := conversation.Wait(ctx, last)
		failure, ok := errors.AsType[*escalation.SendError](err)
		switch {
		case !ok: // nil as well
			return err
		case !failure.Pending():
			return nil // it has a result, though not the one that was hoped for; the report tells
		case failure.Park.Reason == 0:
			return err
		case !retry:
			return fmt.Errorf("%w; run it with -retry to send it all the same", err)
		}
		say.line("parked at event %d (%v): somebody decides to send it all the same", failure.Park.Number, failure.Park.Reason)
		err = conversation.Repair(ctx, escalation.Repair{
			Verb: escalation.Retry, Number: failure.Park.Number, By: "whoever runs this example", Why: "-retry was given",
		})
		if err != nil {
			return err
		}
	}
}
