package scenario_test

import (
	"strings"
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
)

// TestFilesOfEditors: what editors add to a file does not matter, and moves no line number.
func TestFilesOfEditors(t *testing.T) {
	const file = "{\n\"name\": \"x\",\n\"about\": \"y\",\n\"steps\": [{\"visitor\": \"escalate\"}]\n}\n"
	const broken = "{\n\"name\": 1\n}\n"
	for why, edit := range map[string]func(string) string{
		"as it is":              func(s string) string { return s },
		"a byte order mark":     func(s string) string { return "\uFEFF" + s },
		"line ends of Windows":  func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"both, as Notepad does": func(s string) string { return "\uFEFF" + strings.ReplaceAll(s, "\n", "\r\n") },
	} {
		if _, err := scenario.Parse("f.json", []byte(edit(file))); err != nil {
			t.Errorf("%s: %v", why, err)
		}
		if _, err := scenario.Parse("f.json", []byte(edit(broken))); err == nil || !strings.Contains(err.Error(), "f.json:2: name: must be a string") {
			t.Errorf("%s: %v", why, err)
		}
	}
}
