package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/store/memstore"
)

// Add rules to the default ones: one of package rules, and one of your own.
func ExampleConfig_rules() {
	ctx := context.Background()
	cardNumber := regexp.MustCompile(`\b(?:\d[ -]?){15}\d\b`)
	errCard := errors.New("text seems to hold a card number")
	noCardNumbers := rules.Rule{
		ID:      "no-card-numbers",
		Summary: "text holds no card number",
		Basis:   events.Undocumented, // ours, not the API's
		Kinds:   events.NewKindSet(events.KindMessage),
		Check: func(_ rules.Facts, e events.Outbound) error {
			if m, ok := e.(events.Message); ok && cardNumber.MatchString(m.Text) {
				return errCard // names no value: refusals are logged
			}
			return nil
		},
	}
	set, err := rules.Strict(rules.AgentRequired(), noCardNumbers)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := escalation.New(memstore.New(nil), &escalationtest.Recorder{}, &escalation.Config{Bot: "my-bot", Rules: set})
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

	for _, event := range []events.Outbound{
		events.EscalationSuccess{},
		events.EscalationSuccess{Agent: "John Smith"},
		events.Message{Text: "Was it 4111 1111 1111 1111?"},
	} {
		_, err := conversation.Send(ctx, event)
		if refusal, ok := errors.AsType[*rules.Refusal](err); ok {
			fmt.Println(event.Kind(), refusal.Rules(), errors.Is(err, errCard))
		} else {
			fmt.Println(event.Kind(), err)
		}
	}
	// Output:
	// escalationSuccess [agent-required] false
	// escalationSuccess <nil>
	// message [no-card-numbers] true
}
