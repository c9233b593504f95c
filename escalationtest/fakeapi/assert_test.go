package fakeapi_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// A fakeTB keeps what an assertion says.
type fakeTB struct {
	helped int
	said   []string
}

func (f *fakeTB) Helper() { f.helped++ }

func (f *fakeTB) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

// says runs an assertion and compares what it says, line for line and without what stands before its first line.
func says(t *testing.T, why, want string, assert func(fakeapi.TB)) {
	t.Helper()
	tb := new(fakeTB)
	assert(tb)
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), strings.Join(tb.said, "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", why, diff)
	}
	if tb.helped == 0 {
		t.Errorf("%s: the failure would name the assertion's own line", why)
	}
}

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

func TestAssertClean(t *testing.T) {
	s := newServer(t, nil)
	serve(s, success, nil)
	serve(s, message, nil)
	serve(s, message, nil) // a note
	says(t, "nothing but a note", ``, func(tb fakeapi.TB) { fakeapi.AssertClean(tb, s) })

	says(t, "three faults", `
the client broke rules:
  request 1, message of conversation "c1": sequence: out of order; before it came nothing
  request 2, message of conversation "c1": auth-key: header Authorization holds a wrong key
  request 2, message of conversation "c1": text-required: missing field "text"

`+earlyReport, func(tb fakeapi.TB) { fakeapi.AssertClean(tb, early(t)) })

	many := newServer(t, nil)
	for i := range 5 {
		serve(many, strings.Replace(message, "c1", fmt.Sprint("c", i), 1), nil)
	}
	tb := new(fakeTB)
	fakeapi.AssertClean(tb, many)
	if said := strings.Join(tb.said, ""); strings.Count(said, "of bot") != 3 || !strings.HasSuffix(said, "\nand 2 conversations more\n") {
		t.Errorf("of five conversations it says:\n%s", said)
	}
}

func TestAssertFindings(t *testing.T) {
	s := early(t)
	says(t, "just these", ``, func(tb fakeapi.TB) { fakeapi.AssertFindings(tb, s, "sequence", "auth-key", "text-required") })
	says(t, "others", `
the client broke the rules [sequence auth-key text-required], want [sequence]:
  request 1, message of conversation "c1": sequence: out of order; before it came nothing
  request 2, message of conversation "c1": auth-key: header Authorization holds a wrong key
  request 2, message of conversation "c1": text-required: missing field "text"

`+earlyReport, func(tb fakeapi.TB) { fakeapi.AssertFindings(tb, s, "sequence") })
	says(t, "none", `
the client broke the rules [], want [sequence]:
`, func(tb fakeapi.TB) { fakeapi.AssertFindings(tb, newServer(t, nil), "sequence") })
}

func TestAssertWidget(t *testing.T) {
	s := early(t)
	seen := []string{"Agent: Hello", "John Smith joined", "John Smith joined"}
	says(t, "as it is", ``, func(tb fakeapi.TB) { fakeapi.AssertWidget(tb, s, "c1", seen...) })
	says(t, "as it is, of a bot", ``, func(tb fakeapi.TB) { fakeapi.AssertWidget(tb, s.Bot("bot-1"), "c1", seen...) })
	says(t, "without repeats", ``, func(tb fakeapi.TB) { fakeapi.AssertWidgetOnce(tb, s, "c1", seen[:2]...) })
	says(t, "nothing of another", ``, func(tb fakeapi.TB) { fakeapi.AssertWidget(tb, s, "c2") })
	says(t, "something else", `
conversation "c1" does not show what it should (- is missing, + is not wanted):
    "Agent: Hello"
  - "Ann joined"
  + "John Smith joined"
  + "John Smith joined"

`+earlyReport, func(tb fakeapi.TB) { fakeapi.AssertWidget(tb, s, "c1", "Agent: Hello", "Ann joined") })
	says(t, "one too few", `
conversation "c1" does not show what it should (- is missing, + is not wanted):
    "Agent: Hello"
    "John Smith joined"
  - "John Smith joined"

`+earlyReport, func(tb fakeapi.TB) { fakeapi.AssertWidgetOnce(tb, s, "c1", seen...) })
}

func TestAssertWidgetMarksAsLittleAsCanBe(t *testing.T) {
	s := newServer(t, nil)
	serve(s, success, nil)
	for _, text := range "abdefx" {
		serve(s, event("message", `"text":"`+string(text)+`"`), nil)
	}
	want := []string{"John Smith joined"}
	for _, text := range "abcdfgx" {
		want = append(want, "John Smith: "+string(text))
	}
	tb := new(fakeTB)
	fakeapi.AssertWidget(tb, s, "c1", want...)
	said, _, _ := strings.Cut(strings.Join(tb.said, ""), "\n\n")
	_, marks, _ := strings.Cut(said, "\n")
	if diff := cmp.Diff(`    "John Smith joined"
    "John Smith: a"
    "John Smith: b"
  - "John Smith: c"
    "John Smith: d"
  + "John Smith: e"
    "John Smith: f"
  - "John Smith: g"
    "John Smith: x"`, marks); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What many requests have in common is said once.
func TestAssertCleanFolds(t *testing.T) {
	s := newServer(t, nil)
	serve(s, success, nil)
	for range 3 {
		serve(s, event("message", ""), nil)
	}
	serve(s, message, nil)
	s.BeginRound("c1") // in another round it is the same mistake
	serve(s, event("message", ""), nil)
	serve(s, strings.Replace(failed, "c1", "c2", 1), header("Authorization"))
	for range 2 {
		serve(s, event("message", `"text":"a","agent":"b"`), header("Content-Type"))
	}
	tb := new(fakeTB)
	fakeapi.AssertClean(tb, s)
	got, _, _ := strings.Cut(strings.Join(tb.said, ""), "\n\n")
	want := `the client broke rules:
  requests 2-4, 6 (4), message of conversation "c1": text-required: missing field "text"
  request 7, escalationFailed of conversation "c2": auth-key-required: header Authorization is missing
  requests 8-9 (2), message of conversation "c1": content-type: header Content-Type is missing; want application/json
  requests 8-9 (2), message of conversation "c1": field-kind: misplaced field "agent": not with message`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	// What AssertFindings compares is not folded.
	if fakeapi.AssertFindings(tb, s, "text-required", "text-required", "text-required", "text-required", "auth-key-required",
		"content-type", "field-kind", "content-type", "field-kind"); len(tb.said) != 1 {
		t.Error(tb.said[1])
	}

	// Requests of two conversations in turn, and a different mistake in each of many.
	s = newServer(t, nil)
	for i := range 30 {
		serve(s, event("message", ""), nil)
		serve(s, fmt.Sprintf(`{"platformConversationId":"d%d","eventType":"escalationFailed","text":"x"}`, i), nil)
	}
	tb = new(fakeTB)
	fakeapi.AssertClean(tb, s)
	lines := strings.Split(strings.Join(tb.said, ""), "\n")
	for i, want := range map[int]string{
		1:  `  requests 1, 3, 5, 7, … 59 (30), message of conversation "c1": text-required: missing field "text"`,
		20: `  request 38, escalationFailed of conversation "d18": field-kind: misplaced field "text": not with escalationFailed`,
		21: `  and 11 more such lines`,
	} {
		if lines[i] != want {
			t.Errorf("line %d is %s, want %s", i, lines[i], want)
		}
	}
}

// One test sees the same chart once, and a new one as soon as more has happened.
func TestChartsAreShownOnce(t *testing.T) {
	s := early(t)
	other := strings.Replace(message, "c1", "c2", 1)
	serve(s, other, nil)
	const above = "conversation \"c1\" of bot \"bot-1\", connected, round 1: chart above\n"
	tb, second := new(fakeTB), new(fakeTB)
	fakeapi.AssertWidget(tb, s, "c1")
	fakeapi.AssertWidget(tb, s.Bot("bot-1"), "c1", "x")
	fakeapi.AssertClean(tb, s)
	fakeapi.AssertClean(second, s)
	serve(s, message, nil)
	fakeapi.AssertWidget(tb, s, "c1")
	for i, c := range []struct {
		said          string
		charts, above int // of c1
	}{
		{tb.said[0], 1, 0}, {tb.said[1], 0, 1}, {tb.said[2], 0, 1}, {second.said[0], 1, 0}, {tb.said[3], 1, 0},
	} {
		if strings.Count(c.said, "I want a human") != c.charts || strings.Count(c.said, above) != c.above {
			t.Errorf("failure %d says:\n%s", i+1, c.said)
		}
	}
	if !strings.Contains(tb.said[2], "\nconversation \"c2\" of bot \"bot-1\", pending, round 1\n    0.000  request 5 ") {
		t.Errorf("the chart of another conversation is missing:\n%s", tb.said[2])
	}
}

// An uncomparable is a test that cannot be the key of a map.
type uncomparable struct {
	*fakeTB
	_ []string
}

// A wrapped server is a Viewer of one's own.
type wrapped struct{ *fakeapi.Server }

func TestChartsOfStrangersAreShownAlways(t *testing.T) {
	s := early(t)
	tb := new(fakeTB)
	for range 2 {
		fakeapi.AssertWidget(uncomparable{fakeTB: tb}, s, "c1")
		fakeapi.AssertWidget(tb, wrapped{s}, "c1")
	}
	if got := strings.Count(strings.Join(tb.said, ""), earlyReport); got != 4 {
		t.Errorf("%d charts in %d failures", got, len(tb.said))
	}
}

// A chart names the seeds that had a say, so that the failure can be repeated.
func TestChartsNameTheSeed(t *testing.T) {
	s := newServer(t, nil)
	other := strings.Replace(message, "c1", "c2", 1)
	serve(s, other, nil)
	must(t, s.SetChaos(&fakeapi.Chaos{Seed: 7}))
	serve(s, message, nil)
	serve(s, message, nil)
	must(t, s.SetChaos(nil))
	serve(s, other, nil)
	tb := new(fakeTB)
	fakeapi.AssertClean(tb, s)
	for want, n := range map[string]int{
		"\nconversation \"c1\" of bot \"bot-1\", pending, round 1, chaos seed 7\n": 1,
		"\nconversation \"c2\" of bot \"bot-1\", pending, round 1\n":               1,
	} {
		if strings.Count(tb.said[0], want) != n {
			t.Errorf("%q is not in\n%s", want, tb.said[0])
		}
	}

	for seed := range uint64(5) {
		must(t, s.SetChaos(&fakeapi.Chaos{Seed: seed}))
		must(t, s.Escalate("c3", "")) // a webhook is disturbed as well
		must(t, s.Leave("c3"))
	}
	head, _, _ := strings.Cut(s.Report("c3"), "\n")
	if want := `conversation "c3" of bot "bot-1", ended, round 5, chaos seed 1, chaos seed 2, chaos seed 3, chaos seed 4`; head != want {
		t.Errorf("%s, want %s", head, want)
	}
}
