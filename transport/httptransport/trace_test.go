package httptransport

import (
	"net/http"
	"strings"
	"testing"
)

// TestLongHeadersAreWatchedOneByOne: the first of them can leave before the last is written.
func TestLongHeadersAreWatchedOneByOne(t *testing.T) {
	long := strings.Repeat("x", maxBuffered)
	for _, c := range []struct {
		own   bool
		creds Credentials
		want  bool
		why   string
	}{
		{true, Credentials{BotID: "bot-1", Key: NewSecret("key-1")}, true, "all fit into the buffer of our own pool"},
		{true, Credentials{BotID: "b", Key: NewSecret(long)}, false, "a long key"},
		{true, Credentials{BotID: long, Key: NewSecret("k")}, false, "a long bot id"},
		{true, Credentials{BotID: "b", Key: NewSecret("k"), OrganizationID: long}, false, "a long organization id"},
		{false, Credentials{BotID: "b", Key: NewSecret("k")}, false, "nobody knows a caller's buffer"},
	} {
		tr := &Transport{}
		if c.own {
			tr.ownPool = &http.Transport{}
		}
		if got := tr.buffered(c.creds); got != c.want {
			t.Errorf("%s: buffered is %v, want %v", c.why, got, c.want)
		}
		var seen footprint
		hooks := seen.trace(c.want)
		hooks.GetConn("")
		if watched := hooks.WroteHeaderField != nil; watched == c.want {
			t.Errorf("%s: each field watched: %v", c.why, watched)
		}
		if hooks.WroteHeaderField != nil {
			hooks.WroteHeaderField("Host", nil)
		} else {
			hooks.WroteHeaders()
		}
		if seen.nothingSent(c.own) {
			t.Errorf("%s: headers were written, and yet nothing was sent", c.why)
		}
	}
}
