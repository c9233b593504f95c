package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

const (
	bot, key = "bot-1", "key-1"

	update     = `{"platformConversationId":"1","eventType":"escalationQueueUpdate","queuePosition":"3"}`
	success    = `{"platformConversationId":"1","eventType":"escalationSuccess","agent":"Ann"}`
	disconnect = `{"platformConversationId":"1","eventType":"agentDisconnect"}`
)

func message(text string) string {
	return fmt.Sprintf(`{"platformConversationId":"1","eventType":"message","text":%q}`, text)
}

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

// world is the CRM between a platform and an agent.
type world struct {
	t   *testing.T
	api *fakeapi.Server
	crm *crm
	url string

	webhooks int // sent so far
}

func newWorld(t *testing.T) *world {
	t.Helper()
	api, err := fakeapi.New(bot, key, nil)
	must(t, err)
	must(t, api.Start())
	w := &world{t: t, api: api}
	w.restart()
	t.Cleanup(func() { // the CRM first: it may wait for an answer
		w.crm.stop()
		must(t, api.Close())
	})
	return w
}

// restart starts a CRM that knows nothing of the one before.
func (w *world) restart() {
	w.t.Helper()
	w.crm = &crm{api: w.api.URL(), bot: bot, key: key, log: log.New(io.Discard, "", 0)}
	w.crm.http.Timeout = time.Minute // no test is about slowness
	url, err := w.crm.start("127.0.0.1:0")
	must(w.t, err)
	w.url = url
	must(w.t, w.api.SetWebhook(&fakeapi.Webhook{URL: url + "/webhook"}))
}

func (w *world) post(path, body string) int {
	w.t.Helper()
	answer, err := http.Post(w.url+path, "application/json", strings.NewReader(body))
	must(w.t, err)
	must(w.t, answer.Body.Close())
	return answer.StatusCode
}

// takes lets the agent do something, and demands that the CRM says yes.
func (w *world) takes(event string) {
	w.t.Helper()
	if got := w.post("/desk", event); got != http.StatusAccepted {
		w.t.Fatalf("%s is answered %d", event, got)
	}
}

// escalate lets the bot hand the visitor over, and waits until the CRM knows.
func (w *world) escalate() {
	w.t.Helper()
	must(w.t, w.api.Escalate("1", ""))
	w.webhooks++
	must(w.t, w.api.WaitWebhooks(bounded(w.t), w.webhooks))
}

// leave lets the visitor go.
func (w *world) leave() {
	w.t.Helper()
	must(w.t, w.api.Leave("1"))
	w.webhooks++
	must(w.t, w.api.WaitWebhooks(bounded(w.t), w.webhooks))
}

// next deals a fault to the next request and returns what holds that back.
func (w *world) next(f fakeapi.Fault) *fakeapi.Hold {
	w.t.Helper()
	must(w.t, w.api.Next(f))
	return f.Hold
}

// idle waits until nothing is being sent any more: what has not arrived by then never does.
func (w *world) idle() {
	w.t.Helper()
	idle := make(chan struct{})
	go func() {
		defer close(idle)
		w.crm.sending.Wait()
	}()
	select {
	case <-idle:
	case <-bounded(w.t).Done():
		w.t.Fatal("it never ends")
	}
}

func (w *world) wantWidget(want ...string) {
	w.t.Helper()
	must(w.t, w.api.WaitWidget(bounded(w.t), "1", len(want)))
	var got []string
	for _, line := range w.api.Widget("1") {
		got = append(got, line.Text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("what the visitor saw (-want +got):\n%s", diff)
	}
}

func (w *world) wantBroken(want ...string) {
	w.t.Helper()
	var got []string
	for _, v := range w.api.Violations() {
		got = append(got, v.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("what the platform holds against it (-want +got):\n%s", diff)
	}
}

func (w *world) wantAnswers(want ...int) {
	w.t.Helper()
	var got []int
	for _, r := range w.api.Requests() {
		got = append(got, r.Status)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("answers of the platform (-want +got):\n%s", diff)
	}
}

// TestNamedScenarios: the scenarios that the package comment names exist.
func TestNamedScenarios(t *testing.T) {
	source, err := os.ReadFile("main.go")
	must(t, err)
	comment, _, _ := strings.Cut(string(source), "package main")
	named := regexp.MustCompile(`\(([a-z]+(?:-[a-z]+)*(?:,\s+(?://\s+)?[a-z]+(?:-[a-z]+)*)*)\)`).FindAllStringSubmatch(comment, -1)
	seen := 0
	for _, list := range named {
		for _, name := range regexp.MustCompile(`[a-z]+(?:-[a-z]+)*`).FindAllString(list[1], -1) {
			seen++
			path := filepath.Join("..", "..", "cmd", "escalation", "internal", "verify", "scenarios", name+".json")
			if _, err := os.Stat(path); err != nil {
				t.Errorf("there is no scenario %s", name)
			}
		}
	}
	if seen != 17 {
		t.Errorf("%d names were found", seen)
	}
}

// TestRun: the first line says where everything is, and the program ends when it is told to.
func TestRun(t *testing.T) {
	api, err := fakeapi.New(bot, key, nil)
	must(t, err)
	must(t, api.Start())
	defer api.Close()
	ctx, cancel := context.WithCancel(bounded(t))
	reader, writer := io.Pipe()
	code := make(chan int)
	go func() {
		code <- run(ctx, []string{"--api", api.URL() + "/", "--bot", bot, "--key", key}, writer, io.Discard)
	}()
	line, err := bufio.NewReader(reader).ReadString('\n')
	must(t, err)
	var webhook, desk string
	_, err = fmt.Sscanf(line, "naive crm: webhook %s desk %s\n", &webhook, &desk)
	must(t, err)
	if !strings.HasPrefix(webhook, "http://127.0.0.1:") || !strings.HasSuffix(webhook, "/webhook") || strings.TrimSuffix(webhook, "webhook") != strings.TrimSuffix(desk, "desk") {
		t.Errorf("it says %q", line)
	}
	answer, err := http.Post(desk, "application/json", strings.NewReader(success))
	must(t, err)
	must(t, answer.Body.Close())
	must(t, api.WaitWidget(bounded(t), "1", 1))
	answer, err = http.Get(desk + "?conversation=1")
	must(t, err)
	must(t, answer.Body.Close())
	if answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("asked for a view it answers %d", answer.StatusCode)
	}
	cancel()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d", got)
	}
}

func TestRunRefuses(t *testing.T) {
	for _, c := range []struct {
		why  string
		args []string
		code int
	}{
		{"where is the API", nil, 2},
		{"no such flag", []string{"--api", "http://127.0.0.1:1", "--guard"}, 2},
		{"something else", []string{"--api", "http://127.0.0.1:1", "now"}, 2},
		{"an address that is not there", []string{"--api", "http://127.0.0.1:1", "--listen", "127.0.0.1:x"}, 1},
	} {
		var stdout, stderr bytes.Buffer
		if got := run(t.Context(), c.args, &stdout, &stderr); got != c.code || stdout.Len() > 0 || stderr.Len() == 0 {
			t.Errorf("%s: exit code %d, %q, %q", c.why, got, &stdout, &stderr)
		}
	}
}
