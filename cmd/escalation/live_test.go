package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestLiveScripts runs programs that go on until they are stopped; each file in testdata/live says what it is about.
//
//	launch NAME ARGS...         runs escalation in the background; $NAME is the address that its first line names
//	interrupt NAME CODE FILE    interrupts it, demands this exit code, and writes its output to FILE
//	await NAME CODE FILE        does the same with one that ends by itself
func TestLiveScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "live"),
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"launch": launch, "interrupt": interrupt, "await": await},
		Setup: func(env *testscript.Env) error {
			env.Values[liveKey{}] = map[string]*live{}
			env.Setenv(keyVariable, "")
			env.Setenv(secretVariable, "")
			return nil
		},
	})
}

type liveKey struct{}

// live is a program that runs.
type live struct {
	cmd *exec.Cmd
	out strings.Builder
	eof sync.WaitGroup // of its output
}

var address = regexp.MustCompile(`http://[0-9a-z.:\[\]]+`)

func launch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: launch NAME ARGS...")
	}
	l := &live{cmd: exec.Command("escalation", args[1:]...)} // testscript.Main has put it into the path
	l.cmd.Dir = ts.Getenv("WORK")
	l.cmd.Env = []string{"TMPDIR=" + ts.Getenv("TMPDIR"), "HOME=" + ts.Getenv("HOME"),
		keyVariable + "=" + ts.Getenv(keyVariable), secretVariable + "=" + ts.Getenv(secretVariable)}
	var stderr strings.Builder
	l.cmd.Stderr = &stderr
	stdout, err := l.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(l.cmd.Start())
	ts.Defer(func() {
		_ = l.cmd.Process.Kill() // unless it was stopped
		l.eof.Wait()
		_ = l.cmd.Wait()
	})
	in := bufio.NewReader(stdout)
	first, err := in.ReadString('\n')
	url := address.FindString(first)
	if url == "" {
		_, _ = io.Copy(io.Discard, in)
		_ = l.cmd.Wait()
		ts.Fatalf("%v: the first line is %q, %v; standard error: %s", args, first, err, &stderr)
	}
	l.out.WriteString(first)
	l.eof.Go(func() { _, _ = io.Copy(&l.out, in) })
	ts.Setenv(args[0], url)
	ts.Value(liveKey{}).(map[string]*live)[args[0]] = l
}

func interrupt(ts *testscript.TestScript, neg bool, args []string) { end(ts, neg, args, os.Interrupt) }
func await(ts *testscript.TestScript, neg bool, args []string)     { end(ts, neg, args, nil) }

func end(ts *testscript.TestScript, neg bool, args []string, sig os.Signal) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: interrupt|await NAME CODE FILE")
	}
	l := ts.Value(liveKey{}).(map[string]*live)[args[0]]
	if l == nil {
		ts.Fatalf("%s was not launched", args[0])
	}
	if sig != nil {
		ts.Check(l.cmd.Process.Signal(sig))
	}
	l.eof.Wait()
	_ = l.cmd.Wait()
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(l.out.String()), 0o600))
	if code := strconv.Itoa(l.cmd.ProcessState.ExitCode()); code != args[1] {
		ts.Fatalf("%s ended with exit code %s; its output:\n%s", args[0], code, &l.out)
	}
}
