package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"escalation": main})
}

// TestScripts runs the program as its users do; each file in testdata/script says what it is about.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROOT", root) // of the repository
			return nil
		},
	})
}

const (
	connect = `{"eventType":"escalationSuccess","platformConversationId":"1"}` + "\n"
	speak   = `{"eventType":"message","platformConversationId":"1","text":"hello"}` + "\n"
)

func TestExitCodes(t *testing.T) {
	for _, tc := range []struct {
		why, stdin string
		args       []string
		want       int
	}{
		{"all allowed", connect + speak, []string{"check"}, exitOK},
		{"nothing to check, as after a capture that failed", "", []string{"check", "-"}, exitUsage},
		{"blank lines only", "\n \r\n", []string{"check", "--json"}, exitUsage},
		{"one refused among allowed ones", speak + connect, []string{"check"}, exitNotAll},
		{"one invalid", connect + "{}", []string{"check", "--json"}, exitNotAll},
		{"the file cannot be read", "", []string{"check", "no-such-file"}, exitUsage},
		{"the unreadable file weighs more than the refused line before it", speak, []string{"check", "-", "no-such-file"}, exitUsage},
		{"no command", "", nil, exitUsage},
		{"unknown command", "", []string{"verifi"}, exitUsage},
		{"unknown flag", "", []string{"check", "--yaml"}, exitUsage},
		{"unknown preset", "", []string{"check", "--preset", "Strict"}, exitUsage},
		{"an argument where there is none", "", []string{"spec", "json"}, exitUsage},
		{"help", "", []string{"check", "--help"}, exitOK},
		{"version", "", []string{"version"}, exitOK},
		{"version, as other programs have it", "", []string{"--version"}, exitOK},
		{"help about nothing", "", []string{"help", "chekc"}, exitUsage},
		{"completion for no shell", "", []string{"completion"}, exitUsage},
		{"completion for an unknown shell", "", []string{"completion", "tcsh"}, exitUsage},
	} {
		t.Run(tc.why, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			got := run(t.Context(), tc.args, strings.NewReader(tc.stdin), &stdout, &stderr)
			if got != tc.want {
				t.Errorf("exit code %d, want %d; standard error: %s", got, tc.want, &stderr)
			}
			if (stderr.Len() > 0) != (tc.want == exitUsage) {
				t.Errorf("standard error %q with exit code %d", &stderr, got)
			}
		})
	}
}

// TestFollowsAGrowingLog proves that a verdict is out before the next line has come: both ends are
// pipes without a buffer, and the input is not closed until the output was read.
func TestFollowsAGrowingLog(t *testing.T) {
	in, log := io.Pipe()
	printed, out := io.Pipe()
	done := make(chan int)
	go func() { done <- run(t.Context(), []string{"check", "-"}, in, out, io.Discard) }()
	for _, line := range []string{connect, speak, speak} {
		if _, err := io.WriteString(log, line); err != nil {
			t.Fatal(err)
		}
		verdict := make([]byte, 200)
		n, err := printed.Read(verdict)
		if err != nil || !bytes.HasSuffix(verdict[:n], []byte("state connected\n")) {
			t.Fatalf("got %q, %v", verdict[:n], err)
		}
	}
	log.Close()
	if code := <-done; code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// TestReaderGone proves that nobody is told off for ending a pipe early.
func TestReaderGone(t *testing.T) {
	for _, command := range [][]string{{"check"}, {"version"}, {"--version"}, {"spec", "--format", "dot"}} {
		reader, stdout, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		reader.Close()
		var stderr bytes.Buffer
		code := run(t.Context(), command, strings.NewReader(connect), stdout, &stderr)
		if code != exitOK || stderr.Len() > 0 {
			t.Errorf("%v: exit code %d, standard error %q", command, code, &stderr)
		}
		stdout.Close()
	}
}

// TestReaderGoneInOneLine: that it is gone is known also of an error of several lines.
func TestReaderGoneInOneLine(t *testing.T) {
	err := oneLine(errors.Join(errors.New("the script"), syscall.EPIPE))
	if want := "the script; " + syscall.EPIPE.Error(); err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if exit, ok := errors.AsType[*exitError](failed(err, exitOK)); !ok || exit.code != exitOK || exit.err != nil {
		t.Errorf("%+v", exit)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestFailuresAreToldOnce(t *testing.T) {
	disk := failing{errors.New("disk full")}
	for _, tc := range []struct {
		why    string
		args   []string
		stdin  io.Reader
		stdout io.Writer
	}{
		{"output of check", []string{"check"}, strings.NewReader(connect), disk},
		{"output of version", []string{"version"}, nil, disk},
		{"output of spec", []string{"spec", "--format", "mermaid"}, nil, disk},
		{"input of check", []string{"check"}, io.MultiReader(strings.NewReader(connect), disk), io.Discard},
	} {
		var stderr bytes.Buffer
		code := run(t.Context(), tc.args, tc.stdin, tc.stdout, &stderr)
		if code != exitUsage || strings.Count(stderr.String(), "disk full") != 1 {
			t.Errorf("%s: exit code %d, standard error %q", tc.why, code, &stderr)
		}
	}
}

func TestCancelledCheckStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"check"}, strings.NewReader(connect), &stdout, &stderr); code != exitUsage {
		t.Errorf("exit code %d, output %q", code, &stdout)
	}
}

func TestVersionText(t *testing.T) {
	stamped := &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "v0.3.0"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "52fc317"}, {Key: "vcs.modified", Value: "true"},
	}}
	want := "escalation v0.3.0\ngo         go1.26.8\nrevision   52fc317 (modified)\n"
	if diff := cmp.Diff(want, versionText(stamped)); diff != "" {
		t.Error(diff)
	}
	want = "escalation unknown\ngo         unknown\nrevision   unknown\n"
	if diff := cmp.Diff(want, versionText(&debug.BuildInfo{})); diff != "" {
		t.Error(diff)
	}
}
