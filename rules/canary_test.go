package rules_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

// No built-in refusal repeats what a field holds: it would end in logs. The test makes every rule
// that can object to a value do so.
func TestRefusalsHoldNoFieldValues(t *testing.T) {
	const canary, number = "Xk7canary", "8675309"
	set := build(t, rules.Strict, rules.QueuePositionMayNotGrow(), rules.AgentRequired(), rules.MaxTextLength(3),
		rules.MinUpdateGap(time.Hour), rules.UpdateChanges())
	refused := map[string]bool{}
	look := func(f rules.Facts, e events.Outbound) {
		refusal := set.Decide(f, e).Refusal
		if refusal == nil {
			return
		}
		for _, id := range refusal.Rules() {
			refused[id] = true
		}
		for _, text := range []string{refusal.Error(), fmt.Sprintf("%+v", refusal), errors.Join(refusal.Unwrap()...).Error()} {
			if strings.Contains(text, canary) || strings.Contains(text, number) {
				t.Errorf("%T in %v: %.300s", e, f.State, text)
			}
		}
	}
	for _, s := range []string{
		canary, number, canary + "\x00", canary + "\xff", canary + strings.Repeat("x", events.MaxFieldBytes),
		"http://" + canary, "https://" + canary + ":x/", "https://" + canary + "@h/", "https://h/ " + canary, "https://h/%" + canary, "https:" + canary,
	} {
		for _, before := range []string{s, "1"} {
			facts := rules.Facts{Now: noon, LastUpdateAt: noon, LastUpdate: events.EscalationQueueUpdate{QueuePosition: before, WaitingTime: before}}
			for _, facts.State = range fsm.States() {
				look(facts, events.EscalationQueueUpdate{QueuePosition: s, WaitingTime: s})
				look(facts, events.EscalationSuccess{Agent: s, AgentAvatar: s})
				look(facts, events.EscalationSuccess{AgentAvatar: s})
				look(facts, events.Message{Text: s})
				look(facts, &events.Message{Text: s})
			}
		}
	}
	// Left out: text-required objects to no value, and the rules about bodies are not Decide's.
	want := []string{
		"agent-required", "avatar-https", "event-type", "field-nul", "field-size", "field-utf8", "queue-position-may-not-grow",
		"queue-position-positive", "queue-update-gap", "queue-update-unchanged", "sequence", "text-length", "waiting-time-whole",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(refused))); diff != "" {
		t.Errorf("rules that objected (-want +got):\n%s", diff)
	}
}
