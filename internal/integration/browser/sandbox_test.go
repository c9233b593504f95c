package browser_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sandbox is a running `escalation sandbox`, as somebody starts it in a shell.
type sandbox struct {
	t   *testing.T
	URL string // http://127.0.0.1:PORT
}

// startSandbox starts the built program and reads the first line. When the test ends the program is told to stop and must
// do so cleanly.
func startSandbox(t *testing.T, args ...string) *sandbox {
	t.Helper()
	chromium.start(t) // no program without a browser to look at it with
	dir := t.TempDir()
	args = append([]string{"sandbox", "--addr", "127.0.0.1:0", "--db", filepath.Join(dir, "sandbox.db")}, args...)
	cmd := exec.Command(must(program())(t), args...)
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stderr = &said
	stdout := must(cmd.StdoutPipe())(t)
	check(t, cmd.Start())
	t.Cleanup(func() {
		watchdog := time.AfterFunc(patience, func() { cmd.Process.Kill() })
		defer watchdog.Stop()
		check(t, cmd.Process.Signal(syscall.SIGTERM))
		io.Copy(io.Discard, stdout)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the sandbox stopped with %v", err)
		}
		if t.Failed() {
			t.Logf("the sandbox's standard error:\n%s", said.Bytes())
		}
	})
	first, err := bufio.NewReader(stdout).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(first), "sandbox listening on ")
	if err != nil || !ok {
		t.Fatalf("first line %q, %v", first, err)
	}
	return &sandbox{t: t, URL: url}
}

// post sends JSON to the sandbox past the page, and returns the status.
func (s *sandbox) post(path string, body any) int {
	s.t.Helper()
	b := must(json.Marshal(body))(s.t)
	req := must(http.NewRequestWithContext(s.context(), http.MethodPost, s.URL+path, bytes.NewReader(b)))(s.t)
	req.Header.Set("Content-Type", "application/json")
	res := must(http.DefaultClient.Do(req))(s.t)
	defer res.Body.Close()
	return res.StatusCode
}

// get reads JSON past the page.
func (s *sandbox) get(path string, into any) {
	s.t.Helper()
	req := must(http.NewRequestWithContext(s.context(), http.MethodGet, s.URL+path, nil))(s.t)
	res := must(http.DefaultClient.Do(req))(s.t)
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %s", path, res.Status)
	}
	check(s.t, json.NewDecoder(res.Body).Decode(into))
}

func (s *sandbox) context() context.Context {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	s.t.Cleanup(cancel)
	return ctx
}
