package specgen

import (
	"slices"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/rules"
)

// The stages in which rules are judged.
const (
	stageGuard   = "guard"
	stagePayload = "payload"
	stagePolicy  = "policy"
)

// Entry is a built-in rule with what the specification says about it.
type Entry struct {
	rules.Rule
	Stage string
	// Scope is the kinds that the rule can be broken by.
	Scope events.KindSet
	// Presets are those that the rule is part of.
	Presets []string
	// Parameter says what the constructor takes and which value Summary was written with.
	Parameter string
}

// The values that the summaries of rules with a parameter are written with.
const (
	sampleTextLength = 2000
	sampleUpdateGap  = 5 * time.Second
)

// Catalogue returns every built-in rule in the order in which a set judges them: guard, payload,
// policy; those that belong to no preset at the end.
func Catalogue() ([]Entry, error) {
	strict, err := rules.Strict()
	if err != nil {
		return nil, err
	}
	lenient, err := rules.Lenient()
	if err != nil {
		return nil, err
	}
	var all []Entry
	for _, r := range strict.Rules() {
		all = append(all, Entry{Rule: r, Stage: stageOf(r), Scope: scopeOf(r)})
	}
	for _, e := range []Entry{
		{Rule: rules.QueuePositionMayNotGrow()},
		{Rule: rules.AgentRequired()},
		{Rule: rules.MaxTextLength(sampleTextLength), Parameter: "the number of characters; 2000 in this summary"},
		{Rule: rules.MinUpdateGap(sampleUpdateGap), Parameter: "the pause; 5s in this summary"},
		{Rule: rules.UpdateChanges()},
	} {
		e.Stage, e.Scope = stagePolicy, scopeOf(e.Rule)
		all = append(all, e)
	}
	for i := range all {
		all[i].Presets = []string{}
		if has(strict, all[i].ID) {
			all[i].Presets = append(all[i].Presets, "strict")
		}
		if has(lenient, all[i].ID) {
			all[i].Presets = append(all[i].Presets, "lenient")
		}
	}
	return all, nil
}

func has(set *rules.Set, id string) bool {
	return slices.ContainsFunc(set.Rules(), func(r rules.Rule) bool { return r.ID == id })
}

func stageOf(r rules.Rule) string {
	switch {
	case r.ID == rules.SequenceID:
		return stageGuard
	case slices.ContainsFunc(rules.PayloadRules(), func(p rules.Rule) bool { return p.ID == r.ID }):
		return stagePayload
	}
	return stagePolicy
}

// scopeOf spells out what an empty set of kinds stands for. Payload rules hold for both directions;
// the narrower ones are listed here.
func scopeOf(r rules.Rule) events.KindSet {
	switch events.Code(r.ID) {
	case events.CodeBotID:
		return events.InboundKinds()
	case events.CodeQueueFields:
		return events.NewKindSet(events.KindEscalationSuccess)
	case events.CodeTextRequired:
		return events.NewKindSet(events.KindMessage, events.KindWidgetMessage)
	case events.CodeFieldEmpty:
		return withOptionalFields()
	}
	switch {
	case r.Kinds != 0:
		return r.Kinds
	case stageOf(r) == stagePayload:
		return events.OutboundKinds() | events.InboundKinds()
	}
	return events.OutboundKinds()
}

func withOptionalFields() events.KindSet {
	var set events.KindSet
	for _, k := range events.OutboundKinds().Kinds() {
		if slices.ContainsFunc(events.Fields(k), func(f events.Field) bool { return !f.Required }) {
			set |= events.NewKindSet(k)
		}
	}
	return set
}
