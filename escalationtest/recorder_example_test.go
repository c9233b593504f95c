package escalationtest_test

import (
	"context"
	"fmt"

	"github.com/escalationkit/escalation/escalationtest"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/transport"
)

func ExampleRecorder() {
	var rec escalationtest.Recorder
	rec.Next(transport.Result{Class: transport.RefusedLater, Status: 429}) // the first attempt only

	req := transport.Request{
		BotID:          "bot-1",
		ConversationID: "123456789",
		Kind:           events.KindEscalationSuccess,
		Body:           []byte(`{"platformConversationId":"123456789","eventType":"escalationSuccess"}`),
	}
	for range 2 {
		res := rec.Send(context.Background(), req)
		fmt.Println(res.Class, res.Err)
	}
	for _, got := range rec.Conversation("bot-1", "123456789") {
		fmt.Println(got.Kind, len(got.Body), "bytes")
	}
	// Output:
	// refused later escalationtest: the recorder was told to answer: refused later
	// acknowledged <nil>
	// escalationSuccess 70 bytes
	// escalationSuccess 70 bytes
}
