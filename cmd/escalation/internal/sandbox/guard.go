package sandbox

import (
	"mime"
	"net"
	"net/http"
	"strings"
)

// policy lets the page load what this server has, and nothing else; nobody may frame it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// maxPost is the largest body that the control interface and the platform take.
const maxPost = 64 << 10

// guard keeps other pages in the user's browser out. They can send requests here, in two ways: across origins, which the
// browser marks and whose answers it hides, and under a name of their own that they make point to this machine,
// which shows in Host.
func guard(ownHost func(string) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !ownHost(r.Host) {
			fail(w, http.StatusMisdirectedRequest, "this is the sandbox, and it answers to no other name than its own address")
			return
		}
		if strings.HasPrefix(r.URL.Path, "/api/") {
			if status, problem := foreign(r); status != 0 {
				fail(w, status, problem)
				return
			}
		}
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, maxPost)
		}
		next.ServeHTTP(w, r)
	})
}

// foreign says why a call of the control interface is refused.
func foreign(r *http.Request) (status int, problem string) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return http.StatusForbidden, "another page made this request"
	}
	if origins := r.Header.Values("Origin"); len(origins) > 1 || len(origins) == 1 && origins[0] != "http://"+r.Host {
		return http.StatusForbidden, "another page made this request"
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return 0, ""
	}
	// Only a page of the same origin can send this type without asking first.
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return http.StatusUnsupportedMediaType, "Content-Type must be application/json"
	}
	return 0, ""
}

// ownHosts returns whether a Host header names the listener's address.
func ownHosts(addr net.Addr) func(string) bool {
	ip, port, err := net.SplitHostPort(addr.String())
	if err != nil { // a listener on TCP has both
		return func(string) bool { return false }
	}
	own := map[string]bool{}
	for _, host := range []string{ip, "127.0.0.1", "::1", "localhost"} {
		own[net.JoinHostPort(host, port)] = true
		if port == "80" {
			own[strings.TrimSuffix(net.JoinHostPort(host, port), ":80")] = true
		}
	}
	return func(host string) bool { return own[strings.ToLower(host)] }
}
