package httptransport

import "net/http"

// signed is a set of headers and the credentials it was made of.
type signed struct {
	creds  Credentials
	header http.Header
}

// header returns the headers of a request. Our own pool only reads them, so the last ones are kept and used
// again while the credentials stay the same; what a caller's client does with its headers nobody knows.
func (t *Transport) header(c Credentials) http.Header {
	if t.ownPool == nil {
		return newHeader(c)
	}
	if last := t.signed.Load(); last != nil && last.creds.equal(c) {
		return last.header
	}
	fresh := &signed{c, newHeader(c)}
	t.signed.Store(fresh)
	return fresh.header
}

func newHeader(c Credentials) http.Header {
	h := http.Header{
		"Authorization": {c.Key.Reveal()},
		"Botid":         {c.BotID},
		"Content-Type":  {"application/json"},
	}
	if c.OrganizationID != "" {
		h.Set("organizationid", c.OrganizationID)
	}
	return h
}

func (c Credentials) equal(other Credentials) bool {
	return c.BotID == other.BotID && c.OrganizationID == other.OrganizationID && c.Key.Equal(other.Key)
}
