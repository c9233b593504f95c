// Package require is for tests that need something of the machine which not every machine has. Such a test is skipped
// where that is missing, but fails where the environment variable ESCALATION_REQUIRE names it: there a green run
// means that the test ran. The variable lists names, separated by commas.
package require

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Variable is the environment variable that lists what must not be missing.
const Variable = "ESCALATION_REQUIRE"

// Available skips the test if err says that a thing is missing, or fails it if the thing is required. remedy says
// what to do about it.
func Available(t testing.TB, name string, err error, remedy string) {
	t.Helper()
	switch {
	case err == nil:
	case Required(name):
		t.Fatalf("%s is required but missing (%v): %s", name, err, remedy)
	default:
		t.Skipf("needs %s (%v): %s", name, err, remedy)
	}
}

// Required reports whether a thing must not be missing.
func Required(name string) bool {
	listed := strings.Split(os.Getenv(Variable), ",")
	return slices.ContainsFunc(listed, func(s string) bool { return strings.TrimSpace(s) == name })
}

// Strace is for tests that run programs under strace.
func Strace(t testing.TB) {
	t.Helper()
	Available(t, "strace", works("strace"), "install strace (apt-get install strace)")
}

// Chromium is for tests that look at a page in a browser. It returns the path of the program: what
// ESCALATION_CHROMIUM names, or the first of the usual names that is installed.
func Chromium(t testing.TB) string {
	t.Helper()
	const remedy = "install chromium (apt-get install chromium), or name one in ESCALATION_CHROMIUM"
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if named := os.Getenv("ESCALATION_CHROMIUM"); named != "" {
		names = []string{named}
	}
	var missing error
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err == nil {
			return path
		}
		missing = cmp.Or(missing, err)
	}
	Available(t, "chromium", missing, remedy)
	return ""
}

// Axe is for tests of what a page is to people who do not see it. It returns the path of axe-core's axe.min.js, which
// is no part of this project: what ESCALATION_AXE names, or what .ci/axe has put into the user's cache folder.
func Axe(t testing.TB) string {
	t.Helper()
	path := os.Getenv("ESCALATION_AXE")
	if path == "" {
		cache, err := os.UserCacheDir()
		Available(t, "axe", err, "name axe.min.js in ESCALATION_AXE")
		path = filepath.Join(cache, "escalation", "axe.min.js")
	}
	_, err := os.Stat(path)
	Available(t, "axe", err, "run .ci/axe (needs npm), or name axe.min.js in ESCALATION_AXE")
	return path
}

// works runs something harmless under a tracer: some containers have one that is not allowed to do anything.
func works(tracer string) error {
	path, err := exec.LookPath(tracer)
	if err != nil {
		return err
	}
	out, err := exec.Command(path, "-f", "-o", os.DevNull, "--", "true").CombinedOutput()
	if err != nil && len(out) > 0 {
		return errors.New(strings.TrimSpace(string(out)))
	}
	return err
}
