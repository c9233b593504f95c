package fakeapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// Both sides without a network: the CRM's handler gets the webhooks in memory, and its client reaches the platform in memory.
func ExampleServer_RoundTripper() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	client := new(http.Client) // the CRM's
	crm := func(w http.ResponseWriter, r *http.Request) {
		event := `{"platformConversationId":"123456789","eventType":"escalationFailed"}`
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.example.com"+fakeapi.Path, strings.NewReader(event))
		if err != nil {
			fmt.Println(err)
			return
		}
		req.Header.Set("Authorization", "key-1")
		req.Header.Set("botid", "bot-1")
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = resp.Body.Close()
	}

	server, err := fakeapi.New("bot-1", "key-1", &fakeapi.Config{
		Webhook: &fakeapi.Webhook{
			URL:       "https://crm.example.com/webhook",
			Transport: fakeapi.HandlerTransport(http.HandlerFunc(crm)),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client.Transport = server.RoundTripper()

	if err := server.Write("123456789", "Can I talk to a human?"); err != nil {
		fmt.Println(err)
		return
	}
	if err := server.WaitWebhooks(ctx, 1); err != nil { // the CRM answers when it has sent its event
		fmt.Println(err)
		return
	}
	for _, line := range server.Widget("123456789") {
		fmt.Printf("%s: %s\n", line.By, line.Text)
	}
	fakeapi.AssertClean(tester{}, server)
	// Output:
	// visitor: Can I talk to a human?
	// bot: I am connecting you with a person.
	// crm: No agent could be connected
}
