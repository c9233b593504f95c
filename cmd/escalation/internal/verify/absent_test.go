package verify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/verify"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// hang answers nothing until the client has gone.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // before that nobody notices that the client has gone
	<-r.Context().Done()
}

// endless answers without an end.
func endless(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := w.Write(make([]byte, 64<<10)); err != nil {
			return
		}
	}
}

// TestCRMsThatAreNotThere: whatever is wrong with a CRM as a whole, it is told once, and soon.
func TestCRMsThatAreNotThere(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	for _, tc := range []struct {
		why     string
		webhook http.HandlerFunc // nil: nobody listens
		want    string           // part of the first reason
	}{
		{"nobody listens", nil, "widgetEscalate got no answer: "},
		{"it fails", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, "widgetEscalate was answered 500"},
		{"it wants another secret", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, "widgetEscalate was answered 401"},
		{"it hangs", hang, "widgetEscalate got no answer: "},
		{"it sends us elsewhere", http.RedirectHandler(other.URL, http.StatusTemporaryRedirect).ServeHTTP, "widgetEscalate was answered 307"},
		{"it hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "widgetEscalate got no answer: "},
	} {
		t.Run(tc.why, func(t *testing.T) {
			url := "http://127.0.0.1:1"
			if tc.webhook != nil {
				web := httptest.NewServer(tc.webhook)
				defer web.Close()
				url = web.URL
			}
			p := listen(t)
			agent := &crm{base: p.URL, act: func(c *crm, body []byte) error { c.send(body); return nil }}
			all := everything(t)
			timeout := 10 * time.Second
			if tc.why == "it hangs" {
				timeout = 4 * time.Second // a quarter of it is left for the rest when the webhook was waited for long enough
			}
			report, err := verify.Run(t.Context(), p, verify.CRM{Webhook: url, Desk: agent}, all,
				&verify.Options{Timeout: timeout, Quiet: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			if report.Count(verify.Failed) != 1 || report.Count(verify.Skipped) != len(all)-1 || report.Passed() {
				t.Errorf("%d failed, %d skipped", report.Count(verify.Failed), report.Count(verify.Skipped))
			}
			first := report.Results[0]
			if diff := cmp.Diff([]string{"webhook"}, reasons(first)); diff != "" {
				t.Fatalf("(-want +got)\n%s", diff)
			}
			if got := first.Reasons[0].Text; !strings.Contains(got, tc.want) {
				t.Errorf("reason %q, want %q", got, tc.want)
			}
			if why := report.Results[1].Why; why != "the CRM did not take the first webhook" {
				t.Errorf("skipped: %s", why)
			}
			if report.Took > 20*time.Second { // with each scenario for itself it would be more than a minute
				t.Errorf("it took %v", report.Took)
			}
		})
	}
	if elsewhere.Load() > 0 {
		t.Error("a redirect was followed")
	}
}

// TestAnotherBaseURL: a CRM that sends its requests elsewhere is told so, once.
func TestAnotherBaseURL(t *testing.T) {
	t.Parallel()
	c := &crm{act: func(*crm, []byte) error { return nil }}
	report := play(t, c, nil, embedded(t, "normal"), embedded(t, "no-queue"), embedded(t, "outage"))
	why := "no request arrived at " + report.BaseURL + ": is that the CRM's base URL?"
	if got := report.Results[0].Reasons[0].String(); got != "lost: "+why {
		t.Errorf("first reason %q", got)
	}
	for _, r := range report.Results[1:3] {
		if r.Status != verify.Skipped || r.Why != why {
			t.Errorf("%s: %s, %q", r.Name, r.Status, r.Why)
		}
	}
	if report.Passed() {
		t.Error("it passed")
	}
}

// TestWrongSettings: what is wrong with each request of a CRM, whatever its event, is told once, and nothing more is played.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		why    string
		path   string
		header http.Header
		want   string // part of the reason; empty: the others are played
	}{
		{"a scheme word", fakeapi.Path, http.Header{"Authorization": {"Bearer " + key}, "Botid": {bot}, "Content-Type": {"application/json"}}, "Authorization"},
		{"no bot", fakeapi.Path, http.Header{"Authorization": {key}, "Content-Type": {"application/json"}}, "botid"},
		{"another path", "/converse", http.Header{"Authorization": {key}, "Botid": {bot}, "Content-Type": {"application/json"}}, "path"},
		{"none of them", fakeapi.Path, http.Header{"Authorization": {key}, "Botid": {bot}, "Content-Type": {"application/json; charset=utf-8"}}, ""},
	} {
		t.Run(tc.why, func(t *testing.T) {
			t.Parallel()
			c := &crm{act: func(c *crm, body []byte) error { c.post(tc.path, tc.header.Clone(), body); return nil }}
			report := play(t, c, nil, embedded(t, "normal"), embedded(t, "no-queue"))
			first, second := report.Results[0], report.Results[1]
			if tc.want == "" {
				if first.Status != verify.Passed || second.Status != verify.Passed {
					t.Errorf("%s, %s", first.Status, second.Status)
				}
				return
			}
			if second.Status != verify.Skipped || !strings.HasPrefix(second.Why, "every request was refused, whatever its event: ") || !strings.Contains(second.Why, tc.want) {
				t.Errorf("the second: %s, %q", second.Status, second.Why)
			}
			if first.Reasons[0].Text != second.Why {
				t.Errorf("the first reason is %q", first.Reasons[0].Text)
			}
		})
	}
}

// TestOneUnwillingWebhook: a CRM that took the first webhook is there, whatever it makes of the others.
func TestOneUnwillingWebhook(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	c := &crm{
		act: func(c *crm, body []byte) error { c.send(body); return nil },
		webhook: func(w http.ResponseWriter, _ *http.Request) {
			if n.Add(1) == 2 { // the visitor's words
				w.WriteHeader(http.StatusBadRequest)
			}
		},
	}
	report := play(t, c, nil, embedded(t, "normal"), embedded(t, "failure"))
	if diff := cmp.Diff([]string{"webhook"}, reasons(report.Results[0])); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := report.Results[1].Status; got != verify.Passed {
		t.Errorf("the second: %s", got)
	}
}

// TestSkippedFirst: what is skipped tells nothing of the CRM, and what nobody else sent is no scenario that passed.
func TestSkippedFirst(t *testing.T) {
	t.Parallel()
	c := ruled(func(string, string) []string { return nil })
	report := play(t, c, nil, embedded(t, "early-message"), embedded(t, "invalid-events"))
	if got := report.Count(verify.Passed); got != 0 || report.Passed() {
		t.Errorf("%d passed", got)
	}
}

// TestWebhookAnswersWithoutEnd: the status counts, and no more of the answer is read than is kept.
func TestWebhookAnswersWithoutEnd(t *testing.T) {
	t.Parallel()
	c := &crm{webhook: endless, act: func(c *crm, body []byte) error { c.send(body); return nil }}
	report := play(t, c, &verify.Options{Timeout: 5 * time.Second, Quiet: time.Millisecond}, embedded(t, "no-queue"))
	if !report.Passed() {
		t.Errorf("%+v", report.Results[0].Reasons)
	}
}

// TestDesksThatAreNotThere: the same of the desk.
func TestDesksThatAreNotThere(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		why     string
		desk    http.HandlerFunc
		timeout time.Duration
		want    string
	}{
		{"it is not there", http.NotFound, 0, "answered 404: 404 page not found (is the URL right?)"},
		{"it fails", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, 0, "answered 500"},
		{"it hangs", hang, 200 * time.Millisecond, "no answer"},
		{"it redirects", http.RedirectHandler("/", http.StatusFound).ServeHTTP, 0, "answered 302"},
	} {
		t.Run(tc.why, func(t *testing.T) {
			web := httptest.NewServer(tc.desk)
			defer web.Close()
			agent, err := desk.NewClient(web.URL, &desk.Config{Timeout: tc.timeout})
			if err != nil {
				t.Fatal(err)
			}
			defer agent.Close()
			hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			defer hook.Close()
			report, err := verify.Run(t.Context(), listen(t), verify.CRM{Webhook: hook.URL, Desk: agent}, everything(t)[:3],
				&verify.Options{Timeout: 5 * time.Second, Quiet: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range report.Results[:3] {
				if diff := cmp.Diff([]string{"desk"}, reasons(r)); diff != "" {
					t.Fatalf("%s (-want +got)\n%s", r.Name, diff)
				}
				if got := r.Reasons[0].Text; !strings.Contains(got, tc.want) {
					t.Errorf("reason %q, want %q", got, tc.want)
				}
			}
		})
	}
}

// TestInterrupted: a run ends when its context does, even if the CRM hangs, and that is not the CRM's fault.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cancel()
		hang(w, r)
	}))
	defer web.Close()
	all := everything(t)
	report, err := verify.Run(ctx, listen(t), verify.CRM{Webhook: web.URL}, all, nil)
	if want := fmt.Sprintf("verify: interrupted in normal; 0 of %d scenarios played", len(all)); !errors.Is(err, context.Canceled) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if report == nil || report.Count(verify.Skipped) != len(all) || report.Passed() || report.Results[1].Why != "interrupted" {
		t.Errorf("report %+v", report)
	}
	web.CloseClientConnections()
}

func TestListenTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for why, got := range map[string]func() (*verify.Platform, error){
		"the port is taken": func() (*verify.Platform, error) { return verify.Listen(taken.Addr().String(), bot, key) },
		"no bot":            func() (*verify.Platform, error) { return verify.Listen("127.0.0.1:0", "", key) },
		"a wrong key":       func() (*verify.Platform, error) { return verify.Listen("127.0.0.1:0", bot, "a\nb") },
	} {
		if p, err := got(); err == nil || !strings.HasPrefix(err.Error(), "verify: ") {
			t.Errorf("%s: %v, %v", why, p, err)
		}
	}
	if _, err := verify.Run(t.Context(), listen(t), verify.CRM{Webhook: "nowhere"}, everything(t), nil); err == nil {
		t.Error("no error for a webhook that is no URL")
	}
}
