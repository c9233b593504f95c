package events_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/escalationkit/escalation/events"
)

// Write the body of a call to the widget.
func ExampleRequest_Encode() {
	body, err := events.Request{
		ConversationID: "123456789",
		Event:          events.NewEscalationQueueUpdate(3, 11*time.Minute+20*time.Second),
	}.Encode()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", body)
	// Output: {"platformConversationId":"123456789","eventType":"escalationQueueUpdate","queuePosition":"3","waitingTime":"12"}
}

// Read what the widget posts to the webhook.
func ExampleDecodeEnvelope() {
	body := []byte(`{"botId":"5f2a","channel":"chat","data":{"platformConversationId":"123456789",
		"eventType":"widgetMessage","text":"Where is my parcel?","locale":"en"}}`)
	env, unknown, err := events.DecodeEnvelope(body)
	if err != nil {
		fmt.Println(err)
		return
	}
	if len(unknown) > 0 {
		fmt.Println("new in the vendor's format:", unknown)
	}
	switch e := env.Event.(type) {
	case events.WidgetEscalate:
		fmt.Println("open a conversation for", env.ConversationID)
	case events.WidgetMessage:
		fmt.Printf("visitor in %s: %s\n", env.ConversationID, e.Text)
	case events.WidgetEndSession:
		fmt.Println("close", env.ConversationID)
	}
	// Output:
	// new in the vendor's format: [data.locale]
	// visitor in 123456789: Where is my parcel?
}

// Find out what is wrong with a body, each problem by its code and field.
func ExampleInvalidError() {
	_, _, err := events.DecodeRequest([]byte(`{"platformConversationId":"","eventType":"escalationSuccess","agent":7,"waitingTime":"12"}`))
	var invalid *events.InvalidError
	if !errors.As(err, &invalid) {
		fmt.Println("no problem")
		return
	}
	fmt.Println(invalid.Kind)
	for _, p := range invalid.Problems {
		fmt.Printf("%s: %s\n", p.Code, p.Field)
	}
	if invalid.Has(events.CodeQueueFields) {
		fmt.Println("queue fields go with escalationQueueUpdate")
	}
	// Output:
	// escalationSuccess
	// field-type: agent
	// conversation-id: platformConversationId
	// queue-fields: waitingTime
	// queue fields go with escalationQueueUpdate
}

// An event type of another API on the same webhook is told apart from a broken body.
func ExampleInvalidError_eventType() {
	body := []byte(`{"botId":"5f2a","data":{"platformConversationId":"123456789","eventType":"isTeamOnline"}}`)
	env, _, err := events.DecodeEnvelope(body)
	var invalid *events.InvalidError
	if errors.As(err, &invalid) && invalid.EventType != "" {
		fmt.Println("not ours:", invalid.EventType, "for bot", env.BotID)
	}
	// Output: not ours: isTeamOnline for bot 5f2a
}
