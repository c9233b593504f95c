package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMain is the program itself when a test starts it as a process of its own.
func TestMain(m *testing.M) {
	path, stop := os.Getenv("DURABLE_DB"), os.Getenv("DURABLE_STOP")
	switch {
	case path == "":
		os.Exit(m.Run())
	case stop == "":
		main() // with the flags that the test gave
	default:
		lines, _ := strconv.Atoi(stop)
		_ = run(context.Background(), &stopper{lines}, options{path: path, settle: settle})
	}
	os.Exit(0)
}

// settle is shorter than in real life, so that the tests are.
const settle = 50 * time.Millisecond

// stopper passes on some lines, and never returns from the last of them.
type stopper struct{ left int }

func (s *stopper) Write(line []byte) (int, error) {
	n, err := os.Stdout.Write(line)
	if s.left--; s.left == 0 {
		select {}
	}
	return n, err
}

// child is the program as a process.
func child(t *testing.T, path, stop string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), "DURABLE_DB="+path, "DURABLE_STOP="+stop)
	cmd.Stderr = os.Stderr
	return cmd
}

// again runs the program on a database to its end.
func again(t *testing.T, o options) string {
	t.Helper()
	o.settle = settle
	var out bytes.Buffer
	if err := run(t.Context(), &out, o); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	return out.String()
}

// killed runs a child up to its n-th line, kills it, and returns what it has printed.
func killed(t *testing.T, cmd *exec.Cmd, n int) string {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	scanner := bufio.NewScanner(stdout)
	for range n {
		if !scanner.Scan() {
			t.Fatalf("it ended by itself:\n%s", &printed)
		}
		printed.WriteString(scanner.Text() + "\n")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	return printed.String()
}

// TestKilledAnywhere kills the program after each of its lines; together the two runs must have told the truth.
func TestKilledAnywhere(t *testing.T) {
	const lines = 9 // the tenth could be the last event's: afterwards nothing would be left to do
	for n := 1; n <= lines; n++ {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "test.db")
			first := killed(t, child(t, path, strconv.Itoa(n)), n)
			checkTruth(t, first, again(t, options{path: path}))
		})
	}
}

// TestCrash: -crash leaves an event that has arrived and of which the program cannot know it.
func TestCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	first, err := child(t, path, "", "-db", path, "-crash", "-pace", "0").Output()
	if err == nil || len(arrivals(string(first))) != crashAt {
		t.Fatalf("it did not die at arrival %d: %v\n%s", crashAt, err, first)
	}
	second := again(t, options{path: path})
	checkTruth(t, string(first), second)
	for _, want := range []string{
		"event 4, message: unknown, it was under way when the program ended; sent again after 50ms\n",
		"event 4, message: acknowledged, attempts 2: the visitor may have seen it twice\n",
	} {
		if !strings.Contains(second, want) {
			t.Errorf("it does not say %q:\n%s", want, second)
		}
	}
}

// stuck leaves a database with the whole burst in it, killed while the API takes an hour to answer the first event.
func stuck(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "test.db")
	const lines = 4 // the database, nothing left, accepted, one arrival
	killed(t, child(t, path, "", "-db", path, "-pace", "1h"), lines)
	return path
}

// TestSecondRun: every word of what a second run says.
func TestSecondRun(t *testing.T) {
	path := stuck(t)
	want := "database: " + path + `
left by an earlier run in round 1:
  event 1, escalationSuccess: unknown, it was under way when the program ended; sent again after 50ms
  event 2, message: accepted, to be sent
  event 3, message: accepted, to be sent
  event 4, message: accepted, to be sent
  event 5, message: accepted, to be sent
  event 6, message: accepted, to be sent
  event 7, agentDisconnect: accepted, to be sent
accepted for round 1: 0 now, 7 by an earlier run; kill me whenever you like
  arrived at the API: escalationSuccess
  arrived at the API: message one
  arrived at the API: message two
  arrived at the API: message three
  arrived at the API: message four
  arrived at the API: message five
  arrived at the API: agentDisconnect
results of round 1:
  event 1, escalationSuccess: acknowledged, attempts 2: the visitor may have seen it twice
  event 2, message: acknowledged, attempts 1
  event 3, message: acknowledged, attempts 1
  event 4, message: acknowledged, attempts 1
  event 5, message: acknowledged, attempts 1
  event 6, message: acknowledged, attempts 1
  event 7, agentDisconnect: acknowledged, attempts 1
`
	if diff := cmp.Diff(want, again(t, options{path: path})); diff != "" {
		t.Errorf("second run (-want +got):\n%s", diff)
	}
}

// TestNothingLeft: a run after one that came to its end has a round of its own.
func TestNothingLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	again(t, options{path: path})
	out := again(t, options{path: path})
	for _, want := range []string{"left by an earlier run: nothing\n", "results of round 2:\n  event 8, escalationSuccess: acknowledged, attempts 1\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
}
