package democrm_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/cmd/escalation/internal/democrm"
	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/webhook"
)

const (
	bot    = "bot-1"
	key    = "key-1"
	header = "X-Secret"
	secret = "secret-1"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bounded is a context for waits: whoever is not there by then never comes.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// until waits for a condition that nobody announces.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	within(t, 20*time.Second, what, holds)
}

func within(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	for range limit / time.Millisecond { // no time is counted during which the machine stands still
		if holds() {
			return
		}
		<-time.After(time.Millisecond)
	}
	t.Fatalf("not within %v: %s", limit, what)
}

func startPlatform(t *testing.T) *fakeapi.Server {
	t.Helper()
	api, err := fakeapi.New(bot, key, nil)
	must(t, err)
	must(t, api.Start())
	t.Cleanup(func() { must(t, api.Close()) })
	return api
}

func openDatabase(t *testing.T) *sql.DB {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "crm.db"))
}

func open(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := democrm.OpenDatabase(path)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

// config is a CRM that takes little time to get over anything.
func config(t *testing.T, api *fakeapi.Server, db *sql.DB) democrm.Config {
	t.Helper()
	verifier, err := webhook.SharedSecret(header, secret)
	must(t, err)
	return democrm.Config{
		DB: db, BaseURL: api.URL(), Bot: bot, Key: key, Verifier: verifier,
		AttemptTimeout: 5 * time.Second, Settle: 20 * time.Millisecond,
	}
}

// world is a CRM between a platform and an agent.
type world struct {
	t     *testing.T
	api   *fakeapi.Server
	crm   *democrm.CRM // nil: it is a process of its own
	agent *desk.Client
}

func start(t *testing.T, cfg democrm.Config, api *fakeapi.Server) *world {
	t.Helper()
	crm, err := democrm.Start(bounded(t), cfg)
	must(t, err)
	t.Cleanup(func() { _ = crm.Close(context.WithoutCancel(t.Context())) }) // tests that look at the error have closed it before
	return between(t, api, crm, crm.WebhookURL(), crm.DeskURL())
}

func between(t *testing.T, api *fakeapi.Server, crm *democrm.CRM, hook, at string) *world {
	t.Helper()
	sign, err := fakeapi.SharedSecretSigner(header, secret)
	must(t, err)
	must(t, api.SetWebhook(&fakeapi.Webhook{URL: hook, Sign: sign}))
	agent, err := desk.NewClient(at, nil)
	must(t, err)
	t.Cleanup(agent.Close)
	return &world{t, api, crm, agent}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	api := startPlatform(t)
	return start(t, config(t, api, openDatabase(t)), api)
}

// visitor does something, and has done it when the CRM has answered the webhook.
func (w *world) visitor(conversation string, e events.Inbound) {
	w.t.Helper()
	w.does(conversation, e)
	if got := w.answer(conversation); got != http.StatusOK {
		w.t.Fatalf("%v is answered %d", e.Kind(), got)
	}
}

func (w *world) does(conversation string, e events.Inbound) {
	w.t.Helper()
	switch e := e.(type) {
	case events.WidgetEscalate:
		must(w.t, w.api.Escalate(conversation, e.EscalateTo))
	case events.WidgetMessage:
		must(w.t, w.api.Write(conversation, e.Text))
	case events.WidgetEndSession:
		must(w.t, w.api.Leave(conversation))
	}
}

// answer returns what the CRM answered to the last webhook of a conversation, 0 if it cut the connection.
func (w *world) answer(conversation string) int {
	w.t.Helper()
	var last fakeapi.WebhookRecord
	until(w.t, "the webhook is answered", func() bool {
		for _, r := range w.api.Webhooks() {
			if r.ConversationID == conversation {
				last = r
			}
		}
		return last.Ended
	})
	return last.Status
}

// try does what an agent does.
func (w *world) try(conversation string, e events.Outbound) error {
	w.t.Helper()
	body, err := events.Request{ConversationID: conversation, Event: e}.Encode()
	must(w.t, err)
	return w.agent.Act(bounded(w.t), body)
}

func (w *world) act(conversation string, all ...events.Outbound) {
	w.t.Helper()
	for _, e := range all {
		must(w.t, w.try(conversation, e))
	}
}

// connect gets an agent for the visitor.
func (w *world) connect(conversation string) {
	w.t.Helper()
	w.visitor(conversation, events.WidgetEscalate{})
	w.act(conversation, events.EscalationSuccess{Agent: "Ann"})
}

// wantWidget waits until the visitor has seen as much, and looks whether it is this.
func (w *world) wantWidget(conversation string, want ...string) {
	w.t.Helper()
	until(w.t, fmt.Sprintf("%d lines", len(want)), func() bool {
		return len(w.read(conversation)) >= len(want)
	})
	if diff := gocmp.Diff(want, w.read(conversation)); diff != "" {
		w.t.Errorf("what the visitor saw (-want +got):\n%s", diff)
	}
}

// read is what the visitor has read of the CRM.
func (w *world) read(conversation string) []string {
	var all []string
	for _, line := range w.api.Widget(conversation) {
		if line.By == fakeapi.ByCRM {
			all = append(all, line.Text)
		}
	}
	return all
}

func (w *world) wantInOrder() {
	w.t.Helper()
	if broken := w.api.Violations(); len(broken) > 0 {
		w.t.Errorf("out of order: %v", broken)
	}
}

// messages are n lines of an agent, and what the visitor reads of them.
func messages(n int) (all []events.Outbound, lines []string) {
	for i := range n {
		text := fmt.Sprintf("line %d", i+1)
		all = append(all, events.Message{Text: text})
		lines = append(lines, "Ann: "+text)
	}
	return all, lines
}

// statuses are the answers that the platform gave so far.
func (w *world) statuses() []int {
	var all []int
	for _, r := range w.api.Requests() {
		all = append(all, cmp.Or(r.Status, -1))
	}
	return all
}

type configuration = democrm.Config

func startOnly(t *testing.T, cfg democrm.Config) (*democrm.CRM, error) {
	t.Helper()
	return democrm.Start(bounded(t), cfg)
}

// record takes every webhook and writes it down.
func record(to chan<- string) escalation.InboundFunc {
	return func(_ context.Context, in escalation.Inbound) error {
		to <- fmt.Sprintf("%d %v", in.Number, in.Event.Kind())
		return nil
	}
}

// listen calls hear with every message of the log, within the call that logs.
func listen(hear func(message string)) *slog.Logger { return slog.New(ear{slog.DiscardHandler, hear}) }

type ear struct {
	slog.Handler
	hear func(message string)
}

func (ear) Enabled(context.Context, slog.Level) bool { return true }

func (e ear) Handle(_ context.Context, r slog.Record) error {
	e.hear(r.Message)
	return nil
}
