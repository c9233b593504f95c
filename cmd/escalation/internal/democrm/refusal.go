package democrm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/rules"
)

// asRefusal turns those errors of the library that say "not taken" into a *desk.Refusal. All others are returned as
// they are.
func asRefusal(err error) error {
	if refusal, ok := errors.AsType[*rules.Refusal](err); ok {
		message := reasons(refusal)
		if stranded, ok := errors.AsType[*escalation.StrandedError](err); ok {
			message += fmt.Sprintf(" (event %d was to lead there and was not acknowledged)", stranded.Cause)
		}
		return &desk.Refusal{Rules: once(refusal.Rules()), Message: message, Allowed: names(refusal.Allowed)}
	}
	if invalid, ok := errors.AsType[*events.InvalidError](err); ok {
		return &desk.Refusal{Rules: once(codes(invalid)), Message: problems(invalid)}
	}
	if full, ok := errors.AsType[*escalation.FullError](err); ok {
		return &desk.Refusal{Message: fmt.Sprintf("%d events of the conversation wait already", full.Pending)}
	}
	if repair, ok := errors.AsType[*escalation.RepairError](err); ok {
		return &desk.Refusal{Message: notRepaired(repair)}
	}
	return err
}

// reasons says why an event is refused, without the ids of the rules and what would be allowed: they have fields of
// their own.
func reasons(refusal *rules.Refusal) string {
	var all []string
	for _, v := range refusal.Violations {
		all = append(all, v.Reason())
	}
	return strings.Join(all, "; ")
}

func problems(invalid *events.InvalidError) string {
	var all []string
	for _, p := range invalid.Problems {
		all = append(all, p.String())
	}
	return strings.Join(all, "; ")
}

func codes(invalid *events.InvalidError) []string {
	var all []string
	for _, p := range invalid.Problems {
		all = append(all, string(p.Code))
	}
	return all
}

func names(kinds events.KindSet) []string {
	all := []string{}
	for _, k := range kinds.Kinds() {
		all = append(all, k.String())
	}
	return all
}

// once drops repeats: several fields may break the same rule.
func once(ids []string) []string {
	var all []string
	for _, id := range ids {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}
