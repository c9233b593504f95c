package democrm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// What the desk says of its choices, as a person reads it.
const (
	again  = "Once more."
	twice  = "If it has arrived already, it is seen twice."
	other  = "In other words."
	both   = "If the first one has arrived already, both are seen."
	marked = "You saw it in the widget. It counts as acknowledged."
	left   = "Never sent. What waits behind it follows, where it can."
	ended  = "Nothing more is sent, and the visitor is not told."
)

// parkAtMessage parks a new conversation at its first message, which the visitor has seen three times or never.
func (w *world) parkAtMessage(conversation string, seen bool) {
	w.t.Helper()
	w.connect(conversation)
	until(w.t, "the agent has joined", func() bool { return w.view(conversation).Pending == 0 })
	lost := fakeapi.Fault{Status: 500, Process: fakeapi.ProcessNever}
	if seen {
		lost.Process = fakeapi.ProcessAnyway
	}
	must(w.t, w.api.Next(lost, lost, lost))
	w.act(conversation, events.Message{Text: "first"}, events.Message{Text: "second"})
	until(w.t, "it is parked", func() bool { return w.view(conversation).Parked != "" })
}

// decide posts a decision, with what a person has typed, if anything.
func (w *world) decide(conversation, id string, event desk.Event) error {
	w.t.Helper()
	fields := desk.Event{"repair": id}
	for name, value := range event {
		fields[name] = value
	}
	body, err := fields.Body(conversation)
	must(w.t, err)
	return w.agent.Act(bounded(w.t), body)
}

// TestViewParked: what stopped delivery, in words, with what may be decided about it.
func TestViewParked(t *testing.T) {
	w := newWorld(t)
	look := func(id, parked string, pending int, repairs ...desk.Repair) {
		t.Helper()
		got := w.view(id)
		if got.Parked != parked || got.Pending != pending {
			t.Errorf("%q, %d pending", got.Parked, got.Pending)
		}
		if diff := cmp.Diff(repairs, got.Repairs); diff != "" {
			t.Errorf("repairs (-want +got):\n%s", diff)
		}
	}
	w.visitor("rejected", escalate)
	must(t, w.api.Next(fakeapi.Fault{Status: 400}))
	w.act("rejected", events.EscalationSuccess{Agent: "Ann", AgentAvatar: "https://example.com/ann.bmp"}, events.Message{Text: "Hello"})
	until(t, "it is parked", func() bool { return w.view("rejected").Parked != "" })
	look("rejected", "escalationSuccess (event 1) was rejected by the API", 2,
		desk.Repair{ // first: as it was it would be rejected again
			ID: "1 replace", Label: "Send this instead", About: other,
			Event: desk.Event{"eventType": "escalationSuccess", "agent": "Ann", "agentAvatar": "https://example.com/ann.bmp"},
		},
		desk.Repair{ID: "1 retry", Label: "Send it again", About: again},
		desk.Repair{ID: "1 mark acknowledged", Label: "It has arrived", About: marked},
		desk.Repair{ID: "1 skip", Label: "Leave it out", About: left},
		desk.Repair{ID: "1 abort", Label: "End the round", About: ended})

	must(t, w.decide("rejected", "1 skip", nil))
	until(t, "the next one is parked", func() bool { return strings.Contains(w.view("rejected").Parked, "event 2") })
	look("rejected", "message (event 2) is not possible without event 1, which was not acknowledged", 1,
		desk.Repair{ID: "2 skip", Label: "Leave it out", About: "Never sent, nor is what cannot be without event 1."},
		desk.Repair{ID: "2 abort", Label: "End the round", About: ended})
	must(t, w.decide("rejected", "2 skip", nil))
	look("rejected", "", 0)

	w.parkAtMessage("unknown", false)
	look("unknown", "nobody knows whether message (event 2) has arrived: 3 attempts had no answer that says so", 2,
		desk.Repair{ID: "2 retry", Label: "Send it again", About: twice},
		desk.Repair{ID: "2 replace", Label: "Send this instead", About: both, Event: desk.Event{"eventType": "message", "text": "first"}},
		desk.Repair{ID: "2 mark acknowledged", Label: "It has arrived", About: marked},
		desk.Repair{ID: "2 skip", Label: "Leave it out", About: left},
		desk.Repair{ID: "2 abort", Label: "End the round", About: ended})
}

// TestNothingToReplace: what has no fields cannot be sent in other words, and what is long is not typed anew.
func TestNothingToReplace(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		id    string
		event events.Outbound
	}{{"empty", events.AgentDisconnect{}}, {"long", events.EscalationSuccess{Agent: strings.Repeat("x", 16<<10)}}} {
		if c.id == "empty" {
			w.connect(c.id)
		} else {
			w.visitor(c.id, escalate)
		}
		until(t, "everything is sent", func() bool { return w.view(c.id).Pending == 0 })
		must(t, w.api.Next(fakeapi.Fault{Status: 400}))
		w.act(c.id, c.event)
		until(t, "it is parked", func() bool { return w.view(c.id).Parked != "" })
		var ids []string
		for _, r := range w.view(c.id).Repairs {
			_, verb, _ := strings.Cut(r.ID, " ")
			ids = append(ids, verb)
		}
		if diff := cmp.Diff([]string{"retry", "mark acknowledged", "skip", "abort"}, ids); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.id, diff)
		}
	}
}

// TestRepairs: each choice does what is said of it, once, and who decided is on record.
func TestRepairs(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		verb  string
		event desk.Event
		seen  bool
		state fsm.State
		lines []string
	}{
		{"retry", nil, false, fsm.Connected, []string{"Ann joined", "Ann: first", "Ann: second"}},
		{"replace", desk.Event{"eventType": "message", "text": "other"}, false, fsm.Connected, []string{"Ann joined", "Ann: other", "Ann: second"}},
		{"mark acknowledged", nil, true, fsm.Connected, []string{"Ann joined", "Ann: first", "Ann: first", "Ann: first", "Ann: second"}},
		{"skip", nil, false, fsm.Connected, []string{"Ann joined", "Ann: second"}},
		{"abort", nil, false, fsm.Ended, []string{"Ann joined"}},
	} {
		w.parkAtMessage(c.verb, c.seen)
		if err := w.decide(c.verb, "2 "+c.verb, c.event); err != nil {
			t.Errorf("%s: %v", c.verb, err)
			continue
		}
		until(t, "the rest follows", func() bool { return w.view(c.verb).Pending == 0 })
		view := w.view(c.verb)
		if view.Parked != "" || view.Repairs != nil || view.State != c.state {
			t.Errorf("%s: %+v", c.verb, view)
		}
		w.wantWidget(c.verb, c.lines...)
		w.wantRefused(c.verb, "2 "+c.verb, c.event, "the conversation is not parked")
		entries, err := w.crm.Client().Bot(bot).Conversation(c.verb).History(t.Context(), 1, 1)
		must(t, err)
		if got := entries[0].Repairs; len(got) != 1 || got[0].Verb != c.verb || got[0].By != "the agent" || got[0].Why != "decided at the desk" {
			t.Errorf("%s: on record are %+v", c.verb, got)
		}
	}
	w.wantInOrder()
}

// TestRepairsRefused: what cannot be done is refused, and delivery stands where it stood.
func TestRepairsRefused(t *testing.T) {
	w := newWorld(t)
	w.parkAtMessage("1", false)
	for _, c := range []struct {
		why, id string
		event   desk.Event
		want    string
	}{
		{"another event's turn", "1 retry", nil, "the event is not the one it is parked at"},
		{"no verb", "2 hope", nil, "there is no such choice"},
		{"no number", "retry", nil, "there is no such choice"},
		{"nothing instead", "2 replace", nil, "eventType"},
		{"another kind", "2 replace", desk.Event{"eventType": "agentDisconnect"}, "a replacement must be of the same kind"},
		{"no words", "2 replace", desk.Event{"eventType": "message"}, "text"},
	} {
		t.Run(c.why, func(t *testing.T) {
			w := *w
			w.t = t
			w.wantRefused("1", c.id, c.event, c.want)
		})
	}
	w.wantRefused("never heard of", "1 retry", nil, "the conversation is not parked")
	if err := w.agent.Act(bounded(t), []byte(`{"repair":"2 retry"}`)); !refused(err, "platformConversationId") {
		t.Errorf("whose: %v", err)
	}
	if view := w.view("1"); view.Parked == "" || view.Pending != 2 {
		t.Errorf("%+v", view)
	}
}

func (w *world) wantRefused(conversation, id string, event desk.Event, want string) {
	w.t.Helper()
	if err := w.decide(conversation, id, event); !refused(err, want) {
		w.t.Errorf("%s: %v, want it refused: %s", id, err, want)
	}
}

func refused(err error, want string) bool {
	refusal, ok := errors.AsType[*desk.Refusal](err)
	return ok && strings.Contains(refusal.Message, want)
}
