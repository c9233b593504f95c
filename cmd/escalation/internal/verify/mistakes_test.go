package verify_test

import (
	"bytes"
	stdcmp "cmp"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/verify"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

const talk = `{
  "name": "talk", "about": "Somebody talks.",
  "steps": [
    {"visitor": "escalate"},
    {"agent": {"eventType": "escalationQueueUpdate", "queuePosition": "3"}},
    {"agent": {"eventType": "escalationSuccess", "agent": "Ann"}},
    {"agent": {"eventType": "message", "text": "<line {n}>"}, "times": 4},
    {"visitor": "write", "text": "Thank you"},
    {"agent": {"eventType": "agentDisconnect"}}
  ],
  "widget": ["You are number 3 in the queue", "Ann joined", "Ann: <line 1>", "Ann: <line 2>", "Ann: <line 3>", "Ann: <line 4>", "The agent left"]
}`

// farewell is a talk that the visitor ends, when all has been said for a while.
const farewell = `{
  "name": "farewell", "about": "The visitor leaves in the end.",
  "steps": [
    {"visitor": "escalate"},
    {"agent": {"eventType": "escalationSuccess", "agent": "Ann"}},
    {"wait": {"state": "connected"}},
    {"agent": {"eventType": "message", "text": "line {n}"}, "times": 3},
    {"wait": {"pause": "200ms"}},
    {"visitor": "leave"}
  ],
  "widget": ["Ann joined", "Ann: line 1", "Ann: line 2", "Ann: line 3"]
}`

// fields returns what is in a body.
func fields(body []byte) map[string]string {
	var f map[string]string
	_ = json.Unmarshal(body, &f)
	return f
}

func bodyOf(f any) []byte {
	body, _ := json.Marshal(f)
	return body
}

// TestEachMistakeIsNamed: a CRM that does one thing wrong fails for that, and a CRM that does not, does not.
func TestEachMistakeIsNamed(t *testing.T) {
	var webhooks atomic.Int32
	var held []byte
	for _, tc := range []struct {
		why    string
		play   string // default: talk
		crm    crm
		want   []string // of the scenario
		others []string // of the requests that belong to none
	}{
		{why: "no mistake", crm: crm{act: func(c *crm, body []byte) error { c.send(body); return nil }}},
		{
			why: "a scheme word before the key",
			crm: crm{act: func(c *crm, body []byte) error {
				c.post(fakeapi.Path, http.Header{"Authorization": {"Bearer " + key}, "Botid": {bot}, "Content-Type": {"application/json"}}, body)
				return nil
			}},
			want: []string{"lost", "rule auth-key-bare"},
		},
		{
			why: "no bot",
			crm: crm{act: func(c *crm, body []byte) error {
				c.post(fakeapi.Path, http.Header{"Authorization": {key}, "Content-Type": {"application/json"}}, body)
				return nil
			}},
			want: []string{"lost", "rule auth-bot-required"},
		},
		{
			why: "another path",
			crm: crm{act: func(c *crm, _ []byte) error {
				c.post("/converse", http.Header{"Authorization": {key}, "Botid": {bot}, "Content-Type": {"application/json"}}, nil)
				return nil
			}},
			want: []string{"lost"}, others: []string{"rule endpoint-path", "rule body-json"},
		},
		{
			why: "a conversation id of its own",
			crm: crm{act: func(c *crm, body []byte) error {
				f := fields(body)
				f["platformConversationId"] = "chat/" + f["platformConversationId"]
				c.send(bodyOf(f))
				return nil
			}},
			want: []string{"lost"}, others: []string{"unexpected"},
		},
		{
			why: "a number where a string belongs",
			crm: crm{act: func(c *crm, body []byte) error {
				c.send(bytes.Replace(body, []byte(`"queuePosition":"3"`), []byte(`"queuePosition":3`), 1))
				return nil
			}},
			want: []string{"rule field-type", "lost"},
		},
		{
			why: "messages sent twice",
			crm: crm{act: func(c *crm, body []byte) error {
				c.send(body)
				if fields(body)["text"] == "<line 2>" {
					c.send(body)
				}
				return nil
			}},
			want: []string{"doubled"},
		},
		{
			why: "an agent who joins twice",
			crm: crm{act: func(c *crm, body []byte) error {
				c.send(body)
				if fields(body)["eventType"] == "escalationSuccess" {
					c.send(body)
				}
				return nil
			}},
			want: []string{"rule sequence", "rule duplicate", "doubled"},
		},
		{
			why: "a message that is dropped",
			crm: crm{act: func(c *crm, body []byte) error {
				if fields(body)["text"] != "<line 2>" {
					c.send(body)
				}
				return nil
			}},
			want: []string{"lost"},
		},
		{
			why: "no mistake, and the visitor leaves", play: farewell,
			crm: crm{act: func(c *crm, body []byte) error { c.send(body); return nil }},
		},
		{
			why: "messages that are dropped, and the visitor leaves", play: farewell,
			crm: crm{act: func(c *crm, body []byte) error {
				if fields(body)["eventType"] != "message" {
					c.send(body)
				}
				return nil
			}},
			want: []string{"lost"},
		},
		{
			why: "messages in the wrong order",
			crm: crm{act: func(c *crm, body []byte) error {
				if fields(body)["text"] == "<line 2>" {
					held = slices.Clone(body)
					return nil
				}
				c.send(body)
				if fields(body)["text"] == "<line 4>" {
					c.send(held)
				}
				return nil
			}},
			want: []string{"order"},
		},
		{
			why: "words that nobody said",
			crm: crm{act: func(c *crm, body []byte) error {
				c.send(body)
				if f := fields(body); f["eventType"] == "escalationSuccess" {
					c.send(bodyOf(map[string]string{"platformConversationId": f["platformConversationId"], "eventType": "message", "text": "Welcome!"}))
				}
				return nil
			}},
			want: []string{"unexpected"},
		},
		{
			why: "words that were changed",
			crm: crm{act: func(c *crm, body []byte) error {
				f := fields(body)
				if f["text"] != "" {
					f["text"] = html.EscapeString(f["text"])
				}
				c.send(bodyOf(f))
				return nil
			}},
			want: []string{"unexpected", "lost"},
		},
		{
			why: "an agent who may not do what he may",
			crm: crm{act: func(c *crm, body []byte) error {
				if fields(body)["eventType"] == "message" {
					return &desk.Refusal{Message: "not now"}
				}
				c.send(body)
				return nil
			}},
			want: []string{"refused"},
		},
		{
			why:  "a desk that is out of order",
			crm:  crm{act: func(*crm, []byte) error { return &desk.CallError{Op: "act", Status: 500} }},
			want: []string{"desk"},
		},
		{
			why:  "a desk that cannot be reached",
			crm:  crm{act: func(*crm, []byte) error { return &desk.CallError{Op: "act", Err: errors.New("connection refused")} }},
			want: []string{"desk"},
		},
		{
			why: "a webhook that fails",
			crm: crm{
				act:     func(c *crm, body []byte) error { c.send(body); return nil },
				webhook: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
			},
			want: []string{"webhook"},
		},
		{
			why: "a webhook that fails for the visitor's words",
			crm: crm{
				act: func(c *crm, body []byte) error { c.send(body); return nil },
				webhook: func(w http.ResponseWriter, _ *http.Request) {
					if webhooks.Add(1) > 1 {
						w.WriteHeader(http.StatusBadRequest)
					}
				},
			},
			want: []string{"webhook"},
		},
		{
			why: "a flood",
			crm: crm{act: func(c *crm, body []byte) error {
				for range 3000 {
					c.send(body)
				}
				return nil
			}},
			want: []string{"flood", "doubled"},
		},
	} {
		t.Run(tc.why, func(t *testing.T) {
			t.Parallel()
			opts := &verify.Options{Timeout: 30 * time.Second, Quiet: 20 * time.Millisecond}
			if slices.Contains(tc.want, "lost") {
				opts.Timeout = 3 * time.Second // all of it is waited
			}
			report := play(t, &tc.crm, opts, parse(t, stdcmp.Or(tc.play, talk)))
			if got := len(report.Results); got != 2 {
				t.Fatalf("%d results", got)
			}
			if diff := cmp.Diff(tc.want, reasons(report.Results[0])); diff != "" {
				t.Errorf("reasons (-want +got)\n%s\n%+v", diff, report.Results[0].Reasons)
			}
			if diff := cmp.Diff(tc.others, reasons(report.Results[1])); diff != "" {
				t.Errorf("of other requests (-want +got)\n%s\n%+v", diff, report.Results[1].Reasons)
			}
			told := map[string]bool{}
			for _, r := range report.Results[0].Reasons {
				if told[r.String()] {
					t.Errorf("told twice: %v", r)
				}
				told[r.String()] = true
			}
			if failed := tc.want != nil; report.Passed() == failed {
				t.Errorf("passed: %t", report.Passed())
			}
		})
	}
}
