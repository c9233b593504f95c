package wire

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
)

// keptHeaders are all that is kept of a header. Nothing in the list has a reason to hold a secret.
var keptHeaders = []string{
	"Accept", "Accept-Encoding", "Botid", "Content-Encoding", "Content-Length", "Content-Type", "Expect",
	"Idempotency-Key", "Organizationid", "Retry-After", "User-Agent", "X-Idempotency-Key",
}

const hidden = "[hidden]"

// MinSecret is the least length, in bytes, of a secret that is looked for in what is kept. A shorter one is kept out of the
// headers alone, like all others: it may be a part of ordinary words, and a log without those would say something else than
// what was sent.
const MinSecret = 16

// A cleaner takes secrets out of exchanges.
type cleaner struct {
	forms   []string // every way in which a secret may be written
	replace *strings.Replacer
}

// hide adds a secret.
func (c *cleaner) hide(secret string) {
	if len(secret) < MinSecret {
		return
	}
	for _, form := range []string{secret, inJSON(secret, true), inJSON(secret, false), url.QueryEscape(secret), url.PathEscape(secret)} {
		if form != "" && !slices.Contains(c.forms, form) {
			c.forms = append(c.forms, form)
		}
	}
	// A longer one first: a secret may be the beginning of another.
	slices.SortStableFunc(c.forms, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, form := range c.forms {
		pairs = append(pairs, form, hidden)
	}
	c.replace = strings.NewReplacer(pairs...)
}

// inJSON returns a text as it stands between quotes, with or without the escaping that makes it fit for HTML.
func inJSON(text string, html bool) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(html)
	_ = enc.Encode(text) // cannot fail for a string
	return strings.TrimSuffix(strings.TrimPrefix(out.String(), `"`), "\"\n")
}

// clean returns what may be kept of x.
func (c *cleaner) clean(x Exchange) Exchange {
	x.At = x.At.UTC().Truncate(time.Microsecond) // as the file has it
	x.Headers = c.headers(x.Headers)
	x.URL = c.text(plain.URL(x.URL))
	x.Body = c.text(x.Body)
	if len(x.Body) >= MaxBody { // whoever read it may have cut a secret in two
		x.Body = c.tail(x.Body)
	}
	if len(x.Body) > MaxBody {
		x.Body, x.BodyCut = x.Body[:MaxBody], true
		for !utf8.ValidString(x.Body[max(0, len(x.Body)-utf8.UTFMax):]) && len(x.Body) > MaxBody-utf8.UTFMax {
			x.Body = x.Body[:len(x.Body)-1] // not in the middle of a character
		}
	}
	for _, s := range []*string{&x.Bot, &x.Conversation, &x.Kind, &x.Method, &x.Detail} {
		*s = c.text(*s)
	}
	x.Answer = c.tail(c.text(x.Answer))
	findings := make([]Finding, 0, len(x.Findings)) // [] in JSON, not null
	for _, f := range x.Findings {
		f.Detail = c.text(f.Detail)
		findings = append(findings, f)
	}
	x.Findings = findings
	return x
}

func (c *cleaner) text(s string) string {
	if c.replace == nil {
		return s
	}
	return c.replace.Replace(s)
}

// tail removes the beginning of a secret from the end of a text that somebody else may have cut there.
func (c *cleaner) tail(s string) string {
	for _, form := range c.forms {
		for n := min(len(form)-1, len(s)); n >= MinSecret/2; n-- {
			if strings.HasSuffix(s, form[:n]) {
				return s[:len(s)-n] + hidden
			}
		}
	}
	return s
}

func (c *cleaner) headers(h http.Header) http.Header {
	kept := http.Header{}
	for _, name := range keptHeaders {
		for _, v := range h.Values(name) {
			kept[name] = append(kept[name], c.text(v))
		}
	}
	return kept
}
