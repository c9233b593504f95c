package httptransport

import (
	"net/http"
	"testing"
)

// TestHeadersFollowTheCredentials: those kept from the attempt before must not outlive a change of any part.
func TestHeadersFollowTheCredentials(t *testing.T) {
	for _, pool := range []*http.Transport{nil, {}} {
		tr := &Transport{ownPool: pool}
		for _, c := range []struct{ key, bot, organization string }{
			{"key-1", "bot-1", ""},
			{"key-1", "bot-1", ""},
			{"key-2", "bot-1", ""},
			{"key-2", "bot-2", ""},
			{"key-2", "bot-2", "org-1"},
			{"key-2", "bot-2", ""},
			{"key-1", "bot-1", ""},
		} {
			h := tr.header(Credentials{Key: NewSecret(c.key), BotID: c.bot, OrganizationID: c.organization})
			if h.Get("Authorization") != c.key || h.Get("botid") != c.bot || h.Get("organizationid") != c.organization ||
				h.Get("Content-Type") != "application/json" {
				t.Errorf("own pool %v: the headers of %+v are %v", pool != nil, c, h)
			}
			if _, sent := h["Organizationid"]; sent != (c.organization != "") {
				t.Errorf("own pool %v: organizationid is there: %v", pool != nil, sent)
			}
		}
	}
}

// TestCallersClientGetsItsOwnHeaders: its RoundTripper may add to them.
func TestCallersClientGetsItsOwnHeaders(t *testing.T) {
	tr := &Transport{}
	creds := Credentials{Key: NewSecret("key-1"), BotID: "bot-1"}
	tr.header(creds).Set("X-Added", "by somebody")
	if got := tr.header(creds).Get("X-Added"); got != "" {
		t.Errorf("a header of one attempt is in the next: %q", got)
	}
}
