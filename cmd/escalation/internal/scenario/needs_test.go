package scenario_test

import (
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
)

func TestNeeds(t *testing.T) {
	const other = `{"visitor": "escalate"}`
	for _, tc := range []struct {
		why, steps, more        string
		exclusive, desk, newKey bool
	}{
		{why: "nothing special", steps: other},
		{why: "a fault of one conversation", steps: `{"fault": {"status": 503}}`},
		{why: "a fault of all", steps: `{"fault": {"status": 503}, "all": true}`, exclusive: true},
		{why: "a refused key makes a client pause everywhere", steps: `{"fault": {"status": 401}}`, exclusive: true},
		{why: "so does a wrong address", steps: `{"fault": {"status": 404}}`, exclusive: true},
		{why: "a new key is for all", steps: `{"key": "k"}`, exclusive: true, newKey: true},
		{why: "chaos is for all", steps: other, more: `, "chaos": {"tooMany": 0.1}`, exclusive: true},
		{why: "what is not allowed", steps: `{"agent": {"eventType": "escalationFailed"}, "refused": true}`, desk: true},
		{why: "beside something else", steps: `{"together": [` + other + `, {"agent": {"eventType": "escalationFailed"}, "refused": true}]}`, desk: true},
	} {
		sc, err := scenario.Parse("f.json", []byte(`{"name": "x", "about": "y", "steps": [`+other+`, `+tc.steps+`]`+tc.more+`}`))
		if err != nil {
			t.Fatalf("%s: %v", tc.why, err)
		}
		if got := sc.Exclusive(); got != tc.exclusive {
			t.Errorf("%s: exclusive: %t", tc.why, got)
		}
		if got := sc.NeedsDesk(); got != tc.desk {
			t.Errorf("%s: needs a desk: %t", tc.why, got)
		}
		if got := sc.Rekeys(); got != tc.newKey {
			t.Errorf("%s: changes the key: %t", tc.why, got)
		}
	}
}
