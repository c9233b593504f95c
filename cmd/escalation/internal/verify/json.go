package verify

import (
	"encoding/json"
	"io"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
)

// The names and the order of what follows are part of the command's interface.

type jsonReport struct {
	Version int          `json:"version"`
	Passed  bool         `json:"passed"`
	BaseURL string       `json:"baseURL"`
	Webhook string       `json:"webhook"`
	Seed    uint64       `json:"seed"`
	Began   time.Time    `json:"began"`
	Seconds float64      `json:"seconds"`
	Counts  jsonCounts   `json:"counts"`
	Results []jsonResult `json:"results"`
}

type jsonCounts struct {
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
}

type jsonResult struct {
	Name          string             `json:"name"`
	About         string             `json:"about"`
	Status        Status             `json:"status"`
	Why           string             `json:"why"`
	Seconds       float64            `json:"seconds"`
	Reasons       []jsonReason       `json:"reasons"`
	Notes         []jsonReason       `json:"notes"`
	Conversations []jsonConversation `json:"conversations"`
}

type jsonReason struct {
	Kind         scenario.Kind `json:"kind"`
	Rule         string        `json:"rule"`
	Conversation string        `json:"conversation"`
	Request      int           `json:"request"`
	Text         string        `json:"text"`
}

type jsonConversation struct {
	Name   string     `json:"name"`
	ID     string     `json:"id"`
	Widget []jsonLine `json:"widget"`
	Chart  string     `json:"chart"`
}

type jsonLine struct {
	By      string `json:"by"`
	Text    string `json:"text"`
	Request int    `json:"request"`
}

// JSON writes a report for programs, as one object.
func JSON(w io.Writer, r *Report) error {
	out := jsonReport{
		Version: 1, Passed: r.Passed(), BaseURL: r.BaseURL, Webhook: r.Webhook, Seed: r.Seed,
		Began: r.Began.UTC().Truncate(time.Millisecond), Seconds: r.Took.Seconds(),
		Counts:  jsonCounts{r.Count(Passed), r.Count(Failed), r.Count(Skipped)},
		Results: []jsonResult{},
	}
	for _, result := range r.Results {
		out.Results = append(out.Results, resultJSON(result))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func resultJSON(r Result) jsonResult {
	out := jsonResult{
		Name: r.Name, About: r.About, Status: r.Status, Why: r.Why, Seconds: r.Took.Seconds(),
		Reasons: reasonsJSON(r.Reasons), Notes: reasonsJSON(r.Notes), Conversations: []jsonConversation{},
	}
	for _, c := range r.Conversations {
		talk := jsonConversation{Name: c.Name, ID: c.ID, Widget: []jsonLine{}, Chart: c.Chart}
		for _, l := range c.Lines {
			talk.Widget = append(talk.Widget, jsonLine(l))
		}
		out.Conversations = append(out.Conversations, talk)
	}
	return out
}

func reasonsJSON(reasons []scenario.Reason) []jsonReason {
	out := []jsonReason{}
	for _, r := range reasons {
		out = append(out, jsonReason(r))
	}
	return out
}
