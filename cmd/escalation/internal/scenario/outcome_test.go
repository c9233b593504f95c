package scenario_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/fsm"
)

func TestOutcomes(t *testing.T) {
	drop := func(text string) func(*stage, []byte) error {
		return func(s *stage, body []byte) error {
			if bytes.Contains(body, []byte(text)) {
				return nil
			}
			return s.send(body)
		}
	}
	sendAgain := func(after time.Duration) func(*stage, []byte) error {
		return func(s *stage, body []byte) error {
			_ = s.send(body)
			time.Sleep(after) // by the clock of the bubble
			return s.send(body)
		}
	}
	refusals, repeats := 0, 0
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
				`unexpected: steps[1]: the CRM took "escalationSuccess Ann, waitingTime 5", which is not allowed; it must never send it`,
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
			notes: []string{`unexpected: steps[1]: the CRM took "escalationSuccess Ann, waitingTime 5", which is not allowed; it must never send it`},
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
				`rule sequence (request 2): out of order; before it came escalationSuccess; a repeat`, `rule duplicate (request 2): equals the event before it`,
				`rule duplicate (request 4): equals the event before it`,
				`doubled (request 2): the visitor saw "Ann joined" once more; what had become of the request before was not known`,
				`doubled (request 4): the visitor saw "Ann: line 1" once more; what had become of the request before was not known`,
			},
		},
		{
			why: "what is sent again at once though it was asked to wait", act: sendAgain(0),
			steps: begin + `{"fault": {"status": 429, "retryAfter": "2"}}, ` + joins,
			want:  []string{`too-soon (request 2): escalationSuccess was sent again after 0.0s, though request 1 had been answered 429 with Retry-After: 2`},
		},
		{
			why: "what is sent again too soon after an outage", act: sendAgain(1500 * time.Millisecond),
			steps: begin + `{"fault": {"status": 503, "retryAfter": "2", "process": true}}, ` + joins,
			want:  []string{`too-soon (request 2): escalationSuccess was sent again after 1.5s, though request 1 had been answered 503 with Retry-After: 2`},
			notes: []string{`rule sequence (request 2): out of order; before it came escalationSuccess; a repeat`, `rule duplicate (request 2): equals the event before it`,
				`doubled (request 2): the visitor saw "Ann joined" once more; what had become of the request before was not known`},
		},
		{why: "a timer may be a little early", act: sendAgain(1950 * time.Millisecond), steps: begin + `{"fault": {"status": 429, "retryAfter": "2"}}, ` + joins},
		{why: "nobody was asked to wait", act: sendAgain(0), steps: begin + `{"fault": {"status": 429}}, ` + joins},
		{
			why: "one that looks the same is no repeat", act: func(s *stage, body []byte) error {
				if repeats++; repeats == 2 { // the first yes, which is refused
					time.AfterFunc(2*time.Second, func() { _ = s.send(body) })
				}
				return s.send(body)
			},
			steps: begin + joins + `, {"fault": {"status": 429, "retryAfter": "2"}}, {"agent": {"eventType": "message", "text": "yes"}, "times": 2}`,
			notes: []string{"rule duplicate (request 4): equals the event before it"},
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

// TestEveryBrokenRuleIsNamed: a rule that was broken often leaves room for one that was broken after it.
func TestEveryBrokenRuleIsNamed(t *testing.T) {
	in(t, func(s *stage) {
		s.act = (*stage).send
		out := s.play(begin+joins+`,
			{"agent": {"eventType": "message", "text": ""}, "times": 12, "refused": true},
			{"agent": {"eventType": "messages"}, "refused": true}`, nil)
		got := map[string]int{}
		for _, r := range out.Reasons {
			got[r.Rule]++
		}
		if diff := cmp.Diff(map[string]int{"text-required": 10, "event-type": 1}, got); diff != "" {
			t.Errorf("reasons by rule (-want +got)\n%s", diff)
		}
	})
}
