package httptransport

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// DefaultBaseURL is used when Config.BaseURL is empty. The vendor has announced its end: see
// ZendeskBaseURL.
const DefaultBaseURL = "https://api.ultimate.ai"

const (
	sendPath = "/agent/converse/send-message-to-widget"
	// maxBaseURL keeps the request line and the Host header well inside net/http's write buffer of
	// 4 KiB, so that no byte can leave before the first trace hook for a header fires.
	maxBaseURL = 1024
)

// BaseURLError says why a base URL, or the subdomain it was to be built from, was refused. It
// never quotes the URL, which may hold a password.
type BaseURLError struct {
	Problem string
}

// Error returns the problem.
func (e *BaseURLError) Error() string { return "httptransport: base URL refused: " + e.Problem }

// ZendeskBaseURL returns the base URL of an account, https://{subdomain}.zendesk.com/ai-agents/api.
// The subdomain is one DNS label: 1 to 63 letters, digits and inner hyphens.
func ZendeskBaseURL(subdomain string) (string, error) {
	if !dnsLabel(subdomain) {
		return "", &BaseURLError{Problem: fmt.Sprintf(
			"subdomain %q is not a DNS label (1 to 63 letters, digits and inner hyphens)", clip(subdomain))}
	}
	return "https://" + strings.ToLower(subdomain) + ".zendesk.com/ai-agents/api", nil
}

func dnsLabel(s string) bool {
	if len(s) == 0 || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		b := s[i]
		if (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && (b < '0' || b > '9') && b != '-' {
			return false
		}
	}
	return true
}

// endpoint checks base and returns the URL that events are posted to.
func endpoint(base string) (*url.URL, error) {
	refuse := func(problem string) (*url.URL, error) { return nil, &BaseURLError{Problem: problem} }
	if len(base) > maxBaseURL {
		return refuse(fmt.Sprintf("it is longer than %d bytes", maxBaseURL))
	}
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return refuse("it is not a URL") // err quotes it
	case u.Scheme != "https" && u.Scheme != "http":
		return refuse("it must begin with https://")
	case u.Opaque != "" || u.Hostname() == "":
		return refuse("it names no host")
	case u.User != nil:
		return refuse("it holds a user name or password; keys come from the Provider")
	case strings.ContainsAny(base, "?#"):
		return refuse("it holds a query or a fragment")
	case !validPort(u):
		return refuse("its port is not a number from 1 to 65535")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return refuse("http is allowed for loopback hosts only; use https")
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return refuse("its path has a dot segment")
		}
	}
	full, err := url.Parse(u.Scheme + "://" + u.Host + path + sendPath)
	if err != nil {
		return refuse("it is not a URL")
	}
	return full, nil
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}

// loopback reports whether host names this machine without asking a resolver.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Zone() == "" && addr.IsLoopback()
}

// retiring reports whether the vendor has announced the end of host.
func retiring(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "ultimate.ai" || strings.HasSuffix(host, ".ultimate.ai")
}
