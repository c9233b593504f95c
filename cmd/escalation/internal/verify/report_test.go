package verify_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/cmd/escalation/internal/verify"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// sample is a report with one result of each status, and with texts that a format could stumble over.
func sample() *verify.Report {
	return &verify.Report{
		BaseURL: "http://127.0.0.1:8137", Webhook: "http://127.0.0.1:3000/hook?token=…", Seed: 42,
		Began: time.Date(2026, 11, 22, 14, 30, 5, 0, time.UTC), Took: 2500 * time.Millisecond,
		Results: []verify.Result{
			{Name: "normal", About: "All is well.", Status: verify.Passed, Outcome: scenario.Outcome{
				Took: 250 * time.Millisecond,
				Conversations: []scenario.Conversation{{Name: "1", ID: "verify-16-normal-1", Lines: []scenario.Line{
					{By: "crm", Text: "Ann joined", Request: 1}, {By: "visitor", Text: "Hello"},
				}}},
				Notes: []scenario.Reason{{Kind: scenario.Rule, Rule: "field-unknown", Conversation: "verify-16-normal-1", Request: 1, Text: "more"}},
			}},
			{Name: "burst", About: "Everything in order.", Status: verify.Failed, Outcome: scenario.Outcome{
				Took: 1250 * time.Millisecond,
				Conversations: []scenario.Conversation{
					{Name: "1", ID: "verify-16-burst-1", Chart: "first\n\tsecond\n", Lines: []scenario.Line{
						{By: "crm", Text: "Ann: <b>\"one\" & 'two'</b> ]]>\n\x01\xff\x1b[31m", Request: 7},
					}},
					{Name: "2", ID: "verify-16-burst-2"},
				},
				Reasons: []scenario.Reason{
					{Kind: scenario.Rule, Rule: "sequence", Conversation: "verify-16-burst-1", Request: 7, Text: `out of order; before it came escalationQueueUpdate`},
					{Kind: scenario.Lost, Conversation: "verify-16-burst-1", Text: "the visitor never saw \"<two>\x00\""},
				},
				Notes: []scenario.Reason{{Kind: scenario.Doubled, Conversation: "verify-16-burst-1", Request: 8, Text: "once more"}},
			}},
			{Name: "rotated-key", About: "A new key.", Status: verify.Skipped, Why: "nobody can tell the CRM its new key"},
			{Name: verify.Others, About: "No request is without a conversation.", Status: verify.Failed, Outcome: scenario.Outcome{
				Reasons: []scenario.Reason{{Kind: scenario.Rule, Rule: "endpoint-path", Request: 9, Text: `wrong path: "/converse"`}},
			}},
		},
	}
}

// TestReports compares each form with what was written by hand, in testdata.
func TestReports(t *testing.T) {
	for file, write := range map[string]func(io.Writer, *verify.Report) error{
		"report.txt":  func(w io.Writer, r *verify.Report) error { return verify.Text(w, r, false) },
		"verbose.txt": func(w io.Writer, r *verify.Report) error { return verify.Text(w, r, true) },
		"report.json": verify.JSON,
		"report.xml":  verify.JUnit,
	} {
		want, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := write(&got, sample()); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", file, diff)
		}
	}
}

// TestReportsOfNothing: every form is well formed, and nothing passed.
func TestReportsOfNothing(t *testing.T) {
	var text, object, xmlText bytes.Buffer
	empty := &verify.Report{}
	if err := verify.Text(&text, empty, true); err != nil || text.String() != "\n0 passed, 0 failed, 0 skipped in 0.0s\nno scenario was played, so nothing is known\n" {
		t.Errorf("%v, %q", err, &text)
	}
	var out struct {
		Results []any
		Passed  bool
	}
	if err := verify.JSON(&object, empty); err != nil || json.Unmarshal(object.Bytes(), &out) != nil || out.Results == nil || out.Passed {
		t.Errorf("%v, %s", err, &object)
	}
	if err := verify.JUnit(&xmlText, empty); err != nil || xml.Unmarshal(xmlText.Bytes(), new(struct{})) != nil {
		t.Errorf("%v, %s", err, &xmlText)
	}
}

// TestReportsTellOfFullDisks: an error of the writer is returned.
func TestReportsTellOfFullDisks(t *testing.T) {
	for name, write := range map[string]func(io.Writer, *verify.Report) error{
		"text":  func(w io.Writer, r *verify.Report) error { return verify.Text(w, r, false) },
		"json":  verify.JSON,
		"junit": verify.JUnit,
	} {
		if err := write(full{}, sample()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// TestTextShowsSomeConversations: of many that failed in the same way, a few will do.
func TestTextShowsSomeConversations(t *testing.T) {
	r := verify.Result{Name: "many", About: "Many.", Status: verify.Failed}
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		r.Conversations = append(r.Conversations, scenario.Conversation{ID: id})
		r.Reasons = append(r.Reasons, scenario.Reason{Kind: scenario.Lost, Conversation: id, Text: "of " + id})
	}
	var got bytes.Buffer
	if err := verify.ResultText(&got, r, false); err != nil {
		t.Fatal(err)
	}
	const want = `FAIL  many                            0.0s  Many.
    conversation a
      lost: of a
      the visitor saw nothing
    conversation b
      lost: of b
      the visitor saw nothing
    conversation c
      lost: of c
      the visitor saw nothing
    and 2 more conversations failed
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestReportsHoldNoKey: neither the right one nor a wrong one.
func TestReportsHoldNoKey(t *testing.T) {
	t.Parallel()
	n := 0
	c := &crm{act: func(c *crm, body []byte) error {
		n++
		c.post(fakeapi.Path, http.Header{"Authorization": {[]string{"canary", key, "Bearer " + key}[n%3]}, "Botid": {bot}, "Content-Type": {"application/json"}}, body)
		return nil
	}}
	report := play(t, c, nil, embedded(t, "normal"))
	var all bytes.Buffer
	for _, write := range []func() error{
		func() error { return verify.Text(&all, report, true) },
		func() error { return verify.JSON(&all, report) },
		func() error { return verify.JUnit(&all, report) },
	} {
		if err := write(); err != nil {
			t.Error(err)
		}
	}
	for _, secret := range []string{"canary", key} {
		if bytes.Contains(all.Bytes(), []byte(secret)) {
			t.Errorf("%q is in a report", secret)
		}
	}
	if !bytes.Contains(all.Bytes(), []byte("auth-key")) {
		t.Error("no wrong key was found, so nothing was tested")
	}
}
