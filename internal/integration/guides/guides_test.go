package guides_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/internal/integration/require"
)

var root = filepath.Join("..", "..", "..")

// TestSessionWithCurl types what the guide to the sandbox shows, and compares what is printed.
func TestSessionWithCurl(t *testing.T) {
	needs(t, "curl", "jq", "sh")
	guide := page(t, "docs/guide-sandbox.md")
	var typed strings.Builder
	var want strings.Builder
	for _, session := range regexp.MustCompile("(?s)\n```console\n(.*?)```\n").FindAllStringSubmatch(guide, -1) {
		for line := range strings.Lines(session[1]) {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				typed.WriteString(command)
				if strings.HasSuffix(command, "/api/visitor\n") {
					typed.WriteString("echo\n") // a terminal would break the line
				}
			} else {
				want.WriteString(line)
			}
		}
	}
	if strings.Count(want.String(), "\n") < 5 {
		t.Fatalf("the guide shows only\n%s", &want)
	}
	sandbox := start(t, build(t), "sandbox", "--addr", "127.0.0.1:0")
	shell := exec.CommandContext(t.Context(), "sh", "-e")
	shell.Stdin = strings.NewReader(strings.ReplaceAll(typed.String(), "http://127.0.0.1:8137", sandbox.after("sandbox listening on ")))
	got, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	squeeze := regexp.MustCompile(`\s+`)
	if diff := cmp.Diff(squeeze.ReplaceAllString(want.String(), " "), squeeze.ReplaceAllString(string(got), " ")); diff != "" {
		t.Errorf("(-guide +printed):\n%s", diff)
	}
}

// TestNodeCRM verifies the CRM that the guide shows: what the guide says that it passes it passes, and what the guide says
// that it fails it fails, for the reason that stands there.
func TestNodeCRM(t *testing.T) {
	needs(t, "node")
	guide := page(t, "docs/guide-sandbox.md")
	source := filepath.Join(t.TempDir(), "crm.mjs")
	code := block(t, guide, "js")
	code = strings.Replace(code, "server.listen(3000,", "server.listen(0,", 1)
	code = strings.Replace(code, `console.log("ready")`, `console.log("ready", server.address().port)`, 1)
	check(t, os.WriteFile(source, []byte(code), 0o600))

	binary := build(t)
	platform := free(t)
	crm := start(t, "node", source, "http://"+platform)
	port, found := strings.CutPrefix(crm.first, "ready ")
	if !found {
		t.Fatalf("the CRM says %q", crm.first)
	}
	said := regexp.MustCompile("(?s)It passes what is about order: (.*?) and others").FindStringSubmatch(guide)
	if said == nil {
		t.Fatal("the guide does not say what the CRM passes")
	}
	var passes []string
	for _, name := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(said[1], -1) {
		passes = append(passes, name[1])
	}
	if len(passes) < 5 {
		t.Fatalf("the guide names %v", passes)
	}
	verify := func(run string) (string, int) {
		cmd := exec.CommandContext(t.Context(), binary, "verify", "--addr", platform, "--timeout", "20s", "--run", run,
			"--webhook", "http://127.0.0.1:"+port+"/webhook", "--desk", "http://127.0.0.1:"+port+"/desk")
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	if out, code := verify("^(" + strings.Join(passes, "|") + ")$"); code != 0 || strings.Count(out, "\nok ") != len(passes)+1 { // and other-requests
		t.Errorf("exit status %d\n%s", code, out)
	}
	if out, code := verify("^outage$"); code != 1 || !strings.Contains(out, `lost: the visitor never saw "Ann: line 1"`) {
		t.Errorf("exit status %d\n%s", code, out)
	}
}

// TestPythonLoop runs the program that reads the vectors; the page that shows it says what it prints.
func TestPythonLoop(t *testing.T) {
	needs(t, "python3")
	guide := page(t, "docs/guide-vectors-and-traffic.md")
	cmd := exec.CommandContext(t.Context(), "python3", "-c", block(t, guide, "python"))
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(guide, "It prints `"+strings.TrimSpace(string(out))+"`") {
		t.Errorf("it prints %s", out)
	}
}

// running is a program that was started and has printed its first line.
type running struct {
	t     *testing.T
	first string
}

// start starts a program and reads its first line. When the test ends it is asked to stop.
func start(t *testing.T, name string, args ...string) running {
	t.Helper()
	cmd := exec.Command(name, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	stdout, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	lines := bufio.NewReader(stdout)
	t.Cleanup(func() {
		check(t, cmd.Process.Signal(syscall.SIGTERM))
		_, _ = io.Copy(io.Discard, lines)
		_ = cmd.Wait() // how Node ends is its affair
	})
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("%s said nothing (%v) but on standard error\n%s", name, err, &said)
	}
	return running{t, strings.TrimSpace(first)}
}

func (r running) after(prefix string) string {
	r.t.Helper()
	rest, found := strings.CutPrefix(r.first, prefix)
	if !found {
		r.t.Fatalf("the first line is %q", r.first)
	}
	return rest
}

// build builds the command.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "escalation")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".")
	cmd.Dir = filepath.Join(root, "cmd", "escalation")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

func page(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	check(t, err)
	return string(text)
}

// block returns the first block of a language.
func block(t *testing.T, text, language string) string {
	t.Helper()
	found := regexp.MustCompile("(?s)\n```" + language + "\n(.*?)```\n").FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no block of %s", language)
	}
	return found[1]
}

// needs skips the test where a program is not installed.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		_, err := exec.LookPath(p)
		require.Available(t, p, err, "install "+p)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// free returns an address that nobody listens on, and that nobody is given before the test ends: a connection is kept there.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	check(t, err)
	t.Cleanup(func() { near.Close() })
	far, err := l.Accept()
	check(t, err)
	t.Cleanup(func() { far.Close() })
	return l.Addr().String()
}
