package escalation_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// vault stands for wherever the keys of several bots are kept. It is asked before every attempt, so a key
// that was changed there is used from the next attempt on.
func vault(_ context.Context, botID string) (httptransport.Credentials, error) {
	keys := map[string]string{"bot-fi": "key-1", "bot-se": "key-2"}
	key, ok := keys[botID]
	if !ok {
		return httptransport.Credentials{}, errors.New("no key is kept for this bot")
	}
	return httptransport.Credentials{BotID: botID, Key: httptransport.NewSecret(key)}, nil
}

// Serve several bots with one client. The same conversation id under two bots is two conversations.
func ExampleClient_Bot() {
	ctx := context.Background()
	api, err := fakeBots()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer api.Close()

	network, err := httptransport.New(httptransport.ProviderFunc(vault), &httptransport.Config{BaseURL: api.URL()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer network.Close()
	client, err := escalation.New(memstore.New(nil), network, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(ctx)

	finnish := client.Bot("bot-fi").Conversation("123456789")
	swedish := client.Bot("bot-se").Conversation("123456789")
	if err := finnish.Open(ctx); err != nil {
		fmt.Println(err)
		return
	}
	for _, conversation := range []*escalation.Conversation{finnish, swedish} {
		if _, err := conversation.Send(ctx, events.EscalationSuccess{Agent: "Ann"}); err != nil {
			fmt.Printf("%s: %v\n", conversation.BotID(), err)
		}
	}
	for _, request := range api.Requests() {
		fmt.Printf("%s: %d %s\n", request.BotID, request.Status, request.Body)
	}
	// Output:
	// bot-se: rules: escalationSuccess refused in state none: sequence: no widgetEscalate has opened a round; allowed: none
	// bot-fi: 200 {"platformConversationId":"123456789","eventType":"escalationSuccess","agent":"Ann"}
}

// fakeBots starts a fake of the API that knows two bots.
func fakeBots() (*fakeapi.Server, error) {
	api, err := fakeapi.New("bot-fi", "key-1", nil)
	if err != nil {
		return nil, err
	}
	return api, errors.Join(api.SetKey("bot-se", "key-2"), api.Start())
}
