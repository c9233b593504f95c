package fakeapi_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// early is a server on which a client talked too early, forgot a text, and then did as it should. A second passes
// between any two things that happen.
func early(t *testing.T) *fakeapi.Server {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	s := newServer(t, &fakeapi.Config{Now: func() time.Time { now = now.Add(time.Second); return now }})
	must(t, s.Write("c1", "I want a human"))
	serve(s, message, nil)
	serve(s, event("message", ""), header("Authorization", "key-canary"))
	must(t, s.Next(fakeapi.Fault{Status: 502, Process: fakeapi.ProcessAnyway}))
	serve(s, success, nil)
	serve(s, success, nil)
	return s
}

const earlyReport = `conversation "c1" of bot "bot-1", connected, round 1
    0.000  visitor      "I want a human"
    1.000  bot          "I am connecting you with a person."
    2.000  webhook 1    widgetEscalate -> no webhook configured
    3.000  request 1    message text="Hello" -> 200
           finding      sequence: out of order; before it came nothing
    4.000  shown        "Agent: Hello" (of request 1)
    5.000  request 2    message -> 401
           finding      auth-key: header Authorization holds a wrong key
           finding      text-required: missing field "text"
    6.000  request 3    escalationSuccess agent="John Smith" -> 502, but it took effect
    7.000  shown        "John Smith joined" (of request 3)
    8.000  request 4    escalationSuccess agent="John Smith" -> 200
           finding      sequence: out of order; before it came escalationSuccess; a repeat (unavoidable)
           finding      duplicate: equals the event before it (unavoidable)
    9.000  shown        "John Smith joined" (of request 4), again
`

func TestReport(t *testing.T) {
	s := early(t)
	if diff := cmp.Diff(earlyReport, s.Report("c1")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, want := s.Report("c2"), "conversation \"c2\" of bot \"bot-1\"\n                        nothing happened, or it is forgotten\n"; got != want {
		t.Errorf("of an unknown conversation:\n%s", got)
	}
	serve(s, `{"eventType":"escalationFailed"}`, header("botid", "bot-2"))
	want := `requests of bot "bot-2" that named no conversation
    0.000  request 5    escalationFailed -> 401
           finding      auth-bot: header botid names no known bot: "bot-2"
           finding      conversation-id: missing field "platformConversationId"
`
	if diff := cmp.Diff(want, s.Bot("bot-2").Report("")); diff != "" {
		t.Errorf("without a conversation (-want +got):\n%s", diff)
	}
}

// Every way in which a request or a webhook can end has its words.
func TestReportOfFaults(t *testing.T) {
	long := strings.Repeat("ä", 100)
	for _, c := range []struct {
		why   string
		fault fakeapi.Fault
		body  string
		want  string // of the request's line
	}{
		{"dropped", fakeapi.Fault{Status: 503}, message, `message text="Hello" -> 503, without effect`},
		{"lost behind a 200", fakeapi.Fault{Process: fakeapi.ProcessNever}, message, `message text="Hello" -> 200, without effect`},
		{"cut", fakeapi.Fault{Cut: fakeapi.CutAfterBody}, message, `message text="Hello" -> severed, without effect`},
		{"cut afterwards", fakeapi.Fault{Cut: fakeapi.CutAfterBody, Process: fakeapi.ProcessAnyway}, message, `message text="Hello" -> severed, but it took effect`},
		{"cut in the answer", fakeapi.Fault{Cut: fakeapi.CutInAnswer}, message, `message text="Hello" -> 200, severed, but it took effect`},
		{"late", fakeapi.Fault{Status: 504, AfterNext: true}, message, `message text="Hello" -> 504, no effect yet`},
		{"a long text", fakeapi.Fault{}, event("message", `"text":"`+long+`"`), `message text="` + long[:160] + `"… (100 characters) -> 200`},
		{"a line of its own for nobody", fakeapi.Fault{}, event("message", `"text":"a\nfinding"`), `message text="a\nfinding" -> 200`},
	} {
		s := newServer(t, nil)
		must(t, s.Next(c.fault))
		exchangeOf(t.Context(), s.RoundTripper(), c.body)
		if got := strings.Split(s.Report("c1"), "\n")[1]; got != "    0.000  request 1    "+c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.why, got, c.want)
		}
	}
	s := newServer(t, nil)
	must(t, s.Next(fakeapi.Fault{Cut: fakeapi.CutBeforeBody}))
	exchangeOf(t.Context(), s.RoundTripper(), message)
	if got, want := s.Report(""), `POST "`+fakeapi.Path+"\" -> severed, without effect\n"; !strings.HasSuffix(got, want) {
		t.Errorf("cut before the body:\n%s", got)
	}
}

// What comes from outside cannot forge a line of a report or of a finding.
func TestReportsCannotBeForged(t *testing.T) {
	const forged = `\n           finding      forged`
	s := newServer(t, nil)
	for _, body := range []string{
		`{"platformConversationId":"c1","eventType":"x` + forged + `"}`,
		`{"platformConversationId":"c1","eventType":"message","text":"` + forged + `","y` + forged + `":"` + forged + `"}`,
		`{"platformConversationId":"c1` + forged + `","eventType":"message"}`,
		`{"eventType":"message","agent":"` + forged + `"}`,
		`{"platformConversationId":"c1","eventType":"escalationSuccess","agent":"` + forged + `"}`,
	} {
		serve(s, body, nil)
	}
	serve(s, `{}`, func(r *http.Request) { r.URL.Path, r.Method = "/\n           finding      forged", "x\nfinding" })
	var said strings.Builder
	for _, f := range s.Findings() {
		said.WriteString(f.String() + "\n")
	}
	for _, id := range []string{"c1", "c1\n           finding      forged", ""} {
		said.WriteString(s.Report(id))
	}
	if regexp.MustCompile(`(?m)^\s*finding\s+forged`).MatchString(said.String()) || !strings.Contains(said.String(), "forged") {
		t.Errorf("a line was forged:\n%s", said.String())
	}
}

func TestReportOfLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, &fakeapi.Config{Lag: time.Minute})
		exchangeOf(t.Context(), s.RoundTripper(), success)
		before := s.Report("c1")
		must(t, s.WaitWidget(t.Context(), "c1", 1))
		if want := "-> 200, no effect yet\n"; !strings.HasSuffix(before, want) {
			t.Errorf("before:\n%s", before)
		}
		if want := "-> 200\n   60.000  shown        \"John Smith joined\" (of request 1)\n"; !strings.HasSuffix(s.Report("c1"), want) {
			t.Errorf("after:\n%s", s.Report("c1"))
		}
	})
}

func TestReportOfHeldRequestsAndWebhooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, crm := newPair(t, nil)
		h := new(fakeapi.Hold)
		must(t, s.Escalate("c1", "sales"))
		must(t, s.WaitWebhooks(t.Context(), 1))
		must(t, s.NextWebhook(fakeapi.WebhookFault{Drop: true}, fakeapi.WebhookFault{Copies: 1}, fakeapi.WebhookFault{Hold: h}))
		for _, text := range []string{"1", "2", "3"} {
			must(t, s.Write("c1", text))
		}
		must(t, s.WaitWebhooks(t.Context(), 4))
		must(t, s.Next(fakeapi.Fault{Hold: h}))
		got := postInMemory(t, s, success)
		must(t, h.Wait(t.Context(), 2))
		want := `conversation "c1" of bot "bot-1", pending, round 1
    0.000  webhook 1    widgetEscalate -> 200
    0.000  visitor      "1"
    0.000  webhook 2    widgetMessage -> dropped
    0.000  visitor      "2"
    0.000  webhook 3    widgetMessage -> 200
    0.000  visitor      "3"
    0.000  webhook 4    widgetMessage -> under way
    0.000  webhook 5    widgetMessage, a copy of 3 -> 200
    0.000  request 1    escalationSuccess agent="John Smith" -> no answer yet
`
		if diff := cmp.Diff(want, s.Report("c1")); diff != "" || len(crm.got()) != 3 {
			t.Errorf("%d webhooks; report (-want +got):\n%s", len(crm.got()), diff)
		}
		h.Release()
		<-got
	})
}

func postInMemory(t *testing.T, s *fakeapi.Server, body string) <-chan exchange {
	out := make(chan exchange, 1)
	go func() { out <- exchangeOf(t.Context(), s.RoundTripper(), body) }()
	return out
}

func TestReportForgets(t *testing.T) {
	s := newServer(t, &fakeapi.Config{Keep: 2})
	s.BeginRound("c1")
	for range 50 {
		serve(s, queueUpdate, nil)
	}
	report := s.Report("c1")
	if n := strings.Count(report, "\n"); n > 3*2+2*2+1 || !regexp.MustCompile(`(?m)request 50 `).MatchString(report) {
		t.Errorf("%d lines:\n%s", n, report)
	}
	if fs := s.Findings(); len(fs) != 2 || fs[1].N != 50 {
		t.Errorf("findings: %v", fs)
	}
}
