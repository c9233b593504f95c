package plain

import (
	"net/url"
	"strings"
)

// URL returns a URL without what may be a secret: its user, the values of its query, its fragment.
func URL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(not a URL)"
	}
	u.User, u.Fragment = nil, ""
	if u.RawQuery != "" {
		parts := strings.Split(u.RawQuery, "&")
		for i, p := range parts {
			if name, _, named := strings.Cut(p, "="); named {
				parts[i] = name + "=…"
			} else {
				parts[i] = "…" // a secret may stand alone
			}
		}
		u.RawQuery = strings.Join(parts, "&")
	}
	return Line(u.String())
}
