package integration_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/spec"
)

// build compiles the program in a directory, seen from the root of the repository, as somebody does who has
// cloned it, and returns the path of the binary. From a cold cache that takes minutes.
func build(t *testing.T, module, pkg string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "program")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, pkg)
	cmd.Dir = filepath.Join("..", "..", filepath.FromSlash(module))
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// run runs a program to its end in a directory with nothing of the repository in it.
func run(t *testing.T, binary string, args ...string) (exit int, stdout, stderr string) {
	t.Helper()
	var out, problems bytes.Buffer
	cmd := exec.CommandContext(bounded(t), binary, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.TempDir(), &out, &problems
	if err := cmd.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			t.Fatal(err)
		}
	}
	return cmd.ProcessState.ExitCode(), out.String(), problems.String()
}

func TestQuickstart(t *testing.T) {
	t.Parallel()
	exit, stdout, stderr := run(t, build(t, ".", "./examples/quickstart"))
	if exit != 0 || stderr != "" {
		t.Fatalf("exit %d, standard error %q\n%s", exit, stderr, stdout)
	}
	rest := stdout
	for _, want := range []string{ // in this order
		"message refused in state pending: sequence: no agent is connected yet",
		"escalationSuccess  answered 200",
		"agentDisconnect  answered 200",
		"state ended, allowed now: none",
		"message refused in state ended: sequence: the round is over",
		"What the visitor saw:",
		"The agent left",
	} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("no %q where it should be in\n%s", want, stdout)
		}
		rest = after
	}
	for _, private := range []string{"my-api-key", "my-webhook-secret"} {
		if strings.Contains(stdout, private) {
			t.Errorf("%q is printed", private)
		}
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	binary := build(t, "cmd/escalation", ".")
	t.Run("check", func(t *testing.T) { checkCapturedTraffic(t, binary) })
	t.Run("spec", func(t *testing.T) { specPrintsTheFile(t, binary) })
}

// verdict is one line of what escalation check --json prints.
type verdict struct {
	Line                               int
	Conversation, Kind, Verdict, State string
	Rules                              []string
}

// checkCapturedTraffic has the built command judge what a real escalation put on the wire, and a copy in
// which an agent writes before anybody has joined.
func checkCapturedTraffic(t *testing.T, binary string) {
	lines := capture(t)
	if diff := cmp.Diff(captured, lines); diff != "" {
		t.Fatalf("on the wire (-want +got):\n%s", diff)
	}
	exit, got := judge(t, binary, lines)
	if diff := cmp.Diff(allowed, got); diff != "" || exit != 0 {
		t.Errorf("captured: exit %d; verdicts (-want +got):\n%s", exit, diff)
	}

	tampered := append([]string(nil), lines...)
	const success, message = 4, 5 // of conversation A
	tampered[success], tampered[message] = lines[message], lines[success]
	want := append([]verdict(nil), allowed...)
	want[success] = verdict{5, "A", "message", "refused", "queued", []string{"sequence"}}
	want[message] = verdict{6, "A", "escalationSuccess", "allowed", "connected", []string{}}
	exit, got = judge(t, binary, tampered)
	if diff := cmp.Diff(want, got); diff != "" || exit != 1 {
		t.Errorf("tampered: exit %d; verdicts (-want +got):\n%s", exit, diff)
	}
}

// judge writes lines to a file and has them checked, for programs and for people.
func judge(t *testing.T, binary string, lines []string) (exit int, verdicts []verdict) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "captured.jsonl")
	check(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	exit, stdout, stderr := run(t, binary, "check", "--json", "--require-open", file)
	if stderr != "" {
		t.Errorf("standard error %q", stderr)
	}
	for line := range strings.Lines(stdout) {
		var v verdict
		check(t, json.Unmarshal([]byte(line), &v))
		verdicts = append(verdicts, v)
	}
	plain, text, _ := run(t, binary, "check", "--require-open", file)
	if n := strings.Count(text, "\n"); plain != exit || n != len(lines) {
		t.Errorf("as text: exit %d and %d lines, as JSON exit %d and %d lines", plain, n, exit, len(verdicts))
	}
	for _, private := range []string{"Where is my parcel?", "On its way", "John"} {
		if strings.Contains(stdout+text, private) {
			t.Errorf("%q is printed", private)
		}
	}
	return exit, verdicts
}

// specPrintsTheFile: the command hands out the specification byte for byte.
func specPrintsTheFile(t *testing.T, binary string) {
	exit, stdout, _ := run(t, binary, "spec", "--format", "json")
	if want := must(fs.ReadFile(spec.FS, "escalation.json"))(t); exit != 0 || stdout != string(want) {
		t.Errorf("exit %d, %d bytes; the file has %d", exit, len(stdout), len(want))
	}
}
