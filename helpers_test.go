package escalation_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport"
)

const bot = "bot-1"

// quiet swallows the log lines of tests that make things fail on purpose.
var quiet = slog.New(slog.DiscardHandler)

// network is a transport under the test's control. It acknowledges unless told otherwise.
type network struct {
	mu       sync.Mutex
	requests []transport.Request
	answer   func(ctx context.Context, r transport.Request) transport.Result
}

func (n *network) Send(ctx context.Context, r transport.Request) transport.Result {
	n.mu.Lock()
	r.Body = slices.Clone(r.Body)
	n.requests = append(n.requests, r)
	answer := n.answer
	n.mu.Unlock()
	if answer != nil {
		return answer(ctx, r)
	}
	return acknowledged
}

// bodies returns what was sent for a conversation, in order.
func (n *network) bodies(conversation string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []string
	for _, r := range n.requests {
		if r.ConversationID == conversation {
			all = append(all, string(r.Body))
		}
	}
	return all
}

func (n *network) answers(f func(ctx context.Context, r transport.Request) transport.Result) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answer = f
}

var (
	acknowledged = transport.Result{Class: transport.Acknowledged, Status: 200}
	errNetwork   = errors.New("the network said no")
)

// always is an answer that does not look at the request.
func always(r transport.Result) func(context.Context, transport.Request) transport.Result {
	return func(context.Context, transport.Request) transport.Result { return r }
}

func newClient(t *testing.T, n transport.Transport, cfg *escalation.Config) *escalation.Client {
	t.Helper()
	if cfg == nil {
		cfg = &escalation.Config{}
	}
	cfg.Bot = bot
	if cfg.Logger == nil {
		cfg.Logger = quiet
	}
	client, err := escalation.New(memstore.New(nil), n, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return client
}

// samples are one event of each kind with the body it must travel in, for conversation "123".
var samples = map[events.Kind]struct {
	event events.Event
	body  string
}{
	events.KindEscalationQueueUpdate: {events.EscalationQueueUpdate{QueuePosition: "3", WaitingTime: "12"},
		`{"platformConversationId":"123","eventType":"escalationQueueUpdate","queuePosition":"3","waitingTime":"12"}`},
	events.KindEscalationSuccess: {events.EscalationSuccess{Agent: "John Smith"},
		`{"platformConversationId":"123","eventType":"escalationSuccess","agent":"John Smith"}`},
	events.KindMessage: {events.Message{Text: "Hello"},
		`{"platformConversationId":"123","eventType":"message","text":"Hello"}`},
	events.KindEscalationFailed: {events.EscalationFailed{},
		`{"platformConversationId":"123","eventType":"escalationFailed"}`},
	events.KindAgentDisconnect: {events.AgentDisconnect{},
		`{"platformConversationId":"123","eventType":"agentDisconnect"}`},
	events.KindWidgetEscalate:   {event: events.WidgetEscalate{EscalateTo: "sales"}},
	events.KindWidgetMessage:    {event: events.WidgetMessage{Text: "Is anybody there?"}},
	events.KindWidgetEndSession: {event: events.WidgetEndSession{}},
}

// put gives an event to the client the way it would come: outbound ones by Send, inbound ones by Receive.
func put(ctx context.Context, c *escalation.Client, conversation string, e events.Event) error {
	if in, ok := e.(events.Inbound); ok {
		return c.Receive(ctx, events.Envelope{BotID: bot, Channel: "chat", ConversationID: conversation, Event: in})
	}
	_, err := c.Conversation(conversation).Send(ctx, e.(events.Outbound))
	return err
}

// must puts sample events that have to succeed.
func must(t *testing.T, c *escalation.Client, conversation string, kinds ...events.Kind) {
	t.Helper()
	for _, k := range kinds {
		if err := put(t.Context(), c, conversation, samples[k].event); err != nil {
			t.Fatalf("%v: %v", k, err)
		}
	}
}

func wantState(t *testing.T, v *escalation.Conversation, want fsm.State, round int) {
	t.Helper()
	got, err := v.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	type position struct {
		State string
		Round int
	}
	if diff := cmp.Diff(position{want.String(), round}, position{got.State.String(), got.Round}); diff != "" {
		t.Fatalf("conversation stands elsewhere (-want +got):\n%s", diff)
	}
}
