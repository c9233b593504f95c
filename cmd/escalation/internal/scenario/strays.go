package scenario

import (
	"fmt"
	"strings"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// Strays judges the requests for conversations other than the known ones. Those whose id begins with prefix are left over
// from an earlier run, and no reason.
func Strays(platform *fakeapi.Server, known map[string]bool, prefix string) Outcome {
	var reasons, notes []Reason
	for _, rec := range platform.Requests() {
		id := rec.ConversationID
		if id != "" && known[id] {
			continue
		}
		for _, p := range rec.Problems {
			r := Reason{Kind: Rule, Rule: p.ID(), Request: rec.N, Conversation: id, Text: p.String()}
			if p.Rule.Drift() {
				notes = append(notes, r)
			} else {
				reasons = append(reasons, r)
			}
		}
		if !rec.Passed() || len(rec.Fields) == 0 {
			continue
		}
		r := Reason{Kind: Unexpected, Request: rec.N, Conversation: id, Text: fmt.Sprintf("%s for a conversation that nobody escalated", rec.EventType)}
		if strings.HasPrefix(id, prefix) {
			r.Text += " in this run; it seems to be left over from an earlier one"
			notes = append(notes, r)
		} else {
			reasons = append(reasons, r)
		}
	}
	return Outcome{Reasons: bound(reasons), Notes: bound(notes)}
}
