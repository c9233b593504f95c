package sandbox_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox"
	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
)

// TestScript: the page is told how the script goes, and why it failed, though not without end.
func TestScript(t *testing.T) {
	for _, tc := range []struct {
		why    string
		copies int
		line   string // that is expected where Ann joins
		status string
		most   int // reasons that are told
	}{
		{"all is as it should be", 1, "Ann joined", "passed", 0},
		{"another line is expected", 2, "Bob joined", "failed", 20},
		{"in many conversations", 25, "Bob joined", "failed", 20},
	} {
		play, err := scenario.Parse("play.json", fmt.Appendf(nil, `{"name":"play","about":"An agent joins.","copies":%d,"steps":[
			{"visitor":"escalate"},{"agent":{"eventType":"escalationSuccess","agent":"Ann"}},{"wait":{"text":"Ann joined"}}
		],"widget":[%q]}`, tc.copies, tc.line))
		if err != nil {
			t.Fatal(err)
		}
		c, s := start(t, sandbox.Config{Script: play})
		if diff := cmp.Diff(&script{c.state().Script.Seq, "play", "waiting", []string{}}, c.state().Script); diff != "" {
			t.Errorf("%s: at first (-want +got):\n%s", tc.why, diff)
		}
		outcome, err := s.RunScript(t.Context(), func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{}
		for _, r := range outcome.Reasons {
			want = append(want, r.Conversation+": "+r.String())
		}
		if n := len(want); n > tc.most {
			want = append(want[:tc.most-1], fmt.Sprintf("%d more, which the terminal shows", n-tc.most+1))
		}
		got := c.await(tc.why, func(s state) bool { return s.Script.Status != "playing" }).Script
		if diff := cmp.Diff(want, got.Reasons); diff != "" || got.Status != tc.status {
			t.Errorf("%s: %s (-want +got):\n%s", tc.why, got.Status, diff)
		}
		if tc.copies > 20 && len(got.Reasons) != 20 || tc.status == "failed" && len(got.Reasons) < tc.copies && len(got.Reasons) < 20 {
			t.Errorf("%s: %d reasons", tc.why, len(got.Reasons))
		}
	}
	c, _ := start(t, sandbox.Config{})
	if got := c.state().Script; got != nil {
		t.Errorf("no script: %+v", got)
	}
}
