package fakeapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

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
