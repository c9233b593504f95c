package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVerifyExitCodes(t *testing.T) {
	t.Setenv(keyVariable, "")
	t.Setenv(secretVariable, "")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	crm := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})) // nobody acts for its agent
	defer crm.Close()
	output := filepath.Join(t.TempDir(), "report.json")
	for _, tc := range []struct {
		why    string
		args   []string
		stdout io.Writer
		want   int
		stderr string // part of it; empty: nothing
	}{
		{"all passed", []string{"--run", "^failure$"}, io.Discard, exitOK, ""},
		{"all passed, into a file", []string{"--run", "^failure$", "--format", "json", "--output", output}, io.Discard, exitOK, ""},
		{"one failed", []string{"--run", "^failure$", "--addr", "127.0.0.1:0", "--webhook", crm.URL, "--timeout", "1s"}, io.Discard, exitNotAll, ""},
		{"everything was skipped", []string{"--run", "^early-message$", "--addr", "127.0.0.1:0", "--webhook", crm.URL, "--timeout", "1s"}, io.Discard, exitNotAll, ""},
		{"nobody is there", []string{"--run", "^failure$", "--addr", "127.0.0.1:0", "--webhook", "http://127.0.0.1:1/", "--timeout", "100ms"}, io.Discard, exitUsage, "nothing answers at 127.0.0.1:1, where the CRM's webhook should be"},
		{"nothing matches", []string{"--run", "xyz"}, io.Discard, exitUsage, "no scenario has a name"},
		{"the address is taken", []string{"--addr", taken.Addr().String(), "--run", "^failure$"}, io.Discard, exitUsage, "address already in use; --addr 127.0.0.1:0 takes a free port"},
		{"the output fails", []string{"--run", "^failure$"}, failing{errors.New("disk full")}, exitUsage, "disk full"},
		{"the output of the list fails", []string{"--list"}, failing{errors.New("disk full")}, exitUsage, "disk full"},
	} {
		var stderr bytes.Buffer
		got := run(t.Context(), append([]string{"verify"}, tc.args...), nil, tc.stdout, &stderr)
		if got != tc.want || (tc.stderr == "") != (stderr.Len() == 0) || !strings.Contains(stderr.String(), tc.stderr) {
			t.Errorf("%s: exit code %d, want %d; standard error %q, want %q", tc.why, got, tc.want, &stderr, tc.stderr)
		}
	}
	if text, err := os.ReadFile(output); err != nil || !bytes.Contains(text, []byte(`"passed": true`)) {
		t.Errorf("%v, %s", err, text)
	}
}

// TestVerifyAddress: a CRM has to know where we are before we are there; the demo CRM is told.
func TestVerifyAddress(t *testing.T) {
	for webhook, want := range map[string]string{"": "127.0.0.1:0", "http://127.0.0.1:3000/webhook": "127.0.0.1:8137"} {
		if got := defaultAddr(webhook); got != want {
			t.Errorf("webhook %q: %s, want %s", webhook, got, want)
		}
	}
}

// TestVerifyIsInterrupted: while the CRM hangs.
func TestVerifyIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	crm := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	}))
	defer crm.Close()
	output := filepath.Join(t.TempDir(), "report.json")
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"verify", "--addr", "127.0.0.1:0", "--webhook", crm.URL, "--format", "json", "--output", output}, nil, &stdout, &stderr)
	if code != exitUsage || !strings.HasPrefix(stderr.String(), "escalation: verify: interrupted in normal; 0 of ") {
		t.Errorf("exit code %d, standard error %q", code, &stderr)
	}
	if text, err := os.ReadFile(output); err != nil || bytes.Count(text, []byte(`"why": "interrupted"`)) < 20 {
		t.Errorf("%v, %s", err, text)
	}
}

// TestVerifyIsInterruptedBeforehand: while it waits for a CRM, which is then not said to be missing.
func TestVerifyIsInterruptedBeforehand(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	output := filepath.Join(t.TempDir(), "report.json")
	var stderr bytes.Buffer
	code := run(ctx, []string{"verify", "--addr", "127.0.0.1:0", "--webhook", "http://127.0.0.1:1/", "--format", "json", "--output", output}, nil, onWrite(cancel), &stderr)
	if code != exitUsage || !strings.HasPrefix(stderr.String(), "escalation: verify: interrupted") {
		t.Errorf("exit code %d, standard error %q", code, &stderr)
	}
	if text, err := os.ReadFile(output); err != nil || bytes.Count(text, []byte(`"why": "interrupted"`)) < 20 {
		t.Errorf("%v, %s", err, text)
	}
}

// onWrite is called whenever something is written.
type onWrite func()

func (o onWrite) Write(p []byte) (int, error) {
	o()
	return len(p), nil
}

// TestVerifyUnheard: nobody reads what comes of the scenarios. Where that is all there is, the rest is not played; a report
// elsewhere is written all the same.
func TestVerifyUnheard(t *testing.T) {
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"verify", "--run", "^(failure|no-queue)$"}, nil, &unheard{after: 2}, &stderr); code != exitNotAll || stderr.Len() > 0 {
		t.Errorf("exit code %d, standard error %q", code, &stderr)
	}
	output := filepath.Join(t.TempDir(), "report.json")
	if code := run(t.Context(), []string{"verify", "--run", "^(failure|no-queue)$", "--format", "json", "--output", output}, nil, &unheard{after: 2}, &stderr); code != exitOK || stderr.Len() > 0 {
		t.Errorf("exit code %d, standard error %q", code, &stderr)
	}
	if text, err := os.ReadFile(output); err != nil || !bytes.Contains(text, []byte(`"passed": 2`)) {
		t.Errorf("%v, %s", err, text)
	}
}

// unheard takes some writes, and then nobody is there any more.
type unheard struct{ after int }

func (u *unheard) Write(p []byte) (int, error) {
	if u.after--; u.after < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}
