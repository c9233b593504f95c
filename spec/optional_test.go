package spec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/specgen"
	"github.com/escalationkit/escalation/rules"
)

// optionalCase is an event for a rule that is in no preset.
type optionalCase struct {
	rule   string
	last   events.EscalationQueueUpdate // the update before
	ago    time.Duration                // how long before; zero if there was none
	event  events.Outbound
	broken bool
	why    string
}

func at(position string) events.EscalationQueueUpdate {
	return events.EscalationQueueUpdate{QueuePosition: position}
}

// optionalCases were written by hand. The rules with a parameter have that of the catalogue: 2000
// characters, 5 seconds.
var optionalCases = []optionalCase{
	{"queue-position-may-not-grow", at("3"), time.Minute, at("2"), false, "the visitor moved up"},
	{"queue-position-may-not-grow", at("3"), time.Minute, at("3"), false, "nothing moved"},
	{"queue-position-may-not-grow", at("9"), time.Minute, at("10"), true, "back by one; as texts 10 would be less than 9"},
	{"queue-position-may-not-grow", at(""), time.Minute, at("7"), false, "there is nothing to compare with"},
	{"queue-position-may-not-grow", at("3"), time.Minute, at(""), false, "nor here"},
	{"queue-position-may-not-grow", at(""), 0, at("7"), false, "the first update of a round"},

	{"agent-required", at(""), 0, events.EscalationSuccess{Agent: "John Smith"}, false, "named"},
	{"agent-required", at(""), 0, events.EscalationSuccess{}, true, "not named"},
	{"agent-required", at(""), 0, events.EscalationSuccess{Agent: " \t"}, true, "white space is no name"},
	{"agent-required", at(""), 0, events.EscalationFailed{}, false, "another event"},

	{"text-length", at(""), 0, events.Message{Text: strings.Repeat("ä", 2000)}, false, "exactly as long; characters count, not bytes"},
	{"text-length", at(""), 0, events.Message{Text: strings.Repeat("a", 2001)}, true, "one too many"},

	{"queue-update-gap", at("3"), 5 * time.Second, at("2"), false, "exactly the pause"},
	{"queue-update-gap", at("3"), 5*time.Second - 1, at("2"), true, "a nanosecond early"},
	{"queue-update-gap", at(""), 0, at("2"), false, "the first update of a round"},
	{"queue-update-gap", at("3"), time.Second, events.EscalationFailed{}, false, "another event"},

	{"queue-update-unchanged", at("3"), time.Minute, at("2"), false, "another place"},
	{"queue-update-unchanged", at("3"), time.Minute, events.EscalationQueueUpdate{QueuePosition: "3", WaitingTime: "1"}, false, "the time is new"},
	{"queue-update-unchanged", at("3"), time.Minute, at("3"), true, "the same again"},
	{"queue-update-unchanged", at(""), 0, at(""), false, "the first update of a round"},
}

// wrongOptionalCase returns the first case of the rule that it answers otherwise.
func wrongOptionalCase(t *testing.T, r rules.Rule) *optionalCase {
	t.Helper()
	set, err := rules.New(fsm.Default(), r)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	for i, c := range optionalCases {
		if c.rule != r.ID {
			continue
		}
		facts := rules.Facts{State: fsm.Queued, Now: now}
		if c.event.Kind() == events.KindMessage {
			facts.State = fsm.Connected
		}
		if c.ago != 0 {
			facts.LastUpdate, facts.LastUpdateAt = c.last, now.Add(-c.ago)
		}
		refusal := set.Decide(facts, c.event).Refusal
		if (refusal != nil) != c.broken || refusal != nil && !refusal.Breaks(r.ID) {
			return &optionalCases[i]
		}
	}
	return nil
}

func optionalMutantCaught(t *testing.T, mutant rules.Rule) bool {
	t.Helper()
	return wrongOptionalCase(t, mutant) != nil
}

// TestOptionalRules asserts the cases against the rules themselves.
func TestOptionalRules(t *testing.T) {
	catalogue, err := specgen.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, e := range catalogue {
		if len(e.Presets) > 0 {
			continue
		}
		checked++
		if c := wrongOptionalCase(t, e.Rule); c != nil {
			t.Errorf("%s: broken should be %v: %s", c.rule, c.broken, c.why)
		}
	}
	if checked != 5 {
		t.Errorf("%d rules are in no preset, want 5", checked)
	}
}
