package verify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/democrm"
	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/cmd/escalation/internal/verify"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/webhook"
)

// everything returns the embedded scenarios.
func everything(t *testing.T) []*scenario.Scenario {
	t.Helper()
	all, err := verify.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestLibraryPasses: a CRM made of this library passes every scenario, in less than a minute. The seed is fixed, so that
// chaos is the same every time.
func TestLibraryPasses(t *testing.T) {
	t.Parallel()
	secret, err := webhook.SharedSecret("X-Token", "open sesame")
	if err != nil {
		t.Fatal(err)
	}
	sign, err := fakeapi.SharedSecretSigner("X-Token", "open sesame")
	if err != nil {
		t.Fatal(err)
	}
	all := everything(t)
	realTime(t, func(t *trial) {
		p := listen(t.T)
		demo, agent := startDemo(t.T, p, secret)
		crm := verify.CRM{Webhook: demo.WebhookURL(), Sign: sign, Desk: agent, SetKey: demo.SetKey}
		report, err := verify.Run(t.Context(), p, crm, all, &verify.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if report.Count(verify.Passed) != len(all) || !report.Passed() {
			t.Errorf("not everything passed:\n%s", text(report))
		}
		if report.Took > time.Minute {
			t.Errorf("it took %v", report.Took)
		}
	})
}

// text is what a report says.
func text(r *verify.Report) string {
	var text strings.Builder
	_ = verify.Text(&text, r, false)
	return text.String()
}

// startDemo starts a CRM made of this library, for the time of the test.
func startDemo(t *testing.T, p *verify.Platform, verifier webhook.Verifier) (*verify.Demo, desk.Desk) {
	t.Helper()
	demo, err := verify.StartDemo(t.Context(), p, key, verifier)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := demo.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	agent, err := desk.NewClient(demo.DeskURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(agent.Close)
	return demo, agent
}

// TestAnswersFirst: a CRM that acknowledges a webhook and looks at it a quarter of a second later, those of a conversation in
// order, does right.
func TestAnswersFirst(t *testing.T) {
	t.Parallel()
	var all []*scenario.Scenario
	for _, sc := range everything(t) {
		if !sc.Exclusive() {
			all = append(all, sc)
		}
	}
	realTime(t, func(t *trial) {
		p := listen(t.T)
		crm, agent := startPatient(t.T, p)
		late := &procrastinator{t: t.T, url: crm.WebhookURL(), last: map[string]chan struct{}{}}
		front := httptest.NewServer(late)
		report, err := verify.Run(t.Context(), p, verify.CRM{Webhook: front.URL, Desk: agent}, all, &verify.Options{Seed: 1})
		front.Close()
		late.busy.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if !report.Passed() {
			t.Errorf("not everything passed:\n%s", text(report))
		}
	})
}

// startPatient starts a CRM like the demo, but for its patience with answers: it waits for any of them.
func startPatient(t *testing.T, p *verify.Platform) (*democrm.CRM, desk.Desk) {
	t.Helper()
	db, err := democrm.OpenDatabase(filepath.Join(t.TempDir(), "crm.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	crm, err := democrm.Start(t.Context(), democrm.Config{
		DB: db, BaseURL: p.URL, Bot: bot, Key: key, Verifier: webhook.NoVerification(),
		AttemptTimeout: time.Minute, Settle: 600 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := crm.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	agent, err := desk.NewClient(crm.DeskURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(agent.Close)
	return crm, agent
}

// A procrastinator acknowledges webhooks and passes them on later.
type procrastinator struct {
	t    *testing.T
	url  string
	busy sync.WaitGroup

	mu   sync.Mutex
	last map[string]chan struct{} // by conversation; closed when its newest webhook was passed on
}

func (p *procrastinator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var hook struct {
		Data struct{ PlatformConversationID string }
	}
	if err = errors.Join(err, json.Unmarshal(body, &hook)); err != nil {
		p.t.Error(err)
	}
	due, done := time.After(250*time.Millisecond), make(chan struct{})
	p.mu.Lock()
	before := p.last[hook.Data.PlatformConversationID]
	p.last[hook.Data.PlatformConversationID] = done
	p.mu.Unlock()
	p.busy.Go(func() {
		defer close(done)
		if before != nil {
			<-before
		}
		<-due
		resp, err := http.Post(p.url, "application/json", bytes.NewReader(body))
		if err != nil {
			p.t.Error(err)
			return
		}
		resp.Body.Close()
	})
	w.WriteHeader(http.StatusAccepted)
}

// TestConversationIDs: they are unique within a run and between runs, and the same for the same seed.
func TestConversationIDs(t *testing.T) {
	t.Parallel()
	ids := func(seed uint64) []string {
		good := &crm{act: func(c *crm, body []byte) error { c.send(body); return nil }}
		report := play(t, good, &verify.Options{Seed: seed, Quiet: time.Millisecond}, embedded(t, "failure"), embedded(t, "many-conversations"))
		var out []string
		for _, r := range report.Results {
			for _, c := range r.Conversations {
				out = append(out, c.ID)
			}
		}
		return out
	}
	one, two := ids(35), ids(36)
	want := []string{"verify-z-failure-1", "verify-z-failure-2"}
	for i := range 30 {
		want = append(want, fmt.Sprintf("verify-z-many-conversations-1-%d", i+1))
	}
	if diff := cmp.Diff(want, one); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, id := range two {
		if slices.Contains(one, id) {
			t.Errorf("%s is in both runs", id)
		}
	}
}

// TestScenariosAreListedOnce: what is embedded and what is listed are the same, each in the file of its name.
func TestScenariosAreListedOnce(t *testing.T) {
	t.Parallel()
	files, err := filesLike("scenarios/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, sc := range everything(t) {
		names = append(names, sc.Name)
		if !regexp.MustCompile(`^[A-Z0-9].*\.$`).MatchString(sc.About) {
			t.Errorf("%s: %q is no sentence", sc.Name, sc.About)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(files, names); diff != "" {
		t.Errorf("(-files +listed)\n%s", diff)
	}
}

// TestDelaysAreNoCommonTimeouts: whether an answer was late must not depend on who is quicker, the platform or the client.
func TestDelaysAreNoCommonTimeouts(t *testing.T) {
	t.Parallel()
	for _, sc := range everything(t) {
		for _, step := range sc.Steps {
			for _, timeout := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 5 * time.Second} {
				if step.Fault != nil && (time.Duration(step.Fault.Delay)-timeout).Abs() < 300*time.Millisecond {
					t.Errorf("%s: an answer after %v races with a time-out of %v", sc.Name, time.Duration(step.Fault.Delay), timeout)
				}
			}
		}
	}
}
