package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/escalationkit/escalation/internal/specgen"
)

// TestRunWritesEveryFile generates into an empty directory.
func TestRunWritesEveryFile(t *testing.T) {
	root := t.TempDir()
	var stderr bytes.Buffer
	if code := run([]string{"-root", root}, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	files, err := specgen.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		have, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.Path)))
		if err != nil || !bytes.Equal(have, f.Content) {
			t.Errorf("%s was not written as generated: %v", f.Path, err)
		}
	}
}

// TestRunSaysWhatIsWrong covers the exit codes other than 0.
func TestRunSaysWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		code int
	}{
		{[]string{"-no-such-flag"}, 2},
		{[]string{"-root", file}, 1}, // a file is no directory to write below
	} {
		var stderr bytes.Buffer
		if code := run(test.args, &stderr); code != test.code || stderr.Len() == 0 {
			t.Errorf("run(%q) = %d with %q, want %d and a reason", test.args, code, &stderr, test.code)
		}
	}
}
