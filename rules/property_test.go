package rules_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

// fieldText draws what a field may hold: good values, near misses and noise.
func fieldText(good ...string) *rapid.Generator[string] {
	odd := []string{"", " ", "0", "01", "-1", "١", "\x00", "\xff", "https://h/\x00", "http://h/", "https://u@h/"}
	return rapid.OneOf(rapid.SampledFrom(good), rapid.SampledFrom(append(odd, good...)), rapid.String())
}

func drawEvent(t *rapid.T, label string) events.Outbound {
	number := fieldText("1", "2", "3", "10")
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) events.Outbound {
			return events.EscalationQueueUpdate{QueuePosition: number.Draw(t, "position"), WaitingTime: number.Draw(t, "wait")}
		}),
		rapid.Custom(func(t *rapid.T) events.Outbound {
			return events.EscalationSuccess{
				Agent: fieldText("Ann").Draw(t, "agent"), AgentAvatar: fieldText("https://example.com/a.png").Draw(t, "avatar")}
		}),
		rapid.Custom(func(t *rapid.T) events.Outbound { return events.Message{Text: fieldText("hi").Draw(t, "text")} }),
		rapid.Just[events.Outbound](events.EscalationFailed{}),
		rapid.Just[events.Outbound](events.AgentDisconnect{}),
	).Draw(t, label)
}

func drawFacts(t *rapid.T) rules.Facts {
	f := rules.Facts{
		State: fsm.State(rapid.IntRange(0, fsm.NumStates).Draw(t, "state")), // one past the last included
		Now:   noon.Add(time.Duration(rapid.IntRange(-5, 20).Draw(t, "seconds")) * time.Second),
	}
	if rapid.Bool().Draw(t, "updated") {
		f.LastUpdateAt = noon
		f.LastUpdate = position(fieldText("1", "2", "3", "10").Draw(t, "last"))
		f.LastPosition = fieldText("1", "2", "3", "10").Draw(t, "last position")
	}
	return f
}

// optional are the rules of no preset.
var optional = []rules.Rule{
	rules.QueuePositionMayNotGrow(), rules.AgentRequired(), rules.MaxTextLength(3), rules.MinUpdateGap(10 * time.Second), rules.UpdateChanges(),
}

func drawSet(t *rapid.T) (*rules.Set, []rules.Rule) {
	byID := func(r rules.Rule) string { return r.ID }
	more := rapid.SliceOfDistinct(rapid.SampledFrom(optional), byID).Draw(t, "rules")
	preset := rapid.SampledFrom([]func(...rules.Rule) (*rules.Set, error){rules.Strict, rules.Lenient}).Draw(t, "preset")
	set, err := preset(more...)
	if err != nil {
		t.Fatal(err)
	}
	return set, append([]rules.Rule{rules.AvatarHTTPS(), rules.QueuePositionPositive(), rules.WaitingTimeWhole()}, more...)
}

// decisionIsTheSumOfItsParts computes the answer a second time from the table, Validate and the rules.
func decisionIsTheSumOfItsParts(t *rapid.T) {
	set, chosen := drawSet(t)
	facts, e := drawFacts(t), drawEvent(t, "event")
	var want []string
	next, err := set.Table().Step(facts.State, e.Kind())
	if err != nil {
		want = append(want, rules.SequenceID)
	}
	if invalid, ok := errors.AsType[*events.InvalidError](e.Validate()); ok {
		for _, p := range invalid.Problems {
			want = append(want, string(p.Code))
		}
	}
	for _, r := range chosen {
		if (r.Kinds == 0 || r.Kinds.Has(e.Kind())) && r.Check(facts, e) != nil {
			want = append(want, r.ID)
		}
	}
	d := set.Decide(facts, e)
	if diff := cmp.Diff(want, broken(d)); diff != "" {
		t.Fatalf("broken rules (-want +got):\n%s", diff)
	}
	if want != nil {
		next = facts.State
	}
	if d.Next != next {
		t.Fatalf("next %v, want %v", d.Next, next)
	}
	if d.Refusal == nil {
		if _, err := (events.Request{ConversationID: "1", Event: e}).Encode(); err != nil {
			t.Fatalf("allowed, but it does not encode: %v", err)
		}
		return
	}
	if d.Refusal.State != facts.State || d.Refusal.Kind != e.Kind() || d.Refusal.Allowed != set.Allowed(facts.State) {
		t.Fatalf("facts of the refusal: %+v", d.Refusal)
	}
	for _, v := range d.Refusal.Violations {
		i := slices.IndexFunc(set.Rules(), func(r rules.Rule) bool { return r.ID == v.Rule })
		if i < 0 || v.Err == nil {
			t.Fatalf("%+v is no violation of a rule of the set", v)
		}
		if r := set.Rules()[i]; v.Rule != rules.SequenceID && (v.Basis != r.Basis || v.Source != r.Source) {
			t.Fatalf("%+v differs from its rule: %v, %q", v, r.Basis, r.Source)
		}
	}
}

// decideIsPure asks the same question before and after others, and of a set built anew.
func decideIsPure(t *rapid.T) {
	set, chosen := drawSet(t)
	again, err := rules.New(set.Table(), chosen...)
	if err != nil {
		t.Fatal(err)
	}
	facts, e := drawFacts(t), drawEvent(t, "event")
	first := set.Decide(facts, e)
	for range rapid.IntRange(0, 3).Draw(t, "others") {
		set.Decide(drawFacts(t), drawEvent(t, "other"))
	}
	for _, s := range []*rules.Set{set, again} {
		second := s.Decide(facts, e)
		if second.Next != first.Next || fmt.Sprint(second.Err()) != fmt.Sprint(first.Err()) {
			t.Fatalf("first %v, %v; then %v, %v", first.Next, first.Err(), second.Next, second.Err())
		}
	}
}

func TestDecisionIsTheSumOfItsParts(t *testing.T) { rapid.Check(t, decisionIsTheSumOfItsParts) }
func TestDecideIsPure(t *testing.T)               { rapid.Check(t, decideIsPure) }

func FuzzDecisionIsTheSumOfItsParts(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(decisionIsTheSumOfItsParts))
}
func FuzzDecideIsPure(f *testing.F) { f.Fuzz(rapid.MakeFuzz(decideIsPure)) }
