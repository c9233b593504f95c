package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/rules"
)

// ruleCase is an answer of one rule as a person expects it. The text, if any, is part of the error;
// empty means that the rule is content.
type ruleCase struct {
	why   string
	facts rules.Facts
	event events.Outbound
	text  string
}

func run(t *testing.T, r rules.Rule, cases []ruleCase) {
	t.Helper()
	for _, c := range cases {
		if c.why == "" || !r.Kinds.Has(events.KindOf(c.event)) {
			t.Fatalf("%+v: no reason, or not an event of the rule", c)
		}
		err := r.Check(c.facts, c.event)
		switch {
		case c.text == "" && err != nil:
			t.Errorf("%s: refused: %v", c.why, err)
		case c.text != "" && err == nil:
			t.Errorf("%s: allowed", c.why)
		case c.text != "" && !strings.Contains(err.Error(), c.text):
			t.Errorf("%s: refused with %q, want %q", c.why, err, c.text)
		}
	}
}

// noon is any time.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func position(p string) events.EscalationQueueUpdate {
	return events.EscalationQueueUpdate{QueuePosition: p}
}

func waiting(w string) events.EscalationQueueUpdate {
	return events.EscalationQueueUpdate{WaitingTime: w}
}

// notDigits are the ways to write a number that another reader may take otherwise.
var notDigits = map[string]string{
	"-1": "a sign", "+1": "a sign", "1.5": "not whole", "1,5": "not whole", "01": "octal to some", "00": "zero, twice",
	"١": "an Arabic digit", "１": "a full-width digit", " 1": "a space", "1 ": "a space", "1e3": "an exponent", "0x1": "hexadecimal",
	"1_000": "Go only", "third": "a word", "9223372036854775808": "more than 63 bits", strings.Repeat("9", 400): "huge",
}

func TestQueuePositionPositive(t *testing.T) {
	cases := []ruleCase{
		{"left out: details are optional", rules.Facts{}, position(""), ""},
		{"the next in line", rules.Facts{}, position("1"), ""},
		{"the vendor's own sample", rules.Facts{}, position("3"), ""},
		{"a long queue", rules.Facts{}, position("100000"), ""},
		{"the greatest number", rules.Facts{}, position("9223372036854775807"), ""},
		{"a strange waiting time is another rule's business", rules.Facts{}, events.EscalationQueueUpdate{QueuePosition: "1", WaitingTime: "soon"}, ""},
		{"nobody stands at place zero", rules.Facts{}, position("0"), "whole number from 1"},
	}
	for text, why := range notDigits {
		cases = append(cases, ruleCase{why, rules.Facts{}, position(text), "queuePosition is not a whole number from 1"})
	}
	run(t, rules.QueuePositionPositive(), cases)
}

func TestWaitingTimeWhole(t *testing.T) {
	cases := []ruleCase{
		{"left out: details are optional", rules.Facts{}, waiting(""), ""},
		{"less than a minute", rules.Facts{}, waiting("0"), ""},
		{"the vendor's own sample", rules.Facts{}, waiting("12"), ""},
		{"a strange position is another rule's business", rules.Facts{}, events.EscalationQueueUpdate{QueuePosition: "first", WaitingTime: "1"}, ""},
		{"a unit", rules.Facts{}, waiting("12 min"), "whole number of minutes"},
	}
	for text, why := range notDigits {
		cases = append(cases, ruleCase{why, rules.Facts{}, waiting(text), "waitingTime is not a whole number of minutes"})
	}
	run(t, rules.WaitingTimeWhole(), cases)
}

func TestQueuePositionMayNotGrow(t *testing.T) {
	after := func(p string) rules.Facts { return rules.Facts{LastUpdate: position(p)} }
	run(t, rules.QueuePositionMayNotGrow(), []ruleCase{
		{"the first update of the round", rules.Facts{}, position("7"), ""},
		{"one step ahead", after("3"), position("2"), ""},
		{"the queue stands still", after("3"), position("3"), ""},
		{"compared as numbers, not as text", after("10"), position("9"), ""},
		{"nothing to compare with", after(""), position("9"), ""},
		{"nothing to compare", after("3"), position(""), ""},
		{"the update before was no number", after("third"), position("9"), ""},
		{"no number is another rule's business", after("3"), position("four"), ""},
		{"one step back", after("3"), position("4"), "greater"},
		{"one step back, after an update that told the waiting time only",
			rules.Facts{LastUpdate: waiting("12"), LastPosition: "3"}, position("4"), "greater"},
		{"one step ahead after such an update", rules.Facts{LastUpdate: waiting("12"), LastPosition: "3"}, position("2"), ""},
		{"the last update counts where it tells a place", rules.Facts{LastUpdate: position("5"), LastPosition: "3"}, position("4"), ""},
		{"compared as numbers, not as text", after("9"), position("10"), "greater"},
	})
}

func TestAgentRequired(t *testing.T) {
	named := func(name string) events.Outbound { return events.EscalationSuccess{Agent: name} }
	run(t, rules.AgentRequired(), []ruleCase{
		{"a name", rules.Facts{}, named("Ann"), ""},
		{"a name with spaces around it is a name", rules.Facts{}, named(" Ann "), ""},
		{"none", rules.Facts{}, named(""), "agent is missing"},
		{"spaces", rules.Facts{}, named("   "), "agent is missing"},
		{"other blanks", rules.Facts{}, named("\t\n\u00a0\u2003"), "agent is missing"},
		{"a picture is no name", rules.Facts{}, avatar("https://example.com/a.png"), ""},
		{"a picture alone", rules.Facts{}, events.EscalationSuccess{AgentAvatar: "https://example.com/a.png"}, "agent is missing"},
	})
}

func TestMaxTextLength(t *testing.T) {
	says := func(text string) events.Outbound { return events.Message{Text: text} }
	run(t, rules.MaxTextLength(5), []ruleCase{
		{"shorter", rules.Facts{}, says("four"), ""},
		{"exactly", rules.Facts{}, says("fives"), ""},
		{"five characters in fifteen bytes", rules.Facts{}, says("こんにちは"), ""},
		{"five characters in twenty bytes", rules.Facts{}, says("🙂🙂🙂🙂🙂"), ""},
		{"one more", rules.Facts{}, says("sixsix"), "text has 6 characters, more than 5"},
		{"one more, counted in characters", rules.Facts{}, says("🙂🙂🙂🙂🙂🙂"), "text has 6 characters, more than 5"},
		{"a combining mark counts: code points, not what the eye sees", rules.Facts{}, says("fives\u0301"), "6 characters"},
	})
}

func TestMinUpdateGap(t *testing.T) {
	after := func(d time.Duration) rules.Facts {
		return rules.Facts{LastUpdate: position("3"), LastUpdateAt: noon, Now: noon.Add(d)}
	}
	elsewhere := after(10 * time.Second)
	elsewhere.Now = elsewhere.Now.In(time.FixedZone("elsewhere", 3600))
	run(t, rules.MinUpdateGap(10*time.Second), []ruleCase{
		{"the first of the round", rules.Facts{Now: noon}, position("3"), ""},
		{"the first, and not even the time is known", rules.Facts{}, position("3"), ""},
		{"long after", after(time.Hour), position("2"), ""},
		{"exactly the gap", after(10 * time.Second), position("2"), ""},
		{"exactly the gap, written in another zone", elsewhere, position("2"), ""},
		{"a nanosecond too early", after(10*time.Second - 1), position("2"), "9.999999999s ago, less than 10s"},
		{"at once", after(0), position("2"), "0s ago"},
		{"the clock went back: no pause can be shown", after(-time.Hour), position("2"), "was 0s ago, less than 10s"},
		{"the caller forgot to say what time it is", rules.Facts{LastUpdateAt: noon}, position("2"), "was 0s ago"},
	})
}

func TestUpdateChanges(t *testing.T) {
	said := rules.Facts{LastUpdate: events.EscalationQueueUpdate{QueuePosition: "3", WaitingTime: "12"}, LastUpdateAt: time.Unix(1, 0)}
	bare := rules.Facts{LastUpdateAt: time.Unix(1, 0)}
	run(t, rules.UpdateChanges(), []ruleCase{
		{"the first of the round", rules.Facts{}, position("3"), ""},
		{"the first of the round has no details", rules.Facts{}, position(""), ""},
		{"another position", said, events.EscalationQueueUpdate{QueuePosition: "2", WaitingTime: "12"}, ""},
		{"another waiting time", said, events.EscalationQueueUpdate{QueuePosition: "3", WaitingTime: "9"}, ""},
		{"one detail less", said, position("3"), ""},
		{"the same", said, events.EscalationQueueUpdate{QueuePosition: "3", WaitingTime: "12"}, "one before"},
		{"twice without details", bare, position(""), "one before"},
	})
}
