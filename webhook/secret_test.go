package webhook_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/webhook"
)

func TestSharedSecret(t *testing.T) {
	one := must(webhook.SharedSecret("x-hook-secret", "alpha"))(t)
	two := must(webhook.SharedSecret("X-Hook-Secret", "old", "new"))(t)
	bearer := must(webhook.SharedSecret("Authorization", "Bearer alpha"))(t)
	cases := []struct {
		why    string
		v      webhook.Verifier
		header string
		values []string
		want   webhook.Reason // empty: accepted
	}{
		{"the right secret, header named in lower case", one, "X-Hook-Secret", []string{"alpha"}, ""},
		{"another value", one, "X-Hook-Secret", []string{"beta"}, webhook.ReasonMismatch},
		{"a prefix of the secret is not the secret", one, "X-Hook-Secret", []string{"alph"}, webhook.ReasonMismatch},
		{"more than the secret is not the secret", one, "X-Hook-Secret", []string{"alphaa"}, webhook.ReasonMismatch},
		{"case matters", one, "X-Hook-Secret", []string{"Alpha"}, webhook.ReasonMismatch},
		{"spaces matter", one, "X-Hook-Secret", []string{" alpha"}, webhook.ReasonMismatch},
		{"no header at all", one, "X-Hook-Secret", nil, webhook.ReasonMissing},
		{"the secret in another header", one, "X-Other", []string{"alpha"}, webhook.ReasonMissing},
		{"an empty value", one, "X-Hook-Secret", []string{""}, webhook.ReasonMissing},
		{"right and wrong: which one did a proxy look at?", one, "X-Hook-Secret", []string{"alpha", "beta"}, webhook.ReasonRepeated},
		{"wrong and right", one, "X-Hook-Secret", []string{"beta", "alpha"}, webhook.ReasonRepeated},
		{"twice right is still doubled", one, "X-Hook-Secret", []string{"alpha", "alpha"}, webhook.ReasonRepeated},
		{"rotation: the first of two", two, "X-Hook-Secret", []string{"old"}, ""},
		{"rotation: the second of two", two, "X-Hook-Secret", []string{"new"}, ""},
		{"rotation: neither", two, "X-Hook-Secret", []string{"older"}, webhook.ReasonMismatch},
		{"rotation: both joined", two, "X-Hook-Secret", []string{"old,new"}, webhook.ReasonMismatch},
		{"a scheme word belongs to the secret", bearer, "Authorization", []string{"Bearer alpha"}, ""},
		{"and is not left out", bearer, "Authorization", []string{"alpha"}, webhook.ReasonMismatch},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			needReason(t, c.why)
			err := c.v.Verify(webhook.Request{Header: http.Header{c.header: c.values}})
			if c.want == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			check, reason := refusal(t, err)
			if check != webhook.CheckSharedSecret || reason != c.want {
				t.Errorf("got %s %s, want %s %s", check, reason, webhook.CheckSharedSecret, c.want)
			}
			if !errors.Is(err, webhook.ErrUnverified) {
				t.Error("not ErrUnverified")
			}
		})
	}
}

func TestSecretsAreCopied(t *testing.T) {
	secrets := []string{"alpha"}
	v := must(webhook.SharedSecret("X-Hook-Secret", secrets...))(t)
	m := must(webhook.HMACSHA256("X-Sig", webhook.Hex, secrets...))(t)
	secrets[0] = "beta"
	if err := v.Verify(webhook.Request{Header: http.Header{"X-Hook-Secret": {"beta"}}}); err == nil {
		t.Error("a change of the caller's slice changed the secret")
	}
	if err := m.Verify(sign("X-Sig", "beta", bodyEnd)); err == nil {
		t.Error("a change of the caller's slice changed the key")
	}
}

func TestVerifierConstruction(t *testing.T) {
	shared := func(header string, secrets ...string) error {
		_, err := webhook.SharedSecret(header, secrets...)
		return err
	}
	mac := func(header string, enc webhook.Encoding, secrets ...string) error {
		_, err := webhook.HMACSHA256(header, enc, secrets...)
		return err
	}
	cases := []struct {
		why  string
		err  error
		want []string // parts of the text, all of them; none: no error
	}{
		{"shared: fine", shared("X-A", "s"), nil},
		{"shared: inner spaces and tabs can be sent", shared("X-A", "Bearer\ts s"), nil},
		{"shared: no header", shared("", "s"), []string{"no header name"}},
		{"shared: impossible header", shared("X A", "s"), []string{"header name is not a valid one"}},
		{"shared: header beyond ASCII", shared("X-Ä", "s"), []string{"header name is not a valid one"}},
		{"shared: no secret", shared("X-A"), []string{"no secret"}},
		{"shared: an empty secret among others", shared("X-A", "s", ""), []string{"secret 2 is empty"}},
		{"shared: a line end from a file", shared("X-A", "s\n"), []string{"secret 1 has control"}},
		{"shared: a space that no header carries", shared("X-A", "s "), []string{"secret 1 has control"}},
		{"shared: DEL", shared("X-A", "s\x7fs"), []string{"secret 1 has control"}},
		{"shared: everything at once", shared("", "", "\x00"), []string{"no header name", "secret 1 is empty", "secret 2 has control"}},
		{"hmac: fine", mac("X-A", webhook.Hex, "s"), nil},
		{"hmac: a key is any bytes", mac("X-A", webhook.Base64URL, "\x00\n"), nil},
		{"hmac: no default encoding", mac("X-A", 0, "s"), []string{"Encoding(0) is not an encoding"}},
		{"hmac: encoding out of range", mac("X-A", webhook.Base64URL+1, "s"), []string{"Encoding(5) is not an encoding"}},
		{"hmac: everything at once", mac("", 0, ""), []string{"no header name", "not an encoding", "secret 1 is empty"}},
		{"hmac: no secret", mac("X-A", webhook.Hex), []string{"no secret"}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			needReason(t, c.why)
			if len(c.want) == 0 {
				if c.err != nil {
					t.Fatalf("unexpected: %v", c.err)
				}
				return
			}
			if c.err == nil {
				t.Fatal("no error")
			}
			for _, part := range c.want {
				if !strings.Contains(c.err.Error(), part) {
					t.Errorf("%q does not say %q", c.err, part)
				}
			}
		})
	}
}
