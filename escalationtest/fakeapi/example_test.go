package fakeapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// send stands for the program under test: it posts one event and says how that went.
func send(baseURL, event string) string {
	req, err := http.NewRequest(http.MethodPost, baseURL+fakeapi.Path, strings.NewReader(event))
	if err != nil {
		return err.Error()
	}
	req.Header.Set("Authorization", "key-1")
	req.Header.Set("botid", "bot-1")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "no answer"
	}
	defer resp.Body.Close()
	return resp.Status
}

// A whole escalation, as the visitor saw it.
func Example() {
	server, err := fakeapi.New("bot-1", "key-1", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := server.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	server.BeginRound("123456789")
	for _, event := range []string{
		`{"platformConversationId":"123456789","eventType":"escalationQueueUpdate","queuePosition":"3","waitingTime":"12"}`,
		`{"platformConversationId":"123456789","eventType":"escalationSuccess","agent":"John Smith"}`,
		`{"platformConversationId":"123456789","eventType":"message","text":"Hello"}`,
		`{"platformConversationId":"123456789","eventType":"agentDisconnect"}`,
	} {
		if got := send(server.URL(), event); got != "200 OK" {
			fmt.Println(got)
		}
	}
	for _, line := range server.Widget("123456789") {
		fmt.Println(line.Text)
	}
	fmt.Println(len(server.Violations()), "violations")
	// Output:
	// You are number 3 in the queue, about 12 minutes
	// John Smith joined
	// John Smith: Hello
	// The agent left
	// 0 violations
}

// The other direction: what the visitor does reaches the CRM by webhooks, and what the CRM sends in turn the visitor.
func ExampleServer_Escalate() {
	server, err := fakeapi.New("bot-1", "key-1", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := server.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	// The program under test: an agent joins as soon as the visitor is escalated.
	crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var webhook struct {
			Data struct{ EventType, Text string }
		}
		if err := json.NewDecoder(r.Body).Decode(&webhook); err != nil {
			fmt.Println(err)
		}
		fmt.Printf("%s %s %q\n", r.Header.Get("X-Secret"), webhook.Data.EventType, webhook.Data.Text)
		if webhook.Data.EventType == "widgetEscalate" {
			send(server.URL(), `{"platformConversationId":"123456789","eventType":"escalationSuccess","agent":"John Smith"}`)
		}
	}))
	defer crm.Close()

	sign, err := fakeapi.SharedSecretSigner("X-Secret", "secret-1")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := server.SetWebhook(&fakeapi.Webhook{URL: crm.URL, Sign: sign}); err != nil {
		fmt.Println(err)
		return
	}
	for _, text := range []string{"Can I talk to a person?", "My parcel is lost"} {
		if err := server.Write("123456789", text); err != nil {
			fmt.Println(err)
		}
		if err := server.WaitWebhooks(context.Background(), len(server.Webhooks())); err != nil {
			fmt.Println(err)
		}
	}
	for _, line := range server.Widget("123456789") {
		fmt.Printf("%s: %s\n", line.By, line.Text)
	}
	fmt.Println(server.State("123456789"))
	// Output:
	// secret-1 widgetEscalate ""
	// secret-1 widgetMessage "My parcel is lost"
	// visitor: Can I talk to a person?
	// bot: I am connecting you with a person.
	// crm: John Smith joined
	// visitor: My parcel is lost
	// connected
}

// The answer to a message is lost, but the message is not: a client that sends again is seen twice.
func ExampleServer_Next() {
	server, err := fakeapi.New("bot-1", "key-1", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := server.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	err = server.Next(
		fakeapi.Fault{}, // the success goes well
		fakeapi.Fault{Status: 502, Process: fakeapi.ProcessAnyway},
		fakeapi.Fault{Cut: fakeapi.CutAfterBody},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(send(server.URL(), `{"platformConversationId":"123456789","eventType":"escalationSuccess"}`))
	for range 3 {
		fmt.Println(send(server.URL(), `{"platformConversationId":"123456789","eventType":"message","text":"Hello"}`))
	}
	for _, line := range server.Widget("123456789") {
		fmt.Println(line.Text)
	}
	// Output:
	// 200 OK
	// 502 Bad Gateway
	// no answer
	// 200 OK
	// An agent joined
	// Agent: Hello
	// Agent: Hello
}

// A tester stands for the *testing.T of a user's test.
type tester struct{}

func (tester) Helper()                           {}
func (tester) Errorf(format string, args ...any) { fmt.Printf(format, args...) }

// A test of a program's own: what the visitor saw, and that no rule was broken. Here one was.
func ExampleAssertClean() {
	t := tester{}
	noon := time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)
	server, err := fakeapi.New("bot-1", "key-1", &fakeapi.Config{Now: func() time.Time { return noon }})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := server.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	server.BeginRound("123456789")
	send(server.URL(), `{"platformConversationId":"123456789","eventType":"message","text":"Hello"}`)
	send(server.URL(), `{"platformConversationId":"123456789","eventType":"escalationSuccess","agent":"Ann"}`)

	fakeapi.AssertWidget(t, server, "123456789", "Agent: Hello", "Ann joined")
	fakeapi.AssertClean(t, server)
	// Output:
	// the client broke rules:
	//   request 1, message of conversation "123456789": sequence: out of order; before it came nothing
	//
	// conversation "123456789" of bot "bot-1", connected, round 1
	//     0.000  request 1    message text="Hello" -> 200
	//            finding      sequence: out of order; before it came nothing
	//     0.000  shown        "Agent: Hello" (of request 1)
	//     0.000  request 2    escalationSuccess agent="Ann" -> 200
	//     0.000  shown        "Ann joined" (of request 2)
}

// A platform that fails at every turn, in the same way each time. The client sends again until it is told 200.
func ExampleServer_SetChaos() {
	server, err := fakeapi.New("bot-1", "key-1", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := server.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	err = server.SetChaos(&fakeapi.Chaos{Seed: 7, Unavailable: 0.3, ErrorAfterProcessing: 0.3})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, event := range []string{
		`{"platformConversationId":"123456789","eventType":"escalationSuccess","agent":"Ann"}`,
		`{"platformConversationId":"123456789","eventType":"message","text":"Hello"}`,
	} {
		for send(server.URL(), event) != "200 OK" {
		}
	}
	for _, record := range server.Requests() {
		fmt.Println(record.EventType, record.Status, record.Processed)
	}
	fakeapi.AssertWidgetOnce(tester{}, server, "123456789", "Ann joined", "Ann: Hello")
	// Output:
	// escalationSuccess 503 false
	// escalationSuccess 200 true
	// message 503 false
	// message 502 true
	// message 200 true
}

// What went wrong is told in words: in the answer, in the records, and, for the order, in the violations.
func ExampleServer_Violations() {
	server, err := fakeapi.New("bot-1", "key-1", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := server.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	send(server.URL(), `{"platformConversationId":"123456789","eventType":"message","text":"Too early"}`)
	send(server.URL(), `{"platformConversationId":"123456789","eventType":"escalationSuccess","waitingTime":"12"}`)

	for _, record := range server.Conversation("123456789") {
		fmt.Println(record.N, record.EventType, record.Status, record.Problems)
	}
	for _, line := range server.Widget("123456789") {
		fmt.Println("the visitor saw:", line.Text)
	}
	for _, violation := range server.Violations() {
		fmt.Println(violation)
	}
	// Output:
	// 1 message 200 []
	// 2 escalationSuccess 400 [misplaced field "waitingTime": not with escalationSuccess]
	// the visitor saw: Agent: Too early
	// request 1: message out of order in round 1 of conversation "123456789"; before it came nothing
}
