package sandbox_test

import (
	"io/fs"
	"mime"
	"net/http"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox"
	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox/page"
)

// TestOtherPagesAreKeptOut sends what pages of other origins can make a browser send, and what a name that points here can.
func TestOtherPagesAreKeptOut(t *testing.T) {
	c, _ := start(t, sandbox.Config{})
	host := strings.TrimPrefix(c.url, "http://")
	port := host[strings.LastIndex(host, ":"):]
	h := func(pairs ...string) http.Header {
		out := http.Header{"Content-Type": {"application/json"}}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i]] = append(out[pairs[i]], pairs[i+1])
			if pairs[i] == "Content-Type" {
				out[pairs[i]] = []string{pairs[i+1]}
			}
		}
		return out
	}
	for _, tc := range []struct {
		why, method, path string
		header            http.Header
		want              int
	}{
		{"the page itself", "POST", "/api/visitor", h("Origin", c.url, "Sec-Fetch-Site", "same-origin"), 200},
		{"the page under another name of this machine", "POST", "/api/visitor", h("Host", "localhost"+port, "Origin", "http://localhost"+port), 200},
		{"in upper case", "POST", "/api/visitor", h("Host", "LOCALHOST"+port), 200},
		{"version 6", "GET", "/api/state", h("Host", "[::1]"+port), 200},
		{"a program", "POST", "/api/visitor", h(), 200},
		{"a charset", "POST", "/api/visitor", h("Content-Type", "application/json; charset=utf-8"), 200},
		{"typed into the address bar", "GET", "/api/state", h("Sec-Fetch-Site", "none"), 200},

		{"a form elsewhere", "POST", "/api/visitor", h("Content-Type", "text/plain", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"), 403},
		{"a form in an old browser", "POST", "/api/visitor", h("Content-Type", "text/plain"), 415},
		{"no type", "POST", "/api/visitor", http.Header{}, 415},
		{"another form's type", "POST", "/api/visitor", h("Content-Type", "application/x-www-form-urlencoded"), 415},
		{"a script elsewhere", "POST", "/api/visitor", h("Origin", "https://evil.example"), 403},
		{"a sandboxed frame", "POST", "/api/visitor", h("Origin", "null"), 403},
		{"another server of this machine", "POST", "/api/visitor", h("Origin", "http://127.0.0.1:1"), 403},
		{"the same over TLS", "POST", "/api/visitor", h("Origin", "https://"+host), 403},
		{"two origins", "POST", "/api/visitor", h("Origin", c.url, "Origin", "https://evil.example"), 403},
		{"the browser says so", "POST", "/api/visitor", h("Sec-Fetch-Site", "cross-site"), 403},
		{"a neighbour", "POST", "/api/visitor", h("Sec-Fetch-Site", "same-site"), 403},
		{"reading elsewhere", "GET", "/api/state", h("Sec-Fetch-Site", "cross-site"), 403},
		{"a stream elsewhere", "GET", "/api/events", h("Origin", "https://evil.example"), 403},

		{"a name made to point here", "GET", "/api/state", h("Host", "evil.example"+port), 421},
		{"with the port of the page", "POST", "/api/visitor", h("Host", "evil.example"+port, "Origin", "http://evil.example"+port), 421},
		{"the page under it", "GET", "/", h("Host", "evil.example"+port), 421},
		{"a file under it", "GET", "/assets/main.js", h("Host", "evil.example"+port), 421},
		{"another port", "GET", "/api/state", h("Host", "127.0.0.1:1"), 421},
		{"no port", "GET", "/api/state", h("Host", "127.0.0.1"), 421},
		{"a name that begins well", "GET", "/api/state", h("Host", "127.0.0.1.evil.example"+port), 421},

		{"nothing there", "GET", "/nothing", h(), 404},
		{"nothing there either", "POST", "/api/nothing", h(), 404},
		{"out of the folder", "GET", "/assets/..%2fpage.go", h(), 404},
		{"the Go file", "GET", "/assets/page.go", h(), 404},
	} {
		status, body, header := c.do(tc.method, tc.path, `{"do":"new"}`, tc.header)
		if status != tc.want {
			t.Errorf("%s: %d %s, want %d", tc.why, status, body, tc.want)
		}
		checkHeaders(t, tc.why, header)
		if status == 403 && header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: others are let in", tc.why)
		}
	}
	status, _, _ := c.do("POST", "/api/visitor", `{"do":"`+strings.Repeat("x", 65<<10)+`"}`, asJSON)
	if status != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge body: %d", status)
	}
}

func checkHeaders(t *testing.T, why string, h http.Header) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %s is %q", why, name, got)
		}
	}
}

// TestPageIsServed fetches every file of the page on a machine whose own table of types is wrong. The page itself is filled in.
func TestPageIsServed(t *testing.T) {
	for _, ext := range []string{".css", ".js"} {
		if err := mime.AddExtensionType(ext, "text/plain"); err != nil {
			t.Fatal(err)
		}
	}
	c, _ := start(t, sandbox.Config{Bot: "my<bot"})
	names, err := fs.Glob(page.Files, "*")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	types := map[string]string{".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	for _, name := range names {
		want, err := fs.ReadFile(page.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		path := "/assets/" + name
		if name == "index.html" {
			path = "/"
		}
		status, got, header := c.do("GET", path, "", nil)
		if status != 200 || header.Get("Content-Type") != types[name[strings.LastIndex(name, "."):]] {
			t.Errorf("%s: %d, %s", path, status, header.Get("Content-Type"))
		}
		if path != "/" {
			if string(got) != string(want) {
				t.Errorf("%s: %d bytes, not %d", path, len(got), len(want))
			}
			continue
		}
		for _, part := range []string{`<code id="bot-id">my&lt;bot</code>`, `<code id="base-url">http://127.0.0.1:`, `<dd id="crm">built-in demo</dd>`, `data-state="connected"`} {
			if !strings.Contains(string(got), part) {
				t.Errorf("the page lacks %s", part)
			}
		}
		if strings.Contains(string(got), "{{") || strings.Contains(string(got), "<style") {
			t.Errorf("the page is not as it should be:\n%s", got)
		}
	}
}
