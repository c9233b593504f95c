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
		{"one failed", []string{"--run", "^failure$", "--addr", "127.0.0.1:0", "--webhook", "http://127.0.0.1:1/", "--timeout", "100ms"}, io.Discard, exitNotAll, ""},
		{"everything was skipped", []string{"--run", "^early-message$", "--addr", "127.0.0.1:0", "--webhook", "http://127.0.0.1:1/", "--timeout", "100ms"}, io.Discard, exitNotAll, ""},
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
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"verify", "--addr", "127.0.0.1:0", "--webhook", crm.URL}, nil, &stdout, &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), "context canceled") {
		t.Errorf("exit code %d, standard error %q", code, &stderr)
	}
}
