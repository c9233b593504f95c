package democrm_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

func TestWholeEscalation(t *testing.T) {
	w := newWorld(t)
	w.visitor("1", events.WidgetEscalate{EscalateTo: "support"})
	w.act("1", events.NewEscalationQueueUpdate(3, 0))
	w.wantWidget("1", "You are number 3 in the queue")
	w.act("1", events.EscalationSuccess{Agent: "Ann"}, events.Message{Text: "Hello"})
	w.visitor("1", events.WidgetMessage{Text: "Hi"})
	w.act("1", events.AgentDisconnect{})
	w.wantWidget("1", "You are number 3 in the queue", "Ann joined", "Ann: Hello", "The agent left")
	w.visitor("1", events.WidgetEscalate{})
	w.act("1", events.EscalationFailed{})
	w.wantWidget("1", "You are number 3 in the queue", "Ann joined", "Ann: Hello", "The agent left", "No agent could be connected")
	w.wantInOrder()
}

// TestBurst: an agent is faster than the platform, in many conversations at once.
func TestBurst(t *testing.T) {
	w := newWorld(t)
	const conversations, lines = 8, 25
	slow := &fakeapi.Hold{}
	must(t, w.api.Next(fakeapi.Fault{Hold: slow}))
	for i := range conversations {
		w.connect(fmt.Sprint("c", i))
	}
	var all sync.WaitGroup
	for i := range conversations {
		all.Go(func() {
			said, _ := messages(lines)
			for _, e := range append(said, events.AgentDisconnect{}) {
				if err := w.try(fmt.Sprint("c", i), e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	slow.Release()
	_, read := messages(lines)
	for i := range conversations {
		w.wantWidget(fmt.Sprint("c", i), append(append([]string{"Ann joined"}, read...), "The agent left")...)
	}
	w.wantInOrder()
}

func TestVisitorLeaves(t *testing.T) {
	w := newWorld(t)
	w.connect("1")
	w.wantWidget("1", "Ann joined")
	slow := &fakeapi.Hold{}
	must(t, w.api.Next(fakeapi.Fault{Hold: slow}))
	w.act("1", events.Message{Text: "one"}, events.Message{Text: "two"}, events.Message{Text: "three"})
	must(t, slow.Wait(bounded(t), 1))
	w.visitor("1", events.WidgetEndSession{})
	slow.Release()
	w.wantWidget("1", "Ann joined", "Ann: one") // it was on its way when the visitor left
	if err := w.try("1", events.Message{Text: "four"}); err == nil {
		t.Error("a message after the end was taken")
	}
	w.visitor("1", events.WidgetEscalate{}) // what is left of the first round would come now
	w.act("1", events.EscalationSuccess{Agent: "Bob"})
	w.wantWidget("1", "Ann joined", "Ann: one", "Bob joined")
	w.wantInOrder()
}

// TestUnknownOutcomes: what may have arrived is sent again, and nothing overtakes it.
func TestUnknownOutcomes(t *testing.T) {
	w := newWorld(t)
	must(t, w.api.Next(
		fakeapi.Fault{Status: 502, Process: fakeapi.ProcessAnyway},
		fakeapi.Fault{},
		fakeapi.Fault{Cut: fakeapi.CutAfterBody, Process: fakeapi.ProcessAnyway},
		fakeapi.Fault{Cut: fakeapi.CutBeforeBody},
	))
	w.connect("1")
	w.act("1", events.Message{Text: "one"}, events.Message{Text: "two"})
	w.wantWidget("1", "Ann joined", "Ann joined", "Ann: one", "Ann: one", "Ann: two")
	for _, v := range w.api.Violations() {
		if !v.Repeat {
			t.Errorf("avoidable: %v", v)
		}
	}
}

// TestAttemptTimeout: a platform that never answers is asked again when the time for one attempt is over.
func TestAttemptTimeout(t *testing.T) {
	api := startPlatform(t)
	cfg := config(t, api, openDatabase(t))
	cfg.AttemptTimeout = 500 * time.Millisecond
	w := start(t, cfg, api)
	must(t, api.Next(fakeapi.Fault{Hold: &fakeapi.Hold{}}))
	w.connect("1")
	w.wantWidget("1", "Ann joined")
}

func TestWebhookIsVerified(t *testing.T) {
	w := newWorld(t)
	sign, err := fakeapi.SharedSecretSigner(header, "secret-2")
	must(t, err)
	must(t, w.api.SetWebhook(&fakeapi.Webhook{URL: w.crm.WebhookURL(), Sign: sign}))
	w.does("1", escalate)
	if got := w.answer("1"); got != http.StatusUnauthorized {
		t.Errorf("a wrong secret is answered %d", got)
	}
	if err := w.try("1", events.EscalationSuccess{}); err == nil {
		t.Error("it opened a round")
	}
}

// TestRepeatedWebhooks: a second copy of what opened or ended the round changes nothing.
func TestRepeatedWebhooks(t *testing.T) {
	w := newWorld(t)
	must(t, w.api.NextWebhook(fakeapi.WebhookFault{Copies: 2}, fakeapi.WebhookFault{Copies: 2}))
	w.visitor("1", escalate)
	w.act("1", events.EscalationSuccess{Agent: "Ann"})
	w.wantWidget("1", "Ann joined")
	must(t, w.api.Redeliver(bounded(t), 1))
	w.act("1", events.Message{Text: "Hello"})
	w.wantWidget("1", "Ann joined", "Ann: Hello")
	w.visitor("1", events.WidgetEndSession{})
	must(t, w.api.WaitWebhooks(bounded(t), 7))
	if got := w.view("1"); got.Round != 1 || got.State != fsm.Ended {
		t.Errorf("%+v", got)
	}
}

// TestOtherNames: a page in a browser can make a name of its own lead to loopback.
func TestOtherNames(t *testing.T) {
	w := newWorld(t)
	for host, want := range map[string]int{
		"127.0.0.1": 200, "localhost:80": 200, "[::1]:1": 200,
		"crm.example": 403, "127.0.0.1.example:80": 403, "10.0.0.1": 403, "localhost.": 403,
	} {
		r, err := http.NewRequestWithContext(bounded(t), http.MethodGet, w.crm.DeskURL()+"?conversation=1", nil)
		must(t, err)
		r.Host = host
		answer, err := http.DefaultClient.Do(r)
		must(t, err)
		must(t, answer.Body.Close())
		if answer.StatusCode != want {
			t.Errorf("%s is answered %d, want %d", host, answer.StatusCode, want)
		}
	}
}

func TestStartRefuses(t *testing.T) {
	api, db := startPlatform(t), openDatabase(t)
	good := config(t, api, db)
	for _, c := range []struct {
		why   string
		spoil func(*configuration)
	}{
		{"no database", func(c *configuration) { c.DB = nil }},
		{"no key", func(c *configuration) { c.Key = "" }},
		{"no bot", func(c *configuration) { c.Bot = "" }},
		{"a key that no header can carry", func(c *configuration) { c.Key = "a\nb" }},
		{"plain http to another host", func(c *configuration) { c.BaseURL = "http://api.example" }},
		{"whether webhooks are verified is for the caller to say", func(c *configuration) { c.Verifier = nil }},
		{"not on loopback", func(c *configuration) { c.Addr = "0.0.0.0:0" }},
		{"any address there is", func(c *configuration) { c.Addr = ":0" }},
		{"no port", func(c *configuration) { c.Addr = "127.0.0.1" }},
		{"time cannot be negative", func(c *configuration) { c.Settle = -1 }},
	} {
		cfg := good
		c.spoil(&cfg)
		if crm, err := startOnly(t, cfg); err == nil {
			t.Errorf("%s: started", c.why)
			must(t, crm.Close(t.Context()))
		} else if len(err.Error()) < 9 || err.Error()[:9] != "democrm: " {
			t.Errorf("%s: %v", c.why, err)
		}
	}
	w := start(t, good, api) // nothing of the failures is left: the database is free
	if _, err := startOnly(t, good); err == nil {
		t.Error("two CRMs on one database")
	}
	w.visitor("1", events.WidgetEscalate{})
}

// TestInbound: the host sees what the visitor does.
func TestInbound(t *testing.T) {
	api := startPlatform(t)
	cfg := config(t, api, openDatabase(t))
	got := make(chan string, 10)
	cfg.OnInbound = record(got)
	w := start(t, cfg, api)
	w.visitor("1", events.WidgetEscalate{})
	w.visitor("1", events.WidgetMessage{Text: "Hi"})
	w.visitor("1", events.WidgetEndSession{})
	var all []string
	for range 3 {
		all = append(all, <-got)
	}
	if diff := cmp.Diff([]string{"1 widgetEscalate", "2 widgetMessage", "3 widgetEndSession"}, all); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
