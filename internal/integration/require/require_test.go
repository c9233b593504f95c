package require_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/internal/integration/require"
)

// recorder notes how a test would end.
type recorder struct {
	testing.TB
	end string
}

func (r *recorder) Helper()                      {}
func (r *recorder) Skipf(f string, args ...any)  { r.end = "skip: " + fmt.Sprintf(f, args...) }
func (r *recorder) Fatalf(f string, args ...any) { r.end = "fail: " + fmt.Sprintf(f, args...) }

func TestAvailable(t *testing.T) {
	missing := errors.New("not found")
	for _, c := range []struct {
		why      string
		required string
		err      error
		want     string
	}{
		{"what is there is used", "", nil, ""},
		{"what is there is used, required or not", "strace", nil, ""},
		{"nobody asked for it", "", missing, "skip: needs strace (not found): install it"},
		{"another thing is required", "postgres,stracex", missing, "skip: needs strace (not found): install it"},
		{"required alone", "strace", missing, "fail: strace is required but missing (not found): install it"},
		{"required among others", "postgres, strace", missing, "fail: strace is required but missing (not found): install it"},
	} {
		t.Setenv(require.Variable, c.required)
		r := &recorder{TB: t}
		require.Available(r, "strace", c.err, "install it")
		if diff := cmp.Diff(c.want, r.end); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}

func TestPrograms(t *testing.T) {
	t.Setenv(require.Variable, "chromium,axe")
	t.Setenv("ESCALATION_CHROMIUM", "no-such-browser")
	r := &recorder{TB: t}
	require.Chromium(r)
	want := `fail: chromium is required but missing (exec: "no-such-browser": executable file not found in $PATH): ` +
		"install chromium (apt-get install chromium), or name one in ESCALATION_CHROMIUM"
	if diff := cmp.Diff(want, r.end); diff != "" {
		t.Errorf("no browser (-want +got):\n%s", diff)
	}

	file := filepath.Join(t.TempDir(), "axe.min.js")
	t.Setenv("ESCALATION_AXE", file)
	require.Axe(r)
	want = "fail: axe is required but missing (stat " + file + ": no such file or directory): " +
		"run .ci/axe (needs npm), or name axe.min.js in ESCALATION_AXE"
	if diff := cmp.Diff(want, r.end); diff != "" {
		t.Errorf("no axe (-want +got):\n%s", diff)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if r.end = ""; require.Axe(r) != file || r.end != "" {
		t.Errorf("axe is there, and the test ends with %q", r.end)
	}
}
