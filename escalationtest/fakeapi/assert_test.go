package fakeapi_test

import (
	"fmt"
	"strings"
	"testing"

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
