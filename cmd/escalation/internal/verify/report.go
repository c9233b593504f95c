package verify

import (
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
)

// Status is how a scenario ended.
type Status string

// The statuses.
const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Skipped Status = "skipped"
)

// Others is the name of the result about requests that belong to no scenario.
const Others = "other-requests"

// Result is what came of one scenario.
type Result struct {
	Name   string
	About  string
	Status Status
	Why    string // it was skipped

	scenario.Outcome
}

// Report is what came of a run.
type Report struct {
	BaseURL string // of the platform
	Webhook string // URL of the CRM, as it may be printed
	Seed    uint64 // with which the run can be repeated
	Began   time.Time
	Took    time.Duration
	Results []Result
}

// Count returns how many results have a status. That there were no other requests is no scenario that passed.
func (r *Report) Count(status Status) int {
	n := 0
	for i := range r.Results {
		if r.Results[i].Status == status && (status != Passed || r.Results[i].Name != Others) {
			n++
		}
	}
	return n
}

// Played reports whether a scenario was played at all.
func (r *Report) Played() bool {
	for i := range r.Results {
		if r.Results[i].Name != Others && r.Results[i].Status != Skipped {
			return true
		}
	}
	return false
}

// Passed reports whether something was played and nothing failed.
func (r *Report) Passed() bool { return r.Played() && r.Count(Failed) == 0 }
