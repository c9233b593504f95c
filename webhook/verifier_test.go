package webhook_test

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/webhook"
)

func TestAllNeedsEveryOne(t *testing.T) {
	secret := must(webhook.SharedSecret("X-Hook-Secret", "alpha"))(t)
	ips := must(webhook.AllowIPs(netip.MustParsePrefix("192.0.2.0/24")))(t)
	both := must(webhook.All(ips, secret))(t)
	cases := []struct {
		why          string
		secret, addr string
		want         webhook.Check // empty: accepted
		wantWhy      webhook.Reason
	}{
		{"both right", "alpha", "192.0.2.1:1", "", ""},
		{"only the address right", "beta", "192.0.2.1:1", webhook.CheckSharedSecret, webhook.ReasonMismatch},
		{"only the secret right", "alpha", "203.0.113.1:1", webhook.CheckIP, webhook.ReasonMismatch},
		{"neither: the first in order speaks", "beta", "203.0.113.1:1", webhook.CheckIP, webhook.ReasonMismatch},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			needReason(t, c.why)
			err := both.Verify(webhook.Request{Header: http.Header{"X-Hook-Secret": {c.secret}}, RemoteAddr: c.addr})
			if c.want == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			if check, reason := refusal(t, err); check != c.want || reason != c.wantWhy {
				t.Errorf("got %s %s, want %s %s", check, reason, c.want, c.wantWhy)
			}
		})
	}
}

func TestAllConstruction(t *testing.T) {
	if v, err := webhook.All(); err == nil || v != nil {
		t.Error("All without verifiers would accept everything; it must be an error")
	}
	_, err := webhook.All(nil, webhook.NoVerification(), webhook.VerifierFunc(nil))
	if err == nil || !strings.Contains(err.Error(), "verifier 1 is nil") || !strings.Contains(err.Error(), "verifier 3 is nil") {
		t.Errorf("not all problems named: %v", err)
	}
}

// A verifier of the host's own may say anything; it comes out in one form, without its text.
func TestOtherVerifiers(t *testing.T) {
	cause := errors.New("token canary-7f is stale")
	var typedNil *webhook.UnverifiedError
	own := &webhook.UnverifiedError{Check: webhook.CheckIP, Reason: webhook.ReasonMismatch}
	cases := []struct {
		why  string
		err  error
		want *webhook.UnverifiedError
	}{
		{"a plain error is wrapped", cause, &webhook.UnverifiedError{Check: webhook.CheckOther, Reason: webhook.ReasonRefused, Err: cause}},
		{"one of ours stays as it is", own, own},
		{"a typed nil is an error by Go's rules, so it refuses", typedNil,
			&webhook.UnverifiedError{Check: webhook.CheckOther, Reason: webhook.ReasonRefused, Err: typedNil}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			needReason(t, c.why)
			v := webhook.VerifierFunc(func(webhook.Request) error { return c.err })
			_, _, err := webhook.Parse(webhook.Request{Body: []byte(bodyEnd)}, v)
			got, ok := err.(*webhook.UnverifiedError)
			if !ok || *got != *c.want {
				t.Fatalf("got %#v, want %#v", err, c.want)
			}
			if !errors.Is(err, webhook.ErrUnverified) || strings.Contains(err.Error(), "canary") {
				t.Errorf("category or text wrong: %v", err)
			}
			if c.err == cause && !errors.Is(err, cause) {
				t.Error("the cause cannot be reached")
			}
		})
	}
}
