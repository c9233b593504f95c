package doctor

import (
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
	"github.com/escalationkit/escalation/transport/httptransport"
)

const (
	apiPath      = "/ai-agents/api"
	endpointPath = "/agent/converse/send-message-to-widget"
	currentForm  = "https://{subdomain}.zendesk.com" + apiPath
)

// CheckBaseURL says what the library has against a base URL: an *httptransport.BaseURLError, or nil.
func CheckBaseURL(base string) error {
	provider, err := httptransport.Static("bot", "key")
	if err != nil {
		return err
	}
	t, err := httptransport.New(provider, &httptransport.Config{BaseURL: base, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return err
	}
	return t.Close()
}

// checkTyped finds what makes any URL none. It reports whether there is a URL to look at any further.
func checkTyped(f *found, raw, wanted string) (*url.URL, bool) {
	trimmed := strings.TrimSpace(raw)
	switch {
	case trimmed != raw:
		f.add(Wrong, "begins or ends with a space or a line break", "take it away")
		return nil, false
	case strings.ContainsAny(raw, "<>{}$") || strings.Contains(raw, "…") || strings.Contains(raw, "..."):
		f.add(Wrong, "still holds a placeholder", "put your own value in its place: "+wanted)
		return nil, false
	case strings.ContainsAny(raw, `"'`+"`"):
		f.add(Wrong, "stands in quotes or holds one", "take the quotes away")
		return nil, false
	}
	u, err := url.Parse(raw)
	if err != nil && strings.Contains(raw, "://") {
		f.add(Wrong, "cannot be read as a URL", "write "+wanted)
		return nil, false
	}
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		mend := "write " + wanted
		if host, _, _ := strings.Cut(raw, "/"); strings.Contains(host, ".") && !strings.ContainsAny(raw, ":@?# ") {
			mend = "write https://" + raw
		}
		f.add(Wrong, "does not begin with https://", mend)
		return nil, false
	}
	return u, true
}

func checkBaseURL(base string) []Finding {
	f := &found{check: BaseURL}
	if base == "" {
		return skipped(BaseURL, "the form of today is "+currentForm)
	}
	if label, err := httptransport.ZendeskBaseURL(base); err == nil && base != "localhost" { // one word: a subdomain
		f.add(Wrong, "is a subdomain, not a URL", "write "+label)
		return f.list
	}
	u, ok := checkTyped(f, base, currentForm)
	if !ok {
		return f.list
	}
	if err := CheckBaseURL(base); err != nil {
		problem := "is not a base URL"
		if refused, ok := errors.AsType[*httptransport.BaseURLError](err); ok {
			problem = "is refused: " + refused.Problem
		}
		f.add(Wrong, problem, "the form of today is "+currentForm)
		return f.list
	}
	path := strings.TrimRight(u.Path, "/")
	if before, ok := strings.CutSuffix(path, endpointPath); ok {
		f.add(Wrong, "already ends in the path of the endpoint, which would then stand twice", "write "+u.Scheme+"://"+u.Host+before)
		return f.list
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	switch {
	case under(host, "zendesk.com"):
		checkZendesk(f, host, path)
	case under(host, "ultimate.ai"):
		checkUltimate(f, host, path)
	case loopback(host):
		f.add(Note, "is on this machine: a sandbox, listen or verify, but not the platform", "")
	default:
		f.add(Note, "is none of the vendor's hosts: right for a proxy or a fake, wrong for the platform itself", "")
	}
	return f.or(plain.URL(base))
}

func checkZendesk(f *found, host, path string) {
	subdomain := strings.TrimSuffix(strings.TrimSuffix(host, "zendesk.com"), ".")
	form, err := httptransport.ZendeskBaseURL(subdomain)
	switch {
	case err != nil:
		f.add(Wrong, "names no account: the account's subdomain, one word, stands in front of zendesk.com", "the form is "+currentForm)
	case subdomain == "www" || subdomain == "support" || subdomain == "developer" || subdomain == "help":
		f.add(Wrong, "is a site of the vendor's own, not an account", "put your account's subdomain in front of zendesk.com: "+currentForm)
	case subdomain == "subdomain" || strings.HasPrefix(subdomain, "your"):
		f.add(Wrong, "still holds the placeholder for the subdomain", "put your account's subdomain in its place: "+currentForm)
	case path == "":
		f.add(Wrong, "lacks the path "+apiPath, "write "+form)
	case path != apiPath:
		f.add(Wrong, "has a path that is not that of this API", "write "+form)
	}
}

func checkUltimate(f *found, host, path string) {
	if host != "api.ultimate.ai" {
		f.add(Wrong, "is a site of the vendor's own, not the API", "the form of today is "+currentForm)
		return
	}
	f.add(Warning, "is a host whose end the vendor has announced: every *.ultimate.ai host is deprecated", "move to "+currentForm)
	if path != "" {
		f.add(Wrong, "has a path, and the documentation of that host has none", "write https://"+host+", or better "+currentForm)
	}
}

func checkWebhookURL(raw string) []Finding {
	f := &found{check: WebhookURL}
	if raw == "" {
		return skipped(WebhookURL, "it is the HTTPS URL of your CRM that the platform posts to")
	}
	u, ok := checkTyped(f, raw, "https://{host of your CRM}/{path}")
	if !ok {
		return f.list
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if host == "" {
		f.add(Wrong, "names no host", "write https://{host of your CRM}/{path}")
		return f.list
	}
	if n, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && (err != nil || n == 0) {
		f.add(Wrong, "has a port that is not a number from 1 to 65535", "correct it, or leave it out")
	}
	if u.Fragment != "" || strings.HasSuffix(raw, "#") {
		f.add(Wrong, "holds a fragment (#), which is never sent", "take it away")
	}
	if u.Scheme == "http" && !loopback(host) {
		f.add(Wrong, "is plain http, and the platform posts to HTTPS", "serve it over https")
	}
	if u.User != nil {
		f.add(Warning, "holds a user name or password, and nothing says that the platform sends them", "authenticate webhooks by a secret in a header")
	}
	switch {
	case under(host, "zendesk.com") || under(host, "ultimate.ai"):
		f.add(Warning, "is a host of the vendor's: the webhook is where your CRM listens", "give the URL of your CRM")
	case loopback(host):
		f.add(Note, "is on this machine: only a platform on it (sandbox, verify) can reach it", "")
	case private(host):
		f.add(Warning, "is in a private network, where a platform in the internet cannot reach it", "give the CRM a public address, perhaps by a tunnel")
	}
	return f.or(plain.URL(raw))
}

// under reports whether host is domain or below it.
func under(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || under(host, "localhost") || err == nil && addr.IsLoopback()
}

// private reports whether host is known, without asking anybody, to be unreachable from the internet.
func private(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsPrivate() || addr.IsLinkLocalUnicast() || addr.IsUnspecified()
	}
	for _, domain := range []string{"local", "internal", "lan", "home.arpa", "test", "invalid", "example"} {
		if under(host, domain) {
			return true
		}
	}
	return !strings.Contains(host, ".")
}
