package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/escalationkit/escalation/store/sqlitestore"
)

// TestSandboxFailures: whatever keeps the sandbox from working is told in one line, with exit code 2.
func TestSandboxFailures(t *testing.T) {
	t.Setenv(keyVariable, "")
	t.Setenv(secretVariable, "")
	former := crmPatience
	crmPatience = time.Second // time enough to find out that somebody is there
	t.Cleanup(func() { crmPatience = former })
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	const nobody = "http://127.0.0.1:1/hook"
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	letter := write("letter.txt", "Dear all")
	wrong := write("wrong.json", `{"name":"x","about":"y","steps":[{"visitor":"dance"}]}`)
	for _, tc := range []struct {
		why  string
		args []string
		want string
	}{
		{"the port is taken", []string{"--addr", taken.Addr().String()}, "address already in use; --addr 127.0.0.1:0 takes a free port"},
		{"not this machine's alone", []string{"--addr", "0.0.0.0:0"}, "is not a loopback address"},
		{"no port", []string{"--addr", "127.0.0.1"}, "missing port"},
		{"no URL", []string{"--webhook", "127.0.0.1:80"}, "--webhook: not a"},
		{"two things wrong", []string{"--webhook", "x", "--addr", "x"}, "--addr: "},
		{"a desk of nobody", []string{"--desk", nobody}, "--desk goes with --webhook"},
		{"a secret without a header", []string{"--secret", "s"}, "--secret needs --secret-header or --signature-header"},
		{"no script", []string{"--script", filepath.Join(dir, "none.json")}, "no such file"},
		{"a wrong script", []string{"--script", wrong}, "wrong.json:1: steps[0].visitor: must be one of escalate, write, leave"},
		{"a script that is no JSON", []string{"--script", letter}, "letter.txt:1: "},
		{"no database", []string{"--db", letter}, "it is not a database that this program made"},
		{"no folder", []string{"--db", filepath.Join(dir, "no", "x.db")}, "cannot be opened or made"},
		{"nobody at the webhook", []string{"--webhook", nobody}, "nothing answers at 127.0.0.1:1, where the CRM's webhook should be: "},
		{"nobody at the desk", []string{"--webhook", "http://" + taken.Addr().String(), "--desk", nobody}, "where the CRM's desk should be: "},
	} {
		args := append([]string{"sandbox", "--addr", "127.0.0.1:0"}, tc.args...)
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), args, nil, &stdout, &stderr)
		if code != exitUsage || !strings.Contains(stderr.String(), tc.want) || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%s: exit code %d, standard error %q", tc.why, code, &stderr)
		}
	}
}

// TestSandboxStopsOnSignals: both signals end it cleanly, also while a script waits, and leave nothing behind.
func TestSandboxStopsOnSignals(t *testing.T) {
	script := filepath.Join(t.TempDir(), "endless.json")
	text := `{"name":"endless","about":"It waits.","steps":[{"visitor":"escalate"},{"wait":{"state":"connected"}}]}`
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		signal os.Signal
		until  string // that this is printed
		args   []string
	}{
		{os.Interrupt, "Ctrl-C ends it.", nil},
		{syscall.SIGTERM, "Ctrl-C ends it.", nil},
		{syscall.SIGTERM, "playing endless", []string{"--script", script}},
	} {
		sandboxUntil(t, tc.signal, tc.until, tc.args...)
	}
}

// sandboxUntil runs the program until it has printed a line that begins so, sends it a signal, and returns what it printed. It
// must end cleanly.
func sandboxUntil(t *testing.T, signal os.Signal, prefix string, args ...string) string {
	t.Helper()
	temp := t.TempDir()
	cmd := exec.Command("escalation", append([]string{"sandbox", "--addr", "127.0.0.1:0"}, args...)...) // testscript.Main has put it into the path
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	var out, stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill() // if it goes on
	lines := bufio.NewScanner(stdout)
	for seen := false; lines.Scan(); {
		out.WriteString(lines.Text() + "\n")
		if !seen && strings.HasPrefix(lines.Text(), prefix) {
			seen = true
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
		t.Errorf("%v after %q: %v, standard error %q", signal, prefix, err, &stderr)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("%v after %q: left behind %v, %v", signal, prefix, left, err)
	}
	return out.String()
}

// TestSandboxScript plays scripts against the demo CRM: their results are printed, and a failure does not end the sandbox.
func TestSandboxScript(t *testing.T) {
	for name, tc := range map[string]struct{ widget, result string }{
		"lost-answer": {`"You are number 2 in the queue", "Ann joined", "Ann: hello"`, "ok  "},
		"wrong-words": {`"You are number 2 in the queue", "Bob joined", "Ann: hello"`, "FAIL"},
	} {
		script := filepath.Join(t.TempDir(), "script.json")
		text := `{"name":"` + name + `","about":"Something goes wrong.","steps":[
			{"visitor":"escalate"},
			{"agent":{"eventType":"escalationQueueUpdate","queuePosition":"2"}},
			{"fault":{"status":503}},
			{"agent":{"eventType":"escalationSuccess","agent":"Ann"}},
			{"agent":{"eventType":"message","text":"hello"}},
			{"wait":{"text":"Ann: hello"}}
		],"widget":[` + tc.widget + `]}`
		if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out := sandboxUntil(t, os.Interrupt, tc.result, "--script", script)
		for _, want := range []string{
			"\nplaying " + name + ": Something goes wrong.\n", "\n" + tc.result + "  " + name + " ", " crm      You are number 2 in the queue\n", " crm      Ann: hello\n",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in\n%s", name, want, out)
			}
		}
	}
}

// TestSandboxEndsWithItsDatabase takes the log's table away while the sandbox runs: it says so and ends.
func TestSandboxEndsWithItsDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	printed, stdout := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int)
	go func() {
		code <- run(t.Context(), []string{"sandbox", "--addr", "127.0.0.1:0", "--db", path}, nil, stdout, &stderr)
	}()
	lines := bufio.NewScanner(printed)
	lines.Scan()
	url, found := strings.CutPrefix(lines.Text(), "sandbox listening on ")
	if !found {
		t.Fatalf("the first line is %q", lines.Text())
	}
	go io.Copy(io.Discard, printed)
	db, err := sql.Open("sqlite", sqlitestore.ModerncDSN(path)) // which waits for others that write
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("DROP TABLE wire_exchange"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url+"/agent/converse/send-message-to-widget", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	got := <-code
	if want := "escalation: wire: the log cannot be written: "; got != exitUsage || !strings.HasPrefix(stderr.String(), want) || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("exit code %d, standard error %q", got, &stderr)
	}
}

// TestSandboxWarnsOfShortSecrets: what is not hidden because it is short is said, and only that.
func TestSandboxWarnsOfShortSecrets(t *testing.T) {
	t.Setenv(keyVariable, "")
	t.Setenv(secretVariable, "")
	const long, short = "sixteen-letters!", "fifteen-letters"
	for _, tc := range []struct {
		why  string
		args []string
		warn bool
	}{
		{"nothing was given", nil, false},
		{"a key that is hidden", []string{"--key", long}, false},
		{"a key that is not", []string{"--key", short}, true},
		{"a secret that is not", []string{"--secret-header", "X-Secret", "--secret", short}, true},
	} {
		ctx, stop := context.WithCancel(t.Context())
		var stderr bytes.Buffer
		code := run(ctx, append([]string{"sandbox", "--addr", "127.0.0.1:0"}, tc.args...), nil, stopper{stop}, &stderr)
		stop()
		const want = "sandbox: a key or secret of less than 16 bytes is recorded if it stands in a body: do not give one that is in use elsewhere\n"
		if code != exitOK || (stderr.String() == want) != tc.warn || !tc.warn && stderr.Len() > 0 {
			t.Errorf("%s: exit code %d, standard error %q", tc.why, code, &stderr)
		}
	}
}

// A stopper ends a program as soon as it prints something.
type stopper struct{ stop func() }

func (s stopper) Write(p []byte) (int, error) {
	s.stop()
	return len(p), nil
}
