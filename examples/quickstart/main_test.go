package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/fsm"
)

var update = flag.Bool("update", false, "rewrite testdata/timeline.txt; read the difference before committing it")

func TestTimeline(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out, story); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/timeline.txt"
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
}

// TestStoryThatDoesNotHoldFails: the program must not end well when something is not as it should be.
func TestStoryThatDoesNotHoldFails(t *testing.T) {
	change := func(i int, f func(*scene)) []scene {
		changed := append([]scene(nil), story...)
		f(&changed[i])
		return changed
	}
	for name, c := range map[string]struct {
		scenes []scene
		want   string
	}{
		"another state":         {change(0, func(s *scene) { s.state = fsm.Queued }), "should be queued"},
		"refused against plan":  {change(1, func(s *scene) { s.refused = false }), "refused in state pending"},
		"allowed against plan":  {change(4, func(s *scene) { s.refused = true }), "should have been refused"},
		"the visitor sees less": {story[:len(story)-3], "the visitor saw"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := run(t.Context(), &out, c.scenes)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
