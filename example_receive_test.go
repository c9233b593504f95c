package escalation_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/webhook"
)

// takeIn is the host's part: it puts the event where agents find it and returns soon, because the widget
// waits for the answer.
func takeIn(_ context.Context, in escalation.Inbound) error {
	switch e := in.Event.(type) {
	case events.WidgetEscalate:
		if !in.Repeat {
			fmt.Printf("round %d: find an agent in %q\n", in.Round, e.EscalateTo)
		}
	case events.WidgetMessage:
		fmt.Printf("visitor (%v): %s\n", in.From, e.Text)
	case events.WidgetEndSession:
		if !in.Repeat {
			fmt.Println("tell the agent that the visitor left")
		}
	}
	return nil
}

// Take in what the widget sends: behind the webhook stands Client.Receive, and behind that Config.OnInbound.
func ExampleClient_Receive() {
	ctx := context.Background()
	client, err := escalation.New(memstore.New(nil), &escalationtest.Recorder{}, &escalation.Config{Bot: "my-bot", OnInbound: takeIn})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(ctx)
	// The vendor documents no header name: look at what your bot sends.
	verifier, err := webhook.SharedSecret("X-Webhook-Secret", "s3cret")
	if err != nil {
		fmt.Println(err)
		return
	}
	handler, err := webhook.NewHandler(client, verifier, nil)
	if err != nil {
		fmt.Println(err)
		return
	}

	post := func(fields string) {
		body := `{"botId":"my-bot","channel":"chat","data":{"platformConversationId":"123456789",` + fields + `}}`
		request := httptest.NewRequest(http.MethodPost, "/converse-webhook", strings.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-Webhook-Secret", "s3cret")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code != http.StatusOK {
			fmt.Println("answered", answer.Code)
		}
	}
	post(`"eventType":"widgetEscalate","escalateTo":"support"`)
	post(`"eventType":"widgetEscalate","escalateTo":"support"`) // a repeat
	post(`"eventType":"widgetMessage","text":"Anybody there?"`) // early: nobody is connected yet
	post(`"eventType":"widgetEndSession"`)
	post(`"eventType":"widgetMessage","text":"Hello?"`) // late
	// Output:
	// round 1: find an agent in "support"
	// visitor (pending): Anybody there?
	// tell the agent that the visitor left
	// visitor (ended): Hello?
}
