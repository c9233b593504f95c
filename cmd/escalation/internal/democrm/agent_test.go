package democrm_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// TestViewAndAct: in every state, what the view says of each kind is what happens to whoever tries.
func TestViewAndAct(t *testing.T) {
	const (
		notOpened = "no widgetEscalate has opened a round"
		over      = "the round is over; only a new widgetEscalate opens another"
		noAgent   = "no agent is connected yet; escalationSuccess comes first"
		nobody    = "no agent is connected who could leave; escalationFailed ends the wait"
	)
	events := []events.Outbound{
		events.EscalationQueueUpdate{}, events.EscalationSuccess{}, events.Message{Text: "Hello"},
		events.EscalationFailed{}, events.AgentDisconnect{},
	}
	w := newWorld(t)
	for _, c := range []struct {
		state   fsm.State
		round   int
		reach   func(id string)
		reasons [5]string // empty: allowed
	}{
		{fsm.None, 0, func(string) {}, [5]string{notOpened, notOpened, notOpened, notOpened, notOpened}},
		{fsm.Pending, 1, func(id string) { w.visitor(id, escalate) }, [5]string{"", "", noAgent, "", nobody}},
		{fsm.Queued, 1, func(id string) {
			w.visitor(id, escalate)
			w.act(id, events[0])
		}, [5]string{"", "", noAgent, "", nobody}},
		{fsm.Connected, 1, func(id string) {
			w.visitor(id, escalate)
			w.act(id, events[1])
		}, [5]string{
			"the visitor no longer waits", "an agent is connected already", "",
			"it says that nobody could be connected; agentDisconnect ends the conversation", "",
		}},
		{fsm.Failed, 1, func(id string) {
			w.visitor(id, escalate)
			w.act(id, events[3])
		}, [5]string{over, over, over, over, over}},
		{fsm.Ended, 1, func(id string) {
			w.visitor(id, escalate)
			w.act(id, events[1], events[4])
		}, [5]string{over, over, over, over, over}},
		{fsm.Pending, 2, func(id string) {
			w.visitor(id, escalate)
			w.act(id, events[3])
			must(t, w.api.WaitWidget(bounded(t), id, 1)) // before it nobody can ask again
			w.visitor(id, escalate)
		}, [5]string{"", "", noAgent, "", nobody}},
	} {
		want := desk.View{State: c.state, Accepted: c.state, Round: c.round}
		for i, e := range events {
			kind := desk.KindView{Kind: e.Kind(), Allowed: c.reasons[i] == "", Reason: c.reasons[i], Rules: []string{}}
			if !kind.Allowed {
				kind.Rules = []string{"sequence"}
			}
			want.Kinds = append(want.Kinds, kind)
		}
		for i, e := range events { // one conversation for each, because what is taken moves the state
			want.Conversation = strings.Join([]string{c.state.String(), e.Kind().String(), string(rune('0' + c.round))}, " ")
			c.reach(want.Conversation)
			until(t, "everything is sent", func() bool { return w.view(want.Conversation).Pending == 0 })
			if diff := cmp.Diff(want, w.view(want.Conversation)); diff != "" {
				t.Errorf("view (-want +got):\n%s", diff)
			}
			err := w.try(want.Conversation, e)
			if c.reasons[i] == "" {
				if err != nil {
					t.Errorf("%v in %v: %v", e.Kind(), c.state, err)
				}
				continue
			}
			refusal, ok := errors.AsType[*desk.Refusal](err)
			if !ok {
				t.Errorf("%v in %v: %v", e.Kind(), c.state, err)
				continue
			}
			var allowed []string
			for j, other := range events {
				if c.reasons[j] == "" {
					allowed = append(allowed, other.Kind().String())
				}
			}
			told := &desk.Refusal{Rules: []string{"sequence"}, Message: c.reasons[i], Allowed: allowed}
			if diff := cmp.Diff(told, refusal, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%v in %v (-want +got):\n%s", e.Kind(), c.state, diff)
			}
		}
	}
	w.wantInOrder()
}

// TestViewIsOfOneMoment: what a view says belongs together, however fast things happen meanwhile.
func TestViewIsOfOneMoment(t *testing.T) {
	possible := map[fsm.State][]string{
		fsm.None: nil, fsm.Ended: nil,
		fsm.Pending:   {"escalationQueueUpdate", "escalationSuccess", "escalationFailed"},
		fsm.Connected: {"message", "agentDisconnect"},
	}
	w := newWorld(t)
	const enough = 20 // of both
	var rounds atomic.Int64
	stop, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		conversation := w.crm.Client().Bot(bot).Conversation("1")
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := errors.Join(conversation.Open(t.Context()), w.try("1", events.EscalationSuccess{}), conversation.VisitorEnded(t.Context())); err != nil {
				t.Error(err)
				return
			}
			rounds.Add(1)
		}
	}()
	defer func() { close(stop); <-over }()
	for looks := 0; !t.Failed() && (looks < enough || rounds.Load() < enough); looks++ {
		view, err := w.crm.View(t.Context(), "1")
		must(t, err)
		var got []string
		for _, k := range view.Kinds {
			if k.Allowed {
				got = append(got, k.Kind.String())
			}
		}
		if diff := cmp.Diff(possible[view.Accepted], got); diff != "" {
			t.Fatalf("in %v (-want +got):\n%s", view.Accepted, diff)
		}
	}
}

// TestViewAhead: the agent acts on what was taken, while the platform is still slow with it.
func TestViewAhead(t *testing.T) {
	w := newWorld(t)
	w.visitor("1", escalate)
	slow := &fakeapi.Hold{}
	must(t, w.api.Next(fakeapi.Fault{Hold: slow}))
	w.act("1", events.EscalationSuccess{}, events.Message{Text: "Hello"})
	got := w.view("1")
	if got.State != fsm.Pending || got.Accepted != fsm.Connected || got.Pending != 2 || !got.Kind(events.KindMessage).Allowed {
		t.Errorf("%+v", got)
	}
	slow.Release()
	until(t, "everything is sent", func() bool { return w.view("1").Pending == 0 })
	if got := w.view("1"); got.State != fsm.Connected {
		t.Errorf("%+v", got)
	}
}

func TestRefusedBodies(t *testing.T) {
	w := newWorld(t)
	w.visitor("1", escalate)
	waiting := []string{"escalationQueueUpdate", "escalationSuccess", "escalationFailed"}
	for _, c := range []struct {
		why, body string
		rules     []string
		message   string // a part of it
		allowed   []string
	}{
		{"not JSON", `message`, []string{"body-json"}, "JSON", nil},
		{"no words", `{"platformConversationId":"1","eventType":"message"}`, []string{"text-required"}, "text", waiting},
		{"no such event", `{"platformConversationId":"1","eventType":"typing"}`, []string{"event-type"}, "eventType", waiting},
		{"whose", `{"eventType":"escalationFailed"}`, []string{"conversation-id"}, "platformConversationId", nil},
		{"a number is no string", `{"platformConversationId":"1","eventType":"escalationQueueUpdate","queuePosition":3}`, []string{"field-type"}, "queuePosition", waiting},
		{"two mistakes of one kind", `{"platformConversationId":"1","eventType":"escalationQueueUpdate","queuePosition":3,"waitingTime":4}`,
			[]string{"field-type"}, "waitingTime", waiting},
		{"a field of another event", `{"platformConversationId":"1","eventType":"escalationSuccess","text":"Hi"}`, []string{"field-kind"}, "text", waiting},
		{"the reference and the guide disagree", `{"platformConversationId":"1","eventType":"escalationSuccess","queuePosition":"3"}`, []string{"queue-fields"}, "C1", waiting},
		{"a rule about the value", `{"platformConversationId":"1","eventType":"escalationQueueUpdate","queuePosition":"third"}`,
			[]string{"queue-position-positive"}, "whole number", waiting},
		{"two rules at once", `{"platformConversationId":"1","eventType":"escalationQueueUpdate","queuePosition":"third","waitingTime":"soon"}`,
			[]string{"queue-position-positive", "waiting-time-whole"}, "minutes", waiting},
		{"what would not be sent", `{"platformConversationId":"1","eventType":"escalationFailed","mood":"bad"}`, []string{}, `no field "mood"`, waiting},
		{"from the widget", `{"botId":"bot-1","data":{"platformConversationId":"1","eventType":"widgetEscalate"}}`, []string{"event-type"}, "eventType", nil},
	} {
		err := w.agent.Act(bounded(t), []byte(c.body))
		refusal, ok := errors.AsType[*desk.Refusal](err)
		if !ok {
			t.Errorf("%s: %v", c.why, err)
			continue
		}
		if diff := cmp.Diff(c.rules, refusal.Rules); diff != "" {
			t.Errorf("%s: rules (-want +got):\n%s", c.why, diff)
		}
		if diff := cmp.Diff(c.allowed, refusal.Allowed, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: allowed (-want +got):\n%s", c.why, diff)
		}
		if !strings.Contains(refusal.Message, c.message) {
			t.Errorf("%s: %s, want it to name %s", c.why, refusal.Message, c.message)
		}
	}
	if got := w.api.Requests(); len(got) > 0 {
		t.Errorf("%d requests were made", len(got))
	}
}

var escalate = events.WidgetEscalate{}

func (w *world) view(conversation string) desk.View {
	w.t.Helper()
	view, err := w.agent.View(bounded(w.t), conversation)
	must(w.t, err)
	return view
}
