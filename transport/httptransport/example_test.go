package httptransport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// The default host needs nothing but a bot and its key. New warns that the host is about to go.
func ExampleNew() {
	creds, err := httptransport.Static("bot-1", "the-key")
	if err != nil {
		fmt.Println(err)
		return
	}
	tr, err := httptransport.New(creds, &httptransport.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tr.Close()
	fmt.Println(tr.Endpoint())
	// Output: https://api.ultimate.ai/agent/converse/send-message-to-widget
}

// The newer address of an account.
func ExampleZendeskBaseURL() {
	base, err := httptransport.ZendeskBaseURL("your-subdomain")
	if err != nil {
		fmt.Println(err)
		return
	}
	creds, err := httptransport.Static("bot-1", "the-key")
	if err != nil {
		fmt.Println(err)
		return
	}
	tr, err := httptransport.New(creds, &httptransport.Config{BaseURL: base})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tr.Close()
	fmt.Println(tr.Endpoint())

	_, err = httptransport.ZendeskBaseURL("your-subdomain.zendesk.com")
	fmt.Println(err)
	// Output:
	// https://your-subdomain.zendesk.com/ai-agents/api/agent/converse/send-message-to-widget
	// httptransport: base URL refused: subdomain "your-subdomain.zendesk.com" is not a DNS label (1 to 63 letters, digits and inner hyphens)
}

// vault keeps the key and can fetch another one.
type vault struct {
	mu  sync.Mutex
	key httptransport.Secret
}

func (v *vault) Credentials(_ context.Context, botID string) (httptransport.Credentials, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return httptransport.Credentials{BotID: botID, Key: v.key}, nil
}

// Refresh would ask the place where keys are kept.
func (v *vault) Refresh(_ context.Context, botID string, _ httptransport.Credentials) (httptransport.Credentials, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.key = httptransport.NewSecret("the-new-key")
	return httptransport.Credentials{BotID: botID, Key: v.key}, nil
}

// A provider that can fetch another key gets a refused event through without the caller noticing.
func ExampleRefresher() {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "the-new-key" {
			fmt.Println("the API refuses the key")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Println("the API takes the event in")
	}))
	defer api.Close()

	tr, err := httptransport.New(&vault{key: httptransport.NewSecret("the-old-key")}, &httptransport.Config{BaseURL: api.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tr.Close()
	res := tr.Send(context.Background(), transport.Request{
		BotID: "bot-1", ConversationID: "123456789", Kind: events.KindAgentDisconnect,
		Body: []byte(`{"platformConversationId":"123456789","eventType":"agentDisconnect"}`),
	})
	fmt.Println(res.Class)
	// Output:
	// the API refuses the key
	// the API takes the event in
	// acknowledged
}

// A client of one's own brings proxies, certificates or instrumentation. Redirects are refused all
// the same, and the client itself is left as it is.
func ExampleConfig_client() {
	api := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"error":"unknown field"}`)
	}))
	defer api.Close()

	creds, err := httptransport.Static("bot-1", "the-key")
	if err != nil {
		fmt.Println(err)
		return
	}
	tr, err := httptransport.New(creds, &httptransport.Config{BaseURL: api.URL, Client: api.Client()})
	if err != nil {
		fmt.Println(err)
		return
	}
	res := tr.Send(context.Background(), transport.Request{Kind: events.KindMessage, Body: []byte(`{}`)})
	fmt.Println(res.Err)
	var answer *httptransport.StatusError
	if errors.As(res.Err, &answer) {
		fmt.Println(answer.Excerpt()) // only when asked for: it may hold message text
	}
	// Output:
	// httptransport: the API answered 422 Unprocessable Entity: the event was refused for good
	// {"error":"unknown field"}
}
