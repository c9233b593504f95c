package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGuideShowsWhatCheckPrints runs check on the capture that the page about it shows, and compares what
// comes out with what stands there.
func TestGuideShowsWhatCheckPrints(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "guide-vectors-and-traffic.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := func(form string) string {
		t.Helper()
		m := regexp.MustCompile("(?s)\n```" + form + "\n```\n").FindSubmatch(guide)
		if m == nil {
			t.Fatalf("the guide has no block of the form %s", form)
		}
		return string(m[1]) + "\n"
	}
	capture := block(`\n(\{"botId".*?)`)
	check := func(args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"check"}, args...), strings.NewReader(capture), &stdout, &stderr); code != exitNotAll {
			t.Errorf("exit code %d: %s", code, &stderr)
		}
		return stdout.String()
	}
	if diff := cmp.Diff(block(`console\n\$ go run ./cmd/escalation check traffic.jsonl\n(.*?)`), check()); diff != "" {
		t.Errorf("text (-guide +got):\n%s", diff)
	}
	if shown := block(`json\n(.*?)`); !strings.Contains(check("--json"), shown) {
		t.Errorf("check --json does not print %s", shown)
	}
}
