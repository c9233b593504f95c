package webhook_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/webhook"
)

func TestAllowIPs(t *testing.T) {
	v := must(webhook.AllowIPs(netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.7/32"),
		netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("fe80::/10")))(t)
	cases := []struct {
		why    string
		remote string
		want   webhook.Reason // empty: accepted
	}{
		{"within the first prefix, as net/http writes it", "192.0.2.200:4711", ""},
		{"without a port, as some routers set it", "192.0.2.200", ""},
		{"a single address", "198.51.100.7:80", ""},
		{"its neighbour", "198.51.100.8:80", webhook.ReasonMismatch},
		{"just past the prefix", "192.0.3.0:1", webhook.ReasonMismatch},
		{"IPv6 with port", "[2001:db8::1]:443", ""},
		{"IPv6 without", "2001:db8::1", ""},
		{"other IPv6", "[2001:db9::1]:443", webhook.ReasonMismatch},
		{"a zone does not matter", "[fe80::1%eth0]:443", ""},
		{"IPv4 in IPv6 form, as dual-stack sockets show it", "[::ffff:192.0.2.1]:443", ""},
		{"IPv4 in IPv6 form, outside", "[::ffff:203.0.113.1]:443", webhook.ReasonMismatch},
		{"nothing", "", webhook.ReasonMalformed},
		{"a name is not looked up", "localhost:80", webhook.ReasonMalformed},
		{"a unix socket", "@", webhook.ReasonMalformed},
		{"two addresses, as in X-Forwarded-For", "192.0.2.1, 203.0.113.1", webhook.ReasonMalformed},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			needReason(t, c.why)
			err := v.Verify(webhook.Request{RemoteAddr: c.remote, Header: http.Header{"X-Forwarded-For": {"192.0.2.1"}}})
			if c.want == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			if check, reason := refusal(t, err); check != webhook.CheckIP || reason != c.want {
				t.Errorf("got %s %s, want %s %s", check, reason, webhook.CheckIP, c.want)
			}
			if c.remote != "" && strings.Contains(err.Error(), c.remote) {
				t.Error("the error repeats the address")
			}
		})
	}
}

func TestAllowIPsConstruction(t *testing.T) {
	if _, err := webhook.AllowIPs(); err == nil {
		t.Error("no prefix: no error")
	}
	_, err := webhook.AllowIPs(netip.Prefix{}, netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("::ffff:192.0.2.0/120"))
	if err == nil || !strings.Contains(err.Error(), "prefix 1 is invalid") || !strings.Contains(err.Error(), "prefix 3 must be written as IPv4") {
		t.Errorf("not all problems named: %v", err)
	}
	prefixes := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	v := must(webhook.AllowIPs(prefixes...))(t)
	prefixes[0] = netip.MustParsePrefix("0.0.0.0/0")
	if v.Verify(webhook.Request{RemoteAddr: "203.0.113.1:1"}) == nil {
		t.Error("a change of the caller's slice changed the list")
	}
}
