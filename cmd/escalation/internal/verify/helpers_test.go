package verify_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/cmd/escalation/internal/verify"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

const (
	bot = "my-bot"
	key = "my-key"
)

// listen starts a platform for the time of the test.
func listen(t *testing.T) *verify.Platform {
	t.Helper()
	p, err := verify.Listen("127.0.0.1:0", bot, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// A crm is as simple as can be: what the agent does is sent at once, and the agent waits for it. Each test breaks it in
// one way.
type crm struct {
	base    string
	act     func(c *crm, body []byte) error
	webhook http.HandlerFunc // default: 200
}

var _ desk.Desk = (*crm)(nil)

func (c *crm) Act(_ context.Context, body []byte) error { return c.act(c, body) }

func (c *crm) View(context.Context, string) (desk.View, error) { return desk.View{}, desk.ErrNoView }

// send is what every act is made of.
func (c *crm) send(body []byte) int {
	return c.post(fakeapi.Path, http.Header{"Authorization": {key}, "Botid": {bot}, "Content-Type": {"application/json"}}, body)
}

func (c *crm) post(path string, header http.Header, body []byte) int {
	r, err := http.NewRequest(http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header = header
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	answer.Body.Close()
	return answer.StatusCode
}

// play plays the scenarios against the CRM, and returns the report.
func play(t *testing.T, c *crm, opts *verify.Options, scenarios ...*scenario.Scenario) *verify.Report {
	t.Helper()
	p := listen(t)
	c.base = p.URL
	hook := c.webhook
	if hook == nil {
		hook = func(http.ResponseWriter, *http.Request) {}
	}
	web := httptest.NewServer(hook)
	t.Cleanup(web.Close)
	under := verify.CRM{Webhook: web.URL}
	if c.act != nil {
		under.Desk = c
	}
	if opts == nil {
		opts = &verify.Options{Timeout: 5 * time.Second, Quiet: 50 * time.Millisecond}
	}
	report, err := verify.Run(t.Context(), p, under, scenarios, opts)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func parse(t *testing.T, text string) *scenario.Scenario {
	t.Helper()
	sc, err := scenario.Parse("test.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

// embedded returns one of the embedded scenarios.
func embedded(t *testing.T, name string) *scenario.Scenario {
	t.Helper()
	all, err := verify.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	for _, sc := range all {
		if sc.Name == name {
			return sc
		}
	}
	t.Fatalf("there is no scenario %q", name)
	return nil
}

// reasons returns the kinds of all reasons of a result, and the rules.
func reasons(r verify.Result) []string {
	var out []string
	seen := map[string]bool{}
	for _, reason := range r.Reasons {
		name := string(reason.Kind)
		if reason.Rule != "" {
			name += " " + reason.Rule
		}
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

// filesLike returns the names of files without their extension, sorted.
func filesLike(pattern string) ([]string, error) {
	files, err := filepath.Glob(pattern)
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), filepath.Ext(f))
	}
	return files, err
}
