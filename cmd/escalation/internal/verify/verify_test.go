package verify_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	p := listen(t)
	demo, agent := startDemo(t, p, secret)
	crm := verify.CRM{Webhook: demo.WebhookURL(), Sign: sign, Desk: agent, SetKey: demo.SetKey}
	all := everything(t)
	report, err := verify.Run(t.Context(), p, crm, all, &verify.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if report.Count(verify.Passed) != len(all) || !report.Passed() {
		var text strings.Builder
		_ = verify.Text(&text, report, false)
		t.Errorf("not everything passed:\n%s", &text)
	}
	if report.Took > time.Minute {
		t.Errorf("it took %v", report.Took)
	}
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

// TestAnswersFirst: a CRM that acknowledges a webhook and looks at it a quarter of a second later, in order, does right.
func TestAnswersFirst(t *testing.T) {
	t.Parallel()
	p := listen(t)
	demo, agent := startDemo(t, p, webhook.NoVerification())
	type call struct {
		body []byte
		due  <-chan time.Time
	}
	calls := make(chan call, 1000)
	var worker sync.WaitGroup
	worker.Go(func() {
		for c := range calls {
			<-c.due
			resp, err := http.Post(demo.WebhookURL(), "application/json", bytes.NewReader(c.body))
			if err != nil {
				t.Error(err)
				continue
			}
			resp.Body.Close()
		}
	})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		calls <- call{body, time.After(250 * time.Millisecond)}
		w.WriteHeader(http.StatusAccepted)
	}))
	var all []*scenario.Scenario
	for _, sc := range everything(t) {
		if !sc.Exclusive() {
			all = append(all, sc)
		}
	}
	report, err := verify.Run(t.Context(), p, verify.CRM{Webhook: front.URL, Desk: agent}, all, &verify.Options{Seed: 1})
	front.Close()
	close(calls)
	worker.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if !report.Passed() {
		var text strings.Builder
		_ = verify.Text(&text, report, false)
		t.Errorf("not everything passed:\n%s", &text)
	}
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
