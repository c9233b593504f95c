package scenario_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
	"github.com/escalationkit/escalation/fsm"
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
	taken := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(s.takes) }) // by the clock of the bubble
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

// TestLineTextIsThePlatforms: the lines that are expected read as those that the platform shows.
func TestLineTextIsThePlatforms(t *testing.T) {
	in(t, func(s *stage) {
		agent := ""
		for _, fields := range []map[string]string{
			{"eventType": "escalationQueueUpdate"},
			{"eventType": "escalationQueueUpdate", "queuePosition": "2"},
			{"eventType": "escalationQueueUpdate", "waitingTime": "1"},
			{"eventType": "escalationQueueUpdate", "queuePosition": "2", "waitingTime": "10"},
			{"eventType": "escalationSuccess"},
			{"eventType": "message", "text": "x"},
			{"eventType": "escalationSuccess", "agent": "Ann", "agentAvatar": "https://example.com/a.png"},
			{"eventType": "message", "text": "x"},
			{"eventType": "escalationFailed"},
			{"eventType": "agentDisconnect"},
		} {
			body, err := desk.Event(fields).Body("1")
			if err != nil {
				t.Fatal(err)
			}
			if err := s.send(body); err != nil {
				t.Fatal(err)
			}
			if fields["eventType"] == "escalationSuccess" {
				agent = fields["agent"]
			}
			lines := s.api.Widget("1")
			if got, want := scenario.LineText(fields, agent), lines[len(lines)-1].Text; got != want {
				t.Errorf("%v: %q, the platform shows %q", fields, got, want)
			}
		}
	})
}

func TestOutcomes(t *testing.T) {
	drop := func(text string) func(*stage, []byte) error {
		return func(s *stage, body []byte) error {
			if bytes.Contains(body, []byte(text)) {
				return nil
			}
			return s.send(body)
		}
	}
	refusals := 0
	for _, tc := range []struct {
		why   string
		act   func(*stage, []byte) error
		steps string
		want  []string // reasons
		notes []string
	}{
		{why: "all is well", steps: begin + joins + `,` + says + `,` + leaving},
		{
			why: "what was still to be sent when the visitor left may be missing", act: drop("line 3"),
			steps: begin + joins + `,` + says + `,` + leaving,
		},
		{
			why: "what was taken long before the visitor left may not", act: drop("line"),
			steps: begin + joins + `,` + says + `,{"wait": {"pause": "11s"}},` + leaving,
			want: []string{`lost: the visitor never saw "Ann: line 1"`, `lost: the visitor never saw "Ann: line 2"`,
				`lost: the visitor never saw "Ann: line 3"`},
		},
		{
			why: "it may if it was not so long before", act: drop("line"),
			steps: begin + joins + `,` + says + `,{"wait": {"pause": "9s"}},` + leaving,
		},
		{
			why: "it may if the CRM is still at it", act: func(s *stage, body []byte) error {
				for i, text := range []string{"line 1", "line 2", "line 3"} {
					if bytes.Contains(body, []byte(text)) {
						time.AfterFunc(time.Duration(i)*8*time.Second, func() {
							if s.api.State("test-1").Live() {
								_ = s.send(body)
							}
						})
						return nil
					}
				}
				return s.send(body)
			},
			steps: begin + joins + `,` + says + `,{"wait": {"pause": "15s"}},` + leaving + `,{"wait": {"pause": "9s"}}`,
		},
		{
			why: "it may if a request failed", act: drop("line 3"),
			steps: begin + joins + `,{"fault": {"status": 503}},` + says + `,{"wait": {"pause": "11s"}},` + leaving,
			want:  []string{`lost: the visitor never saw "Ann: line 1"`}, // because line 2 came after it
		},
		{
			why: "what comes before something that was seen may not", act: drop("line 2"),
			steps: begin + joins + `,` + says + `,` + leaving,
			want:  []string{`lost: the visitor never saw "Ann: line 2"`},
		},
		{
			why: "a round that the visitor did not leave is not excused by one that he left", act: drop("line 3"),
			steps: begin + joins + `,` + says + `,{"agent": {"eventType": "agentDisconnect"}},` + begin + joins + `,` + leaving,
			want:  []string{`lost: the visitor never saw "Ann: line 3"`},
		},
		{
			why: "a queue update gives way to a newer one", act: drop(`"9"`),
			steps: begin + `{"agent": {"eventType": "escalationQueueUpdate", "queuePosition": "9"}},
				{"agent": {"eventType": "escalationQueueUpdate", "queuePosition": "8"}}`,
		},
		{
			why: "the last one may not be missing", act: drop(`"8"`),
			steps: begin + `{"agent": {"eventType": "escalationQueueUpdate", "queuePosition": "9"}},
				{"agent": {"eventType": "escalationQueueUpdate", "queuePosition": "8"}}`,
			want: []string{`lost: the visitor never saw "You are number 8 in the queue"`},
		},
		{
			why: "nobody knows whether the desk took it", act: func(s *stage, body []byte) error { return errors.New("gone") },
			steps: begin + joins,
			want:  []string{`desk: steps[1]: "escalationSuccess Ann": gone`},
		},
		{
			why: "a refusal ends it, and what follows is not asked for", act: func(*stage, []byte) error {
				return &desk.Refusal{Rules: []string{"my-rule"}, Message: "not today"}
			},
			steps: begin + joins + `,` + says,
			want:  []string{`refused: steps[1]: the CRM refused "escalationSuccess Ann": my-rule: not today`},
		},
		{
			why: "a refusal that follows from what was wrong before is a note", act: func(s *stage, body []byte) error {
				if bytes.Contains(body, []byte("waitingTime")) {
					return s.send(body)
				}
				return &desk.Refusal{Message: "an agent is connected already"}
			},
			steps: begin + `{"agent": {"eventType": "escalationSuccess", "agent": "Ann", "waitingTime": "5"}, "refused": true}, ` + joins,
			want:  []string{`rule queue-fields (request 1): misplaced field "waitingTime": not with escalationSuccess`},
			notes: []string{
				`unexpected: steps[1]: the CRM took "escalationSuccess Ann, 5", which is not allowed; it must never send it`,
				`refused: steps[2]: the CRM refused "escalationSuccess Ann": an agent is connected already`,
			},
		},
		{
			why: "a refusal after what was taken and never sent is not", act: func(s *stage, body []byte) error {
				if bytes.Contains(body, []byte("waitingTime")) {
					return nil
				}
				return &desk.Refusal{Message: "an agent is connected already"}
			},
			steps: begin + `{"agent": {"eventType": "escalationSuccess", "agent": "Ann", "waitingTime": "5"}, "refused": true}, ` + joins,
			want:  []string{`refused: steps[2]: the CRM refused "escalationSuccess Ann": an agent is connected already`},
			notes: []string{`unexpected: steps[1]: the CRM took "escalationSuccess Ann, 5", which is not allowed; it must never send it`},
		},
		{
			why: "a refusal that passes soon is none", act: func(s *stage, body []byte) error {
				if refusals++; refusals < 10 {
					return &desk.Refusal{Message: "no such conversation"}
				}
				return s.send(body)
			},
			steps: begin + joins + `,` + says,
		},
		{
			why: "once the visitor has left, a refusal is right", act: func(s *stage, body []byte) error {
				if s.api.State("test-1").Live() {
					return s.send(body)
				}
				return &desk.Refusal{}
			},
			steps: begin + joins + `,` + leaving + `,` + says,
		},
		{
			why:   "what is not allowed may be taken, if it is never sent",
			act:   drop("too early"),
			steps: begin + `{"agent": {"eventType": "message", "text": "too early"}, "refused": true}`,
			notes: []string{`unexpected: steps[1]: the CRM took "message too early", which is not allowed; it must never send it`},
		},
		{
			why: "a visitor cannot leave what is over", steps: begin + `{"agent": {"eventType": "escalationFailed"}}, ` + leaving,
			want: []string{`not-done: steps[2]: the visitor cannot leave: the conversation is failed`},
		},
		{
			why: "a wait that is too long", steps: begin + `{"wait": {"text": "Ben joined", "within": "2s"}}, ` + joins,
			want: []string{`not-done: steps[1]: waited for the line "Ben joined"; there had been 0 lines of the CRM and 0 requests, and the state was pending`},
		},
		{
			why: "why it was waited in vain", act: drop("line 2"), steps: begin + joins + `,` + says + `,{"wait": {"lines": 4}}`,
			want:  []string{`lost: the visitor never saw "Ann: line 2"`},
			notes: []string{`not-done: steps[3]: waited for 4 lines of the CRM; there had been 3 lines of the CRM and 3 requests, and the state was connected`},
		},
		{
			why: "what a client cannot avoid", act: func(s *stage, body []byte) error {
				_ = s.send(body)
				return s.send(body) // after each of the faults below rightly so
			},
			steps: begin + `{"fault": {"status": 502, "process": true}}, ` + joins + `, {"fault": {"cut": "in-answer"}},
				{"agent": {"eventType": "message", "text": "line 1"}}`,
			notes: []string{
				`rule sequence (request 2): out of order, after "S", a repeat`, `rule duplicate (request 2): equals the event before it`,
				`rule duplicate (request 4): equals the event before it`,
				`doubled (request 2): the visitor saw "Ann joined" once more; what had become of the request before was not known`,
				`doubled (request 4): the visitor saw "Ann: line 1" once more; what had become of the request before was not known`,
			},
		},
		{
			why: "what may have been taken is not unexpected", act: func(s *stage, body []byte) error {
				_ = s.send(body)
				return errors.New("gone")
			},
			steps: begin + joins,
			want:  []string{`desk: steps[1]: "escalationSuccess Ann": gone`},
		},
		{
			why: "a state that was passed", steps: begin + `{"agent": {"eventType": "escalationQueueUpdate"}}, ` + joins + `, {"wait": {"state": "queued", "within": "1s"}}`,
		},
		{
			why: "side by side", steps: begin + `{"together": [{"wait": {"state": "connected", "within": "1s"}}, ` + joins + `]}`,
		},
	} {
		t.Run(tc.why, func(t *testing.T) {
			in(t, func(s *stage) {
				s.act = tc.act
				out := s.play(tc.steps, nil)
				if diff := cmp.Diff(tc.want, texts(out.Reasons)); diff != "" {
					t.Errorf("reasons (-want +got)\n%s", diff)
				}
				if diff := cmp.Diff(tc.notes, texts(out.Notes)); diff != "" {
					t.Errorf("notes (-want +got)\n%s", diff)
				}
				if chart := out.Conversations[0].Chart; (chart == "") != out.Passed() {
					t.Errorf("passed: %t, chart %q", out.Passed(), chart)
				}
			})
		})
	}
}

// TestWidgetIsDemanded: what the file writes down must have been seen, whether the visitor leaves or not.
func TestWidgetIsDemanded(t *testing.T) {
	queue := func(position string) string {
		return `{"agent": {"eventType": "escalationQueueUpdate", "queuePosition": "` + position + `"}}, `
	}
	for _, tc := range []struct {
		why    string
		drop   string
		steps  string
		widget string
		want   []string
	}{
		{why: "all of it was seen", steps: begin + joins + `,` + leaving, widget: `["Ann joined"]`},
		{
			why: "the visitor leaves at once", drop: "line", steps: begin + joins + `,` + says + `,` + leaving,
			widget: `["Ann joined", "Ann: line 1", "Ann: line 2", "Ann: line 3"]`,
			want: []string{`lost: widget[1]: the visitor never saw "Ann: line 1"`, `lost: widget[2]: the visitor never saw "Ann: line 2"`,
				`lost: widget[3]: the visitor never saw "Ann: line 3"`},
		},
		{
			why: "a queue update that a newer one replaced", drop: `"9"`, steps: begin + queue("9") + queue("8") + leaving,
			widget: `["You are number 9 in the queue", "You are number 8 in the queue"]`,
		},
		{
			why: "other words", steps: begin + joins + `,` + says, widget: `["Bob joined", "Ann: line 1", "Ann: line 3"]`,
			want: []string{`unexpected (request 1): widget[0]: want "Bob joined", the visitor saw "Ann joined"`,
				`unexpected (request 3): the visitor saw "Ann: line 2", which is not in widget`},
		},
		{
			why: "fewer words", steps: begin + joins + `,` + says, widget: `["Ann joined", "Ann: line 1", "Ann: line 2"]`,
			want: []string{`unexpected (request 4): the visitor saw "Ann: line 3", which is not in widget`},
		},
	} {
		t.Run(tc.why, func(t *testing.T) {
			in(t, func(s *stage) {
				s.act = func(s *stage, body []byte) error {
					if tc.drop != "" && bytes.Contains(body, []byte(tc.drop)) {
						return nil
					}
					return s.send(body)
				}
				sc, err := scenario.Parse("f.json", []byte(`{"name": "test", "about": "y", "steps": [`+tc.steps+`], "widget": `+tc.widget+`}`))
				if err != nil {
					s.t.Fatal(err)
				}
				out, err := scenario.Run(s.t.Context(), s.api, s, sc, &scenario.Options{Watch: s.watch})
				if err != nil {
					s.t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, texts(out.Reasons)); diff != "" {
					s.t.Errorf("(-want +got)\n%s", diff)
				}
				if out.Took != scenario.DefaultQuiet {
					s.t.Errorf("it took %v", out.Took)
				}
			})
		})
	}
}

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
		{"an event that might be sent again", begin + `{"fault": {"status": 503}}, ` + joins, scenario.DefaultTimeout},
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
		if diff := cmp.Diff([]string{`rule auth-key (request 2): wrong key "Authorization"`}, texts(out.Notes)); diff != "" {
			t.Errorf("notes (-want +got)\n%s", diff)
		}
	})
}

// TestLostEventsAreAskedFor: where the desk offers a view, it is part of the report.
func TestLostEventsAreAskedFor(t *testing.T) {
	in(t, func(s *stage) {
		s.act = func(*stage, []byte) error { return nil }
		s.view = desk.View{Conversation: "test-1", State: fsm.Pending, Accepted: fsm.Connected, Pending: 1, Parked: "event 1: unknown"}
		out := s.play(begin+joins, nil)
		want := []string{"lost: the CRM itself says: state pending, 1 event still to be sent, parked: event 1: unknown"}
		if diff := cmp.Diff(want, texts(out.Notes)); diff != "" {
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

// TestReasonsAreBounded: of many reasons of a kind some are told, and how many there are.
func TestReasonsAreBounded(t *testing.T) {
	in(t, func(s *stage) {
		s.act = func(s *stage, body []byte) error {
			var f map[string]string
			if json.Unmarshal(body, &f) == nil && f["eventType"] == "message" {
				return nil
			}
			return s.send(body)
		}
		out := s.play(begin+joins+`, {"agent": {"eventType": "message", "text": "line {n}"}, "times": 50}`, nil)
		got := texts(out.Reasons)
		if len(got) != 10 || got[9] != `lost: the visitor never saw "Ann: line 10" (and 40 more like this)` {
			t.Errorf("%d reasons: %v", len(got), got)
		}
	})
}
