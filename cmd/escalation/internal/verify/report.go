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

// Count returns how many results have a status.
func (r *Report) Count(status Status) int {
	n := 0
	for i := range r.Results {
		if r.Results[i].Status == status {
			n++
		}
	}
	return n
}

// Passed reports whether nothing failed and something was played.
func (r *Report) Passed() bool {
	return r.Count(Failed) == 0 && r.Count(Passed) > 0
}
