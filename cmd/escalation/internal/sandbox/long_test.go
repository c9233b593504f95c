package sandbox_test

import (
	"strings"
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox"
)

// TestLongLines: of a long text the page is told the beginning, whole characters of it, and that it is only that.
func TestLongLines(t *testing.T) {
	c, _ := start(t, sandbox.Config{})
	for _, tc := range []struct {
		why, text, want string
		cut             bool
	}{
		{"as long as may be", strings.Repeat("x", 4096), strings.Repeat("x", 4096), false},
		{"longer", strings.Repeat("x", 4097), strings.Repeat("x", 4096), true},
		{"in the middle of a character", "x" + strings.Repeat("ä", 2048), "x" + strings.Repeat("ä", 2047), true},
	} {
		c.must("/api/visitor", `{"conversation":"1","do":"write","text":"`+tc.text+`"}`)
		var got line
		for _, l := range c.state().conversation("1").Lines {
			if l.By == "visitor" {
				got = l
			}
		}
		if got.Text != tc.want || got.Cut != tc.cut {
			t.Errorf("%s: %d bytes, cut: %v", tc.why, len(got.Text), got.Cut)
		}
	}
}
