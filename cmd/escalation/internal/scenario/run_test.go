package scenario_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// A stage is a platform in memory, for a bubble of testing/synctest, with a CRM that sends at once what its agent does.
type stage struct {
	t     *testing.T
	api   *fakeapi.Server
	watch *scenario.Watch
	key   string
	takes time.Duration                     // for each webhook
	act   func(s *stage, body []byte) error // default: send
	view  desk.View                         // default: none is offered
}

var _ desk.Desk = (*stage)(nil)

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, watch: scenario.NewWatch(), key: "key"}
	taken := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // before that a server does not notice that the client has gone
		select {
		case <-time.After(s.takes): // by the clock of the bubble
		case <-r.Context().Done():
		}
	})
	cfg := &fakeapi.Config{Webhook: &fakeapi.Webhook{URL: "http://crm/", Transport: fakeapi.HandlerTransport(taken)}}
	s.watch.Hook(cfg)
	var err error
	if s.api, err = fakeapi.New("bot", s.key, cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.api.Close() })
	return s
}

func (s *stage) Act(_ context.Context, body []byte) error {
	if s.act != nil {
		return s.act(s, body)
	}
	return s.send(body)
}

func (s *stage) View(context.Context, string) (desk.View, error) {
	if s.view.Conversation == "" {
		return desk.View{}, desk.ErrNoView
	}
	return s.view, nil
}

func (s *stage) send(body []byte) error {
	r, err := http.NewRequest(http.MethodPost, "http://api"+fakeapi.Path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header = http.Header{"Authorization": {s.key}, "Botid": {"bot"}, "Content-Type": {"application/json"}}
	if answer, err := s.api.RoundTripper().RoundTrip(r); err == nil {
		_ = answer.Body.Close()
	}
	return nil // taken, whatever became of it
}

// play plays steps, in the form of a file, and returns the outcome.
func (s *stage) play(steps string, opts *scenario.Options) scenario.Outcome {
	s.t.Helper()
	if opts == nil {
		opts = &scenario.Options{}
	}
	opts.Watch = s.watch
	sc, err := scenario.Parse("test.json", []byte(`{"name": "test", "about": "A test.", "steps": [`+steps+`]}`))
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := scenario.Run(s.t.Context(), s.api, s, sc, opts)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func texts(reasons []scenario.Reason) []string {
	var out []string
	for _, r := range reasons {
		out = append(out, r.String())
	}
	return out
}

func in(t *testing.T, f func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(newStage(t)) })
}

const (
	begin   = `{"visitor": "escalate"}, `
	joins   = `{"agent": {"eventType": "escalationSuccess", "agent": "Ann"}}`
	says    = `{"agent": {"eventType": "message", "text": "line {n}"}, "times": 3}`
	leaving = `{"visitor": "leave"}`
)

// TestTimes: a run takes as long as its steps say, and what is missing is waited for until the time is over.
func TestTimes(t *testing.T) {
	for _, tc := range []struct {
		why   string
		steps string // the CRM sends without waiting for answers, and takes a second for each webhook
		want  time.Duration
	}{
		{"a webhook, and the quiet at the end", begin + joins, time.Second + scenario.DefaultQuiet},
		{"a webhook that comes three times", `{"webhook": {"copies": 2}}, ` + begin + joins, 3*time.Second + scenario.DefaultQuiet},
		{"a slow webhook", `{"webhook": {"delay": "4s"}}, ` + begin + joins, 5*time.Second + scenario.DefaultQuiet},
		{"a webhook that is overtaken", begin + `{"webhook": {"afterNext": true}}, {"visitor": "write", "text": "{n}", "times": 2}`,
			3*time.Second + scenario.DefaultQuiet},
		{"a pause", begin + `{"wait": {"pause": "10s"}}`, 11*time.Second + scenario.DefaultQuiet},
		{"a slow answer", begin + `{"fault": {"delay": "3s"}}, ` + joins, 4*time.Second + scenario.DefaultQuiet},
		{"an answer that is outstanding when all was seen", begin + `{"fault": {"delay": "3s", "process": true}}, ` + joins,
			4*time.Second + scenario.DefaultQuiet},
		{"an event that takes effect late", begin + `{"fault": {"late": "5s"}}, ` + joins, 6*time.Second + scenario.DefaultQuiet},
		{"an event that never takes effect", begin + `{"fault": {"process": false}}, ` + joins, 21*time.Second + scenario.DefaultQuiet},
		{"the same, waited for by a step", begin + `{"fault": {"process": false}}, ` + joins + `, {"wait": {"lines": 1}}`,
			21*time.Second + scenario.DefaultQuiet},
		{"the same, waited for by a step that says how long", begin + `{"fault": {"process": false}}, ` + joins + `, {"wait": {"lines": 1, "within": "25s"}}`,
			26*time.Second + scenario.DefaultQuiet},
		{"an event that might be sent again", begin + `{"fault": {"status": 503}}, ` + joins, 41*time.Second + scenario.DefaultQuiet},
		{"one that is to wait before", begin + `{"fault": {"status": 503, "retryAfter": "5"}}, ` + joins, 46*time.Second + scenario.DefaultQuiet},
		{"one that was overtaken", begin + `{"fault": {"status": 503}}, ` + joins + `, ` + says, 21*time.Second + scenario.DefaultQuiet},
		{"one that might be sent again, waited for by a step", begin + `{"fault": {"cut": "after-body"}}, ` + joins + `, {"wait": {"lines": 1}}`,
			41*time.Second + scenario.DefaultQuiet},
		{"one of which nobody knows whose it was", begin + `{"fault": {"cut": "before-body"}, "all": true}, ` + joins, 41*time.Second + scenario.DefaultQuiet},
		{"what the CRM might do of itself", begin + `{"wait": {"lines": 1}}`, scenario.DefaultTimeout},
		{"a slow answer, and an event that takes effect later still", begin + `{"fault": {"late": "40s"}}, ` + joins, 41*time.Second + scenario.DefaultQuiet},
		{"a request that is held for long", begin + `{"fault": {"delay": "50s", "process": false}}, ` + joins, scenario.DefaultTimeout},
		{"a wait in vain", begin + `{"wait": {"lines": 1, "within": "7s"}}`, 8*time.Second + scenario.DefaultQuiet},
	} {
		t.Run(tc.why, func(t *testing.T) {
			in(t, func(s *stage) {
				s.takes = time.Second
				s.act = func(s *stage, body []byte) error {
					go func() { _ = s.send(body) }()
					return nil
				}
				if out := s.play(tc.steps, nil); out.Took != tc.want {
					s.t.Errorf("it took %v, want %v", out.Took, tc.want)
				}
			})
		})
	}
}

// TestKey: the platform refuses the old key, the CRM is told, and requests with the old one are excused.
func TestKey(t *testing.T) {
	in(t, func(s *stage) {
		told := ""
		opts := &scenario.Options{SetKey: func(key string) error {
			told = key
			return s.api.SetKey("bot", key)
		}}
		s.act = func(s *stage, body []byte) error {
			_ = s.send(body)
			if told == s.key || told == "" {
				return nil
			}
			s.key = told
			return s.send(body)
		}
		out := s.play(begin+joins+`, {"key": "second"}, `+says, opts)
		if told != "second" || !out.Passed() {
			t.Errorf("told %q, %v", told, out.Reasons)
		}
		if diff := cmp.Diff([]string{`rule auth-key (request 2): header Authorization holds a wrong key`}, texts(out.Notes)); diff != "" {
			t.Errorf("notes (-want +got)\n%s", diff)
		}
	})
}

// TestChaosEndsWithTheSteps: what it held up gets through afterwards, and the platform is as it was.
func TestChaosEndsWithTheSteps(t *testing.T) {
	in(t, func(s *stage) {
		var sending sync.WaitGroup
		defer sending.Wait()
		s.act = func(s *stage, body []byte) error {
			sending.Go(func() {
				for len(s.api.Widget("test-1")) == 0 && s.t.Context().Err() == nil {
					_ = s.send(body)
					time.Sleep(time.Second)
				}
			})
			return nil
		}
		sc, err := scenario.Parse("f.json", []byte(`{"name": "test", "about": "y", "chaos": {"tooMany": 1}, "steps": [
			`+begin+joins+`, {"wait": {"requests": 3}}]}`))
		if err != nil {
			s.t.Fatal(err)
		}
		out, err := scenario.Run(s.t.Context(), s.api, s, sc, &scenario.Options{Watch: s.watch})
		if err != nil || !out.Passed() || out.Took > 10*time.Second {
			s.t.Errorf("%v, %v, after %v", err, out.Reasons, out.Took)
		}
	})
}

// TestRunsThatCannotBe: the reason lies not with the CRM.
func TestRunsThatCannotBe(t *testing.T) {
	in(t, func(s *stage) {
		t := s.t // that of the bubble
		sc, err := scenario.Parse("f.json", []byte(`{"name": "x", "about": "y", "steps": [{"key": "k"}, {"visitor": "escalate"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := scenario.Run(t.Context(), s.api, s, sc, &scenario.Options{Watch: s.watch}); err == nil || !strings.Contains(err.Error(), "steps[0]: there is nobody to tell of a new key") {
			t.Errorf("nobody to tell: %v", err)
		}
		if _, err := scenario.Run(t.Context(), s.api, s, sc, nil); err == nil || !strings.Contains(err.Error(), "nobody watches") {
			t.Errorf("no watch: %v", err)
		}
		long, err := scenario.Parse("f.json", []byte(`{"name": "x", "about": "y", "steps": [{"visitor": "escalate"}, {"wait": {"lines": 1}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		if _, err := scenario.Run(ctx, s.api, s, long, &scenario.Options{Watch: s.watch}); !errors.Is(err, why) {
			t.Errorf("interrupted: %v", err)
		}
	})
}
