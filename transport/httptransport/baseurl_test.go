package httptransport

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
)

func TestBaseURL(t *testing.T) {
	const path = "/agent/converse/send-message-to-widget"
	for _, tc := range []struct {
		base, want string // an empty want means refused
		says       string
	}{
		{DefaultBaseURL, "https://api.ultimate.ai" + path, ""},
		{"https://your-subdomain.zendesk.com/ai-agents/api", "https://your-subdomain.zendesk.com/ai-agents/api" + path, ""},
		{"https://your-subdomain.zendesk.com/ai-agents/api/", "https://your-subdomain.zendesk.com/ai-agents/api" + path, ""},
		{"https://h//", "https://h" + path, ""},
		{"HTTPS://H:8443/x", "https://H:8443/x" + path, ""},
		{"https://h/a%2Fb", "https://h/a%2Fb" + path, ""},
		{"http://localhost:8080", "http://localhost:8080" + path, ""},
		{"http://LOCALHOST", "http://LOCALHOST" + path, ""},
		{"http://127.0.0.1", "http://127.0.0.1" + path, ""},
		{"http://127.255.0.9:1", "http://127.255.0.9:1" + path, ""},
		{"http://[::1]:8080", "http://[::1]:8080" + path, ""},
		{"", "", "https://"},
		{"h", "", "https://"},
		{"//h", "", "https://"},
		{"/only/a/path", "", "https://"},
		{"ftp://h", "", "https://"},
		{"https:h", "", "no host"},
		{"https://", "", "no host"},
		{"https://:443", "", "no host"},
		{"https:///path", "", "no host"},
		{"http://h", "", "loopback"},
		{"http://localhost.example.com", "", "loopback"},
		{"http://128.0.0.1", "", "loopback"},
		{"http://0.0.0.0", "", "loopback"},
		{"http://[::2]", "", "loopback"},
		{"http://10.0.0.1", "", "loopback"},
		{"https://user@h", "", "password"},
		{"https://user:pass@h", "", "password"},
		{"https://@h", "", "password"},
		{"https://h?", "", "query"},
		{"https://h?q=1", "", "query"},
		{"https://h#", "", "query"},
		{"https://h#f", "", "query"},
		{"https://h:", "", "port"},
		{"https://h:0", "", "port"},
		{"https://h:65536", "", "port"},
		{"https://h:http", "", "not a URL"},
		{"https://h/../x", "", "dot segment"},
		{"https://h/%2e%2e/x", "", "dot segment"},
		{" https://h", "", "not a URL"},
		{"https://h\n", "", "not a URL"},
		{"https://h/" + strings.Repeat("x", maxBaseURL), "", "longer"},
	} {
		got, err := endpoint(tc.base)
		if tc.want != "" {
			if err != nil || got.String() != tc.want {
				t.Errorf("%q: %v, %v; want %s", tc.base, got, err, tc.want)
			}
			continue
		}
		var be *BaseURLError
		if !errors.As(err, &be) || !strings.Contains(be.Problem, tc.says) {
			t.Errorf("%q: %v, %v; want a BaseURLError that says %q", tc.base, got, err, tc.says)
		}
	}
}

func TestZendeskBaseURL(t *testing.T) {
	for subdomain, want := range map[string]string{
		"your-subdomain":        "https://your-subdomain.zendesk.com/ai-agents/api",
		"Your-Subdomain-2":      "https://your-subdomain-2.zendesk.com/ai-agents/api",
		strings.Repeat("a", 63): "https://" + strings.Repeat("a", 63) + ".zendesk.com/ai-agents/api",
		strings.Repeat("a", 64): "", "": "", "-a": "", "a-": "", "a.b": "", "a/b": "", "a@b": "", "a b": "", "é": "", "a#": "", "a:1": "",
	} {
		got, err := ZendeskBaseURL(subdomain)
		var be *BaseURLError
		if got != want || (want == "") != errors.As(err, &be) {
			t.Errorf("%q: %q, %v; want %q", subdomain, got, err, want)
		}
		if want != "" {
			if _, err := endpoint(got); err != nil {
				t.Errorf("%q: its base URL is refused: %v", subdomain, err)
			}
		}
	}
}

// FuzzBaseURL: whatever is accepted posts to the host it names, encrypted unless it stays on this
// machine, and carries nothing besides.
func FuzzBaseURL(f *testing.F) {
	for _, seed := range []string{
		DefaultBaseURL, "http://127.0.0.1:1/x/", "http://[::1]", "https://u:p@h", "https://h?q#f", "http://h",
		"https://h/%2e%2e/", "https:\\h", "https://h%00", "http://[::ffff:127.0.0.1]", "http://localhost%2eexample.com",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, base string) {
		target, err := endpoint(base)
		if err != nil {
			var be *BaseURLError
			if !errors.As(err, &be) {
				t.Fatalf("%q: %T", base, err)
			}
			return
		}
		given, err := url.Parse(base)
		if err != nil {
			t.Fatalf("%q was accepted and is no URL", base)
		}
		again, err := url.Parse(target.String())
		if err != nil || again.String() != target.String() {
			t.Fatalf("%q: %q does not survive parsing: %v", base, target, err)
		}
		if again.Host != given.Host || again.User != nil || again.RawQuery != "" || again.Fragment != "" || again.ForceQuery {
			t.Fatalf("%q posts to %q", base, again)
		}
		if !strings.HasSuffix(again.Path, sendPath) || strings.HasSuffix(strings.TrimSuffix(again.Path, sendPath), "/") {
			t.Fatalf("%q has path %q", base, again.Path)
		}
		ip := net.ParseIP(again.Hostname())
		local := strings.EqualFold(again.Hostname(), "localhost") || ip != nil && ip.IsLoopback()
		if again.Scheme != "https" && (again.Scheme != "http" || !local) {
			t.Fatalf("%q goes unencrypted to %q", base, again)
		}
	})
}
