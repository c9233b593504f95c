package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// outOfReach returns why the CRM and the platform do not come together, if the first scenario shows that.
func (r *runner) outOfReach(first *Result) string {
	for _, w := range r.platform.api.Webhooks() {
		if w.Dropped {
			continue
		}
		if w.Status/100 != 2 {
			return "the CRM did not take the first webhook"
		}
		break
	}
	arrived := r.platform.api.Requests()
	why := misconfigured(arrived)
	switch {
	case why != "":
		why = "every request was refused, whatever its event: " + why
	case len(arrived) == 0 && first.Taken > 0:
		why = fmt.Sprintf("no request arrived at %s: is that the CRM's base URL?", r.platform.URL)
	default:
		return ""
	}
	first.Reasons = append([]scenario.Reason{{Kind: scenario.Lost, Text: why}}, first.Reasons...)
	return why
}

// settings are the rules about what is the same for all requests of a CRM.
var settings = []fakeapi.Rule{
	fakeapi.WrongPath, fakeapi.WrongMethod, fakeapi.MissingBotID, fakeapi.UnknownBot,
	fakeapi.MissingKey, fakeapi.SchemeWord, fakeapi.WrongKey, fakeapi.WrongContentType,
}

// misconfigured says what is wrong with the CRM's settings if that kept every request from being taken in. It is empty if there
// was none, or if one was taken in.
func misconfigured(requests []fakeapi.Record) string {
	wrong := map[string]bool{}
	for _, request := range requests {
		found := false
		for _, p := range request.Problems {
			if slices.Contains(settings, p.Rule) {
				found = true
				wrong[p.String()] = true
			}
		}
		if !found || request.Status/100 == 2 {
			return ""
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(wrong)), "; ")
}
