package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/escalationkit/escalation/webhook"
)

// parsePlatform parses args as those of a command that plays the platform.
func parsePlatform(t *testing.T, args ...string) *platformFlags {
	t.Helper()
	cmd := &cobra.Command{Use: "play", RunE: func(*cobra.Command, []string) error { return nil }}
	cmd.SetOut(io.Discard)
	f := addPlatform(cmd, "127.0.0.1:0")
	cmd.SetArgs(args)
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSigningFlags(t *testing.T) {
	t.Setenv(secretVariable, "")
	body := []byte(`{"botId":"b"}`)
	// Made with: printf '{"botId":"b"}' | openssl dgst -sha256 -hmac s3cret
	const sum = "70787cc18b303fab5d71111cf2894533da2e86d3b4008fa3f1bccf818d5fb77a"
	for _, tc := range []struct {
		why    string
		args   []string
		header string
		want   string
	}{
		{"the secret itself", []string{"--secret=s3cret", "--secret-header=x-token"}, "X-Token", "s3cret"},
		{"hexadecimal by default", []string{"--secret=s3cret", "--signature-header=x-sum"}, "X-Sum", sum},
		{"with the prefix", []string{"--secret=s3cret", "--signature-header=x-sum", "--signature-encoding=hex-prefixed"}, "X-Sum", "sha256=" + sum},
		{"base64", []string{"--secret=s3cret", "--signature-header=x-sum", "--signature-encoding=base64"}, "X-Sum", "cHh8wYswP6tdcREc8olFM9ouhtO0AI+j8bzPgY1ft3o="},
		{"base64url", []string{"--secret=s3cret", "--signature-header=x-sum", "--signature-encoding=base64url"}, "X-Sum", "cHh8wYswP6tdcREc8olFM9ouhtO0AI-j8bzPgY1ft3o="},
	} {
		s, err := parsePlatform(t, tc.args...).signing()
		if err != nil {
			t.Errorf("%s: %v", tc.why, err)
			continue
		}
		h := http.Header{}
		s.sign(h, body)
		if got := h.Get(tc.header); got != tc.want {
			t.Errorf("%s: header %q, want %q", tc.why, got, tc.want)
		}
		if err := s.verifier.Verify(webhook.Request{Header: h, Body: body}); err != nil {
			t.Errorf("%s: the verifier refuses what was signed: %v", tc.why, err)
		}
		h.Set(tc.header, "x"+h.Get(tc.header))
		if err := s.verifier.Verify(webhook.Request{Header: h, Body: body}); err == nil {
			t.Errorf("%s: the verifier takes anything", tc.why)
		}
	}
}

func TestNoSecretSignsNothing(t *testing.T) {
	t.Setenv(secretVariable, "left over from another command")
	s, err := parsePlatform(t).signing()
	if err != nil || s.sign != nil {
		t.Fatalf("signs: %t, %v", s.sign != nil, err)
	}
	if err := s.verifier.Verify(webhook.Request{}); err != nil {
		t.Error(err)
	}
}

func TestSecretsFromTheEnvironment(t *testing.T) {
	t.Setenv(secretVariable, "from there")
	t.Setenv(keyVariable, "key from there")
	f := parsePlatform(t, "--secret-header=X-Token")
	s, err := f.signing()
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	s.sign(h, nil)
	if got := h.Get("X-Token"); got != "from there" {
		t.Errorf("header %q", got)
	}
	if err := f.resolve(); err != nil || f.key != "key from there" {
		t.Errorf("key %q, %v", f.key, err)
	}
	f = parsePlatform(t, "--key=given")
	if err := f.resolve(); err != nil || f.key != "given" {
		t.Errorf("key %q, %v", f.key, err)
	}
}

func TestWrongPlatformFlags(t *testing.T) {
	t.Setenv(secretVariable, "")
	for _, tc := range []struct {
		why  string
		args []string
		want string
	}{
		{"no header is assumed", []string{"--secret=s"}, "--secret needs --secret-header or --signature-header"},
		{"one way is enough", []string{"--secret=s", "--secret-header=A", "--signature-header=B"}, "exclude each other"},
		{"an encoding of nothing", []string{"--signature-encoding=base64"}, "goes with --signature-header"},
		{"a header without a secret", []string{"--secret-header=A"}, "secret 1 is empty"},
		{"a signature without a secret", []string{"--signature-header=A"}, "secret 1 is empty"},
		{"not a header", []string{"--secret=s", "--secret-header=A B"}, "header name is not a valid one"},
		{"a secret that no header can carry", []string{"--secret=top\nline", "--secret-header=A"}, "no header can carry it"},
		{"reachable from elsewhere", []string{"--addr=0.0.0.0:80"}, "not a loopback address"},
		{"reachable from elsewhere, all interfaces", []string{"--addr=:80"}, "not a loopback address"},
		{"no port", []string{"--addr=127.0.0.1"}, "missing port"},
		{"a name is looked up elsewhere", []string{"--addr=example.com:80"}, "not a loopback address"},
		{"no scheme", []string{"--webhook=localhost/hook"}, "--webhook: not an absolute http or https URL"},
		{"another scheme", []string{"--webhook=ftp://localhost/hook"}, "--webhook: not an absolute http or https URL"},
		{"a password in the URL", []string{"--webhook=http://u:top@localhost/hook"}, "must not hold a user name or password"},
		{"a fragment", []string{"--webhook=http://localhost/#top"}, "has no fragment"},
		{"no host", []string{"--webhook=http://:80/hook"}, "--webhook: not an absolute http or https URL"},
		{"a port that is too large", []string{"--webhook=http://localhost:99999/"}, "--webhook: localhost:99999: a port is a number from 1 to 65535"},
		{"a port that nobody can listen on", []string{"--webhook=http://localhost:0/"}, "a port is a number from 1 to 65535"},
		{"a desk of nobody", []string{"--desk=http://localhost/desk"}, "--desk goes with --webhook"},
		{"a wrong desk", []string{"--webhook=http://localhost/", "--desk=desk"}, "--desk: not an absolute"},
	} {
		f := parsePlatform(t, tc.args...)
		err := f.resolve()
		if err == nil {
			_, err = f.signing()
		}
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "top") {
			t.Errorf("%s: got %v, want %q and nothing secret", tc.why, err, tc.want)
		}
	}
	for _, url := range []string{"http://localhost:65535/", "https://crm.example", "http://[::1]:1/hook?x"} {
		if err := parsePlatform(t, "--webhook="+url).resolve(); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0", "localhost:8137", "127.3.2.1:0"} {
		if err := parsePlatform(t, "--addr="+addr).resolve(); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
