package rules_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/rules"
)

func TestAvatarHTTPS(t *testing.T) {
	run(t, rules.AvatarHTTPS(), []ruleCase{
		{"left out: the picture is optional", rules.Facts{}, avatar(""), ""},
		{"plain", rules.Facts{}, avatar("https://example.com/a.png"), ""},
		{"no path", rules.Facts{}, avatar("https://example.com"), ""},
		{"another port", rules.Facts{}, avatar("https://example.com:8443/a.png"), ""},
		{"schemes ignore case", rules.Facts{}, avatar("HTTPS://example.com/a.png"), ""},
		{"an IPv6 host", rules.Facts{}, avatar("https://[2001:db8::1]/a.png"), ""},
		{"an IPv6 host and a port", rules.Facts{}, avatar("https://[::1]:8443/a.png"), ""},
		{"query and fragment", rules.Facts{}, avatar("https://example.com/a?size=40#x"), ""},
		{"an at sign in the path is no user name", rules.Facts{}, avatar("https://example.com/@smith"), ""},
		{"an escaped space", rules.Facts{}, avatar("https://example.com/a%20b.png"), ""},
		{"a path in another script", rules.Facts{}, avatar("https://example.com/ملف.png"), ""},

		{"http is readable on the way", rules.Facts{}, avatar("http://example.com/a.png"), "absolute https"},
		{"a scheme that runs code", rules.Facts{}, avatar("javascript:alert(1)"), "absolute https"},
		{"inline data", rules.Facts{}, avatar("data:image/png;base64,AAAA"), "absolute https"},
		{"relative", rules.Facts{}, avatar("/a.png"), "absolute https"},
		{"relative, without a slash", rules.Facts{}, avatar("a.png"), "absolute https"},
		{"relative to the scheme", rules.Facts{}, avatar("//example.com/a.png"), "absolute https"},
		{"opaque", rules.Facts{}, avatar("https:foo"), "absolute https"},
		{"one slash: a path, no host", rules.Facts{}, avatar("https:/example.com/a.png"), "absolute https"},
		{"no host", rules.Facts{}, avatar("https:///a.png"), "absolute https"},
		{"a port without a host", rules.Facts{}, avatar("https://:8443/a.png"), "absolute https"},
		{"a query without a host", rules.Facts{}, avatar("https://?a"), "absolute https"},
		{"user name and password", rules.Facts{}, avatar("https://user:secret@example.com/a.png"), "user information"},
		{"user name alone", rules.Facts{}, avatar("https://user@example.com/a.png"), "user information"},
		{"an empty user name", rules.Facts{}, avatar("https://@example.com/a.png"), "user information"},
		{"an IPv6 zone names an interface of somebody's machine", rules.Facts{}, avatar("https://[fe80::1%25eth0]/a.png"), "zone"},
		{"a zone that does not survive a reprint", rules.Facts{}, avatar("HTTPS://[::%25\x88]"), "zone"},
		{"a per cent sign in a name", rules.Facts{}, avatar("https://a%25b/a.png"), "per cent sign"},
		{"a port of letters", rules.Facts{}, avatar("https://example.com:https/"), "not a URL"},
		{"an IPv6 host left open", rules.Facts{}, avatar("https://[::1/a.png"), "not a URL"},
		{"half an escape", rules.Facts{}, avatar("https://example.com/%4"), "not a URL"},
		{"a space before", rules.Facts{}, avatar(" https://example.com/a.png"), "not a URL"},
		{"a space in the host", rules.Facts{}, avatar("https://example .com/"), "not a URL"},
		{"a line break", rules.Facts{}, avatar("https://example.com/\na.png"), "not a URL"},
		{"DEL", rules.Facts{}, avatar("https://example.com/\x7f"), "not a URL"},
		{"a space in the path", rules.Facts{}, avatar("https://example.com/a b.png"), "white space"},
		{"a space after", rules.Facts{}, avatar("https://example.com/a.png "), "white space"},
		{"a no-break space", rules.Facts{}, avatar("https://example.com/a\u00a0b.png"), "white space"},
		{"a line separator", rules.Facts{}, avatar("https://example.com/a\u2028b.png"), "white space"},
		{"a control character beyond ASCII", rules.Facts{}, avatar("https://example.com/a\u009fb.png"), "control character"},
	})
}

func avatar(address string) events.Outbound {
	return events.EscalationSuccess{Agent: "Ann", AgentAvatar: address}
}

// What the rule accepts is an absolute https address that reads the same after a reprint, and the
// refusal never repeats the address.
func FuzzAvatarHTTPS(f *testing.F) {
	for _, seed := range []string{
		"https://example.com/a.png", "https://u:p@h/", "https:foo", "https:///", "HTTPS://[::1%25en0]:1/?q#f", "https://h/%2F/..//a b",
		"https://%E4%BD%A0/", "https://h?", "https://h#", "\u00a0https://h", "https://h:/",
		"HTTPS://[::%25\x88]",
	} {
		f.Add(seed)
	}
	check := rules.AvatarHTTPS().Check
	f.Fuzz(func(t *testing.T, address string) {
		err := check(rules.Facts{}, avatar(address))
		if address == "" {
			if err != nil {
				t.Fatal("an absent avatar is refused")
			}
			return
		}
		if err != nil {
			if len(address) > 12 && strings.Contains(err.Error(), address) {
				t.Fatalf("the refusal repeats the address: %v", err)
			}
			return
		}
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.Hostname() == "" || u.User != nil || u.Opaque != "" || !u.IsAbs() {
			t.Fatalf("accepted %q: %#v, %v", address, u, err)
		}
		if !strings.EqualFold(address[:len("https://")], "https://") {
			t.Fatalf("accepted %q", address)
		}
		if i := strings.IndexFunc(address, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }); i >= 0 {
			t.Fatalf("accepted %q with a blank at %d", address, i)
		}
		again, err := url.Parse(u.String())
		if err != nil {
			t.Fatalf("%q prints as %q, which does not parse: %v", address, u, err)
		}
		if again.Host != u.Host || again.Path != u.Path || again.RawQuery != u.RawQuery || again.Fragment != u.Fragment || again.User != nil {
			t.Fatalf("%q prints as %q, which reads otherwise:\n%#v\n%#v", address, u, u, again)
		}
		if err := check(rules.Facts{}, avatar(u.String())); err != nil {
			t.Fatalf("accepted %q, refused its own print %q: %v", address, u, err)
		}
	})
}
