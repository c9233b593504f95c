package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/webhook"
)

// client stands for the client of the root package, which is a Receiver.
var client = webhook.ReceiverFunc(func(_ context.Context, env events.Envelope) error {
	fmt.Println("received", env.Event.Kind())
	return nil
})

// call posts a body as the widget does and prints the answer.
func call(h http.Handler, body, name, value string) {
	r := httptest.NewRequest(http.MethodPost, "/converse-webhook", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(name, value)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
}

// A secret in a header. Which header is for you to find out; the vendor documents none.
func ExampleSharedSecret() {
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
	mux := http.NewServeMux()
	mux.Handle("/converse-webhook", handler)

	call(mux, `{"botId":"b1","data":{"platformConversationId":"123456789","eventType":"widgetEscalate"}}`,
		"X-Webhook-Secret", "s3cret")
	call(mux, `{"botId":"b1","data":{"platformConversationId":"123456789","eventType":"widgetEndSession"}}`,
		"X-Webhook-Secret", "guess")
	// Output:
	// received widgetEscalate
	// 200 {}
	// 401 {"error":"the request could not be verified"}
}

// While a signing key is changed, both the old and the new one are good.
func ExampleHMACSHA256() {
	verifier, err := webhook.HMACSHA256("X-Signature", webhook.Base64, "old key", "new key")
	if err != nil {
		fmt.Println(err)
		return
	}
	handler, err := webhook.NewHandler(client, verifier, nil)
	if err != nil {
		fmt.Println(err)
		return
	}

	body := `{"botId":"b1","data":{"platformConversationId":"123456789","eventType":"widgetMessage","text":"Hello"}}`
	for _, key := range []string{"old key", "new key", "no key"} {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(body))
		call(handler, body, "X-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	// Output:
	// received widgetMessage
	// 200 {}
	// received widgetMessage
	// 200 {}
	// 401 {"error":"the request could not be verified"}
}

// Where the sender names its deliveries, a repeat is taken in once. The vendor documents no such header: use
// one that you have seen to be the same on a repeat, and on nothing else.
func ExampleConfig_deliveryID() {
	verifier, err := webhook.SharedSecret("X-Webhook-Secret", "s3cret")
	if err != nil {
		fmt.Println(err)
		return
	}
	committed := map[string]bool{} // the client of the root package has its store for this
	receiver := webhook.OnceReceiverFunc(func(_ context.Context, env events.Envelope, deliveryID string) error {
		key := fmt.Sprintf("%q %q %q", env.BotID, env.ConversationID, deliveryID)
		if deliveryID != "" && committed[key] {
			fmt.Println("a repeat")
			return nil
		}
		committed[key] = true
		fmt.Println("committed", env.Event.Kind())
		return nil
	})
	handler, err := webhook.NewHandler(receiver, verifier, &webhook.Config{
		DeliveryIDHeader: "X-Delivery-Id",
		Logger:           slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	signed := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-Webhook-Secret", "s3cret") // as the sender does
		handler.ServeHTTP(w, r)
	})

	body := `{"botId":"b1","data":{"platformConversationId":"123456789","eventType":"widgetMessage","text":"Hello"}}`
	call(signed, body, "X-Delivery-Id", "d-1")
	call(signed, body, "X-Delivery-Id", "d-1") // the sender never saw the first answer
	call(signed, body, "X-Delivery-Id", "d-2") // the visitor said it once more
	call(signed, body, "X-Delivery-Id", "")    // nobody knows: better twice than not at all
	// Output:
	// committed widgetMessage
	// 200 {}
	// a repeat
	// 200 {}
	// committed widgetMessage
	// 200 {}
	// committed widgetMessage
	// 200 {}
}

// The vendor posts Chat API events to the same URL; isTeamOnline wants an answer of its own.
func ExampleConfig_fallback() {
	verifier, err := webhook.SharedSecret("X-Webhook-Secret", "s3cret")
	if err != nil {
		fmt.Println(err)
		return
	}
	chatAPI := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body) // all of it, as it came
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Println("chat API:", string(body))
		fmt.Fprint(w, `{"isOnline":true}`)
	})
	handler, err := webhook.NewHandler(client, verifier, &webhook.Config{Fallback: chatAPI})
	if err != nil {
		fmt.Println(err)
		return
	}

	call(handler, `{"botId":"b1","data":{"eventType":"isTeamOnline"}}`, "X-Webhook-Secret", "s3cret")
	// Output:
	// chat API: {"botId":"b1","data":{"eventType":"isTeamOnline"}}
	// 200 {"isOnline":true}
}

// A host with a router, body limit and answers of its own needs only Parse.
func ExampleParse() {
	verifier, err := webhook.SharedSecret("X-Webhook-Secret", "s3cret")
	if err != nil {
		fmt.Println(err)
		return
	}
	answer := func(header http.Header, body []byte, remoteAddr string) (status int) {
		env, _, err := webhook.Parse(webhook.Request{Header: header, Body: body, RemoteAddr: remoteAddr}, verifier)
		if name, ok := webhook.Foreign(err); ok {
			fmt.Println("not ours:", name)
			return http.StatusOK
		}
		switch {
		case errors.Is(err, webhook.ErrUnverified):
			return http.StatusUnauthorized
		case err != nil:
			fmt.Println(err)
			return http.StatusBadRequest
		}
		if err := client.Receive(context.Background(), env); err != nil {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	}

	header := http.Header{"X-Webhook-Secret": {"s3cret"}}
	for _, body := range []string{
		`{"botId":"b1","data":{"platformConversationId":"123456789","eventType":"widgetEndSession"}}`,
		`{"botId":"b1","data":{"eventType":"sendMessage"}}`,
		`{"botId":"b1","data":{"platformConversationId":"123456789","eventType":"widgetMessage"}}`,
	} {
		fmt.Println(answer(header, []byte(body), "192.0.2.1:4711"))
	}
	// Output:
	// received widgetEndSession
	// 200
	// not ours: sendMessage
	// 200
	// events: invalid widgetMessage: data.text is required and must not be empty
	// 400
}
