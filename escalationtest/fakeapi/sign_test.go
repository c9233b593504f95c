package fakeapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/webhook"
)

// The test vector is case 2 of RFC 4231.
func TestSignersAgreeWithTheVerifiers(t *testing.T) {
	body := []byte("what do ya want for nothing?")
	const sum = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
	for _, c := range []struct {
		why      string
		signer   func(secret string) (fakeapi.Signer, error)
		verifier func(secret string) (webhook.Verifier, error)
		value    string
	}{
		{"a shared secret", func(s string) (fakeapi.Signer, error) { return fakeapi.SharedSecretSigner("x-auth", s) },
			func(s string) (webhook.Verifier, error) { return webhook.SharedSecret("X-Auth", s) }, "Jefe"},
		{"hex", mac(fakeapi.HexEncoding), checked(webhook.Hex), sum},
		{"hex with a prefix", mac(fakeapi.HexPrefixedEncoding), checked(webhook.HexPrefixed), "sha256=" + sum},
		{"base64", mac(fakeapi.Base64Encoding), checked(webhook.Base64), "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="},
		{"base64url", mac(fakeapi.Base64URLEncoding), checked(webhook.Base64URL), "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="},
	} {
		t.Run(c.why, func(t *testing.T) {
			for _, secret := range []string{"Jefe", strings.Repeat("long", 100), "wrong"} {
				sign, err := c.signer(secret)
				must(t, err)
				verifier, err := c.verifier(strings.Replace(secret, "wrong", "right", 1))
				must(t, err)
				h := http.Header{}
				sign(h, body)
				if err := verifier.Verify(webhook.Request{Header: h, Body: body}); (err == nil) != (secret != "wrong") {
					t.Errorf("%.9s: %v", secret, err)
				}
				if got := h.Get("X-Auth"); secret == "Jefe" && got != c.value {
					t.Errorf("the header is %s", got)
				}
			}
		})
	}
}

func mac(enc fakeapi.Encoding) func(string) (fakeapi.Signer, error) {
	return func(secret string) (fakeapi.Signer, error) { return fakeapi.HMACSHA256Signer("X-Auth", secret, enc) }
}

func checked(enc webhook.Encoding) func(string) (webhook.Verifier, error) {
	return func(secret string) (webhook.Verifier, error) { return webhook.HMACSHA256("X-Auth", enc, secret) }
}

func TestSignersAreChecked(t *testing.T) {
	for _, name := range []string{"", "X Auth", "X-Auth:", "Ü"} {
		if _, err := fakeapi.SharedSecretSigner(name, "canary"); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := fakeapi.HMACSHA256Signer(name, "canary", 0); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, secret := range []string{"", "canary\n", " canary"} {
		if _, err := fakeapi.SharedSecretSigner("X-Auth", secret); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", secret, err)
		}
	}
	_, err := fakeapi.HMACSHA256Signer("", "", 9)
	if err == nil || strings.Count(err.Error(), "fakeapi: ") != 3 {
		t.Errorf("%v", err)
	}
}
