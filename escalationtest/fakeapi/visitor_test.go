package fakeapi_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// play does what the letters say with conversation c1: E the bot escalates, W the visitor writes, L leaves; V says so only;
// the events of the CRM as in marks.
func play(t *testing.T, s *fakeapi.Server, word string) {
	t.Helper()
	for _, letter := range word {
		switch letter {
		case 'E':
			must(t, s.Escalate("c1", ""))
		case 'W':
			must(t, s.Write("c1", "Hi"))
		case 'L':
			must(t, s.Leave("c1"))
		case 'V':
			s.VisitorLeft("c1")
		default:
			serve(s, events[letter], nil)
		}
	}
}

func TestStateFollowsTheEventsInOrder(t *testing.T) {
	for _, c := range []struct {
		why, word string
		phase     fakeapi.Phase
		round     int
		text      string
	}{
		{"nothing happened", "", fakeapi.Idle, 0, "none"},
		{"talk with the bot", "W", fakeapi.Idle, 0, "none"},
		{"the bot escalated", "E", fakeapi.Waiting, 1, "pending"},
		{"a queue update", "EQ", fakeapi.Queued, 1, "queued"},
		{"several", "EQQ", fakeapi.Queued, 1, "queued"},
		{"an agent at once", "ES", fakeapi.Connected, 1, "connected"},
		{"messages change nothing", "EQSMM", fakeapi.Connected, 1, "connected"},
		{"no agent", "EF", fakeapi.Failed, 1, "failed"},
		{"no agent after a wait", "EQF", fakeapi.Failed, 1, "failed"},
		{"the agent left", "ESMD", fakeapi.Disconnected, 1, "ended"},
		{"the visitor left while waiting", "EL", fakeapi.Left, 1, "ended"},
		{"the visitor left an agent", "ESL", fakeapi.Left, 1, "ended"},
		{"somebody else told that the visitor left", "ESV", fakeapi.Left, 1, "ended"},
		{"who leaves what has ended leaves nothing", "ESDV", fakeapi.Disconnected, 1, "ended"},
		{"what comes out of order changes nothing", "EM", fakeapi.Waiting, 1, "pending"},
		{"also in the end", "ESDS", fakeapi.Disconnected, 1, "ended"},
		{"also after the visitor left", "ELS", fakeapi.Left, 1, "ended"},
		{"a second round", "EFE", fakeapi.Waiting, 2, "pending"},
		{"after the visitor left", "ELEQ", fakeapi.Queued, 2, "queued"},
		{"an event begins a round where the visitor did not", "WQ", fakeapi.Queued, 1, "queued"},
	} {
		t.Run(c.why, func(t *testing.T) {
			s, _ := newPair(t, nil)
			play(t, s, c.word)
			got := s.State("c1")
			if want := (fakeapi.State{Phase: c.phase, Round: c.round}); got != want || got.String() != c.text {
				t.Errorf("%+v, want %+v; %s, want %s", got, want, got, c.text)
			}
			live := c.text == "pending" || c.text == "queued" || c.text == "connected"
			if got.Live() != live {
				t.Errorf("live: %v", got.Live())
			}
		})
	}
	if p := fakeapi.Phase(99); p.Valid() || p.String() != "unknown phase" {
		t.Error(p)
	}
}

func TestVisitorIsToldWhatCannotBe(t *testing.T) {
	s, c := newPair(t, nil)
	for _, refused := range []struct {
		why  string
		err  error
		want error
	}{
		{"leaving what is not known", s.Leave("c1"), fakeapi.ErrNotEscalated},
		{"an empty id", s.Escalate("", ""), nil},
		{"an id that JSON cannot carry", s.Escalate("\xff", ""), nil},
		{"a target that JSON cannot carry", s.Escalate("c1", "\xff"), nil},
		{"nothing written", s.Write("c1", ""), nil},
		{"words that JSON cannot carry", s.Write("c1", "\xff"), nil},
	} {
		if refused.err == nil || refused.want != nil && !errors.Is(refused.err, refused.want) || !strings.HasPrefix(refused.err.Error(), "fakeapi: ") {
			t.Errorf("%s: %v", refused.why, refused.err)
		}
	}
	if got := s.Conversations(); got != nil {
		t.Errorf("refused, but known: %q", got)
	}
	for _, word := range []string{"E", "Q", "S"} { // whatever the live state
		play(t, s, word)
		if err := s.Escalate("c1", ""); !errors.Is(err, fakeapi.ErrEscalated) {
			t.Errorf("escalated twice: %v", err)
		}
	}
	play(t, s, "L")
	if err := s.Leave("c1"); !errors.Is(err, fakeapi.ErrNotEscalated) {
		t.Errorf("left twice: %v", err)
	}
	must(t, s.WaitWebhooks(bounded(t), 2))
	if diff := cmp.Diff([]string{escalated, ended}, c.got()); diff != "" {
		t.Error(diff)
	}
	must(t, s.Close())
	for _, err := range []error{s.Escalate("c1", ""), s.Write("c1", "Hi"), s.Leave("c1")} {
		if !errors.Is(err, fakeapi.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

// line is what these tests compare of a Line.
func line(l fakeapi.Line) string {
	return fmt.Sprintf("%s %d/%d %q %s", l.By, l.N, l.Round, l.EventType, l.Text)
}

func TestWidgetShowsAllThreeSides(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	s, c := newPair(t, &fakeapi.Config{
		Now: func() time.Time { now = now.Add(time.Second); return now },
		Answer: func(text string) (string, bool) {
			return map[string]string{"Hi": "Hello yourself", "Help": "One moment"}[text], text != "Hi"
		},
	})
	for _, text := range []string{"Hi", "Help", "Anybody?", "Really?"} {
		must(t, s.Write("c1", text))
	}
	play(t, s, "SM")
	must(t, s.Leave("c1"))
	must(t, s.Write("c1", "Help me")) // a reply of nothing, and an escalation
	want := []string{
		`visitor 0/0 "" Hi`,
		`bot 0/0 "" Hello yourself`,
		`visitor 0/0 "" Help`,
		`bot 0/0 "" One moment`,
		`visitor 0/1 "widgetMessage" Anybody?`,
		`visitor 0/1 "widgetMessage" Really?`,
		`crm 1/1 "escalationSuccess" John Smith joined`,
		`crm 2/1 "message" John Smith: Hello`,
		`visitor 0/1 "" Help me`,
	}
	var got []string
	at := time.Time{}
	for _, l := range s.Widget("c1") {
		got = append(got, line(l))
		if !l.At.After(at) {
			t.Errorf("%s is shown at %v, after %v", l.Text, l.At, at)
		}
		at = l.At
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	must(t, s.WaitWebhooks(bounded(t), 5))
	if diff := cmp.Diff([]string{escalated, wrote("Anybody?"), wrote("Really?"), ended, escalated}, c.got()); diff != "" {
		t.Error(diff)
	}
	if b := fakeapi.By(9); b.String() != "unknown" {
		t.Error(b)
	}
}

func TestTheBotEscalatesWhenAskedForAPerson(t *testing.T) {
	for text, want := range map[string]bool{
		"I want a HUMAN!": true, "agent, please": true, "Is there any person?": true,
		"humanity": false, "Where is my order?": false, "Привет": false,
	} {
		s, _ := newPair(t, nil)
		must(t, s.Write("c1", text))
		if got := s.State("c1").Live(); got != want {
			t.Errorf("%q: escalated %v", text, got)
		}
		if lines := s.Widget("c1"); len(lines) != 2 || lines[1].By != fakeapi.ByBot || lines[1].Text == "" {
			t.Errorf("%q: %v", text, lines)
		}
	}
}

// While the bot thinks, somebody else escalates: then it must be quiet.
func TestTheBotIsQuietInALiveRound(t *testing.T) {
	var s *fakeapi.Server
	s, _ = newPair(t, &fakeapi.Config{Answer: func(string) (string, bool) {
		must(t, s.Escalate("c1", ""))
		return "Hello", true
	}})
	must(t, s.Write("c1", "Hi"))
	if got := s.State("c1"); got.Round != 1 || texts(s.Widget("c1")) != "Hi" {
		t.Errorf("%+v, %s", got, texts(s.Widget("c1")))
	}
}

func TestConversationsInOrderOfAppearance(t *testing.T) {
	s, _ := newPair(t, nil)
	must(t, s.Write("c3", "Hi"))
	serve(s, message, nil)
	must(t, s.Escalate("c2", ""))
	s.BeginRound("c5")
	s.VisitorLeft("c4")
	serve(s, strings.Replace(message, "c1", "c6", 1), header("Authorization", "wrong"))
	must(t, s.Write("c3", "Hi"))
	must(t, s.Bot("bot-2").Escalate("c9", ""))
	if diff := cmp.Diff([]string{"c3", "c1", "c2", "c5", "c4"}, s.Conversations()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"c9"}, s.Bot("bot-2").Conversations()); diff != "" {
		t.Error(diff)
	}
}

func TestBotsHaveVisitorsOfTheirOwn(t *testing.T) {
	s, c := newPair(t, nil)
	b := s.Bot("bot-2")
	must(t, b.NextWebhookFor("c1", fakeapi.WebhookFault{}, fakeapi.WebhookFault{Drop: true}))
	must(t, b.Escalate("c1", "sales"))
	must(t, b.Write("c1", "Hi"))
	must(t, b.Leave("c1"))
	must(t, s.WaitWebhooks(bounded(t), 3))
	if s.State("c1") != (fakeapi.State{}) || b.State("c1").Phase != fakeapi.Left || len(s.Widget("c1")) != 0 {
		t.Error("the bots share a conversation")
	}
	want := []string{
		`{"botId":"bot-2","channel":"chat","data":{"platformConversationId":"c1","eventType":"widgetEscalate","escalateTo":"sales"}}`,
		strings.Replace(ended, "bot-1", "bot-2", 1),
	}
	if diff := cmp.Diff(want, c.got()); diff != "" {
		t.Error(diff)
	}
}
