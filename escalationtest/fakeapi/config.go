package fakeapi

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Path is the path of the endpoint below the base URL.
const Path = "/agent/converse/send-message-to-widget"

// DefaultMaxBody is the largest body accepted when Config.MaxBody is zero.
const DefaultMaxBody = 1 << 20

// Config holds what New can do without. The zero value, and a nil *Config, mean the stated defaults.
type Config struct {
	// BasePath goes in front of Path, as "/ai-agents/api" does in the newer form of the base URL. It is empty, or begins
	// with a slash and does not end in one. Default: empty.
	BasePath string

	// Now is the clock that stamps the records. It is called with the server's lock held, so it must not call the server.
	// Default: time.Now.
	Now func() time.Time

	// MaxBody is the largest body accepted, in bytes; a larger one is answered 400 and recorded cut short.
	// Default: DefaultMaxBody.
	MaxBody int64

	// RequireRound makes the first event of a conversation that BeginRound never named a violation. Without it
	// that event begins round 1.
	RequireRound bool

	// OnRequest, if set, sees every record in the order of arrival, one call at a time, after the answer was decided
	// and before any of it is sent. A held request is seen when it begins to be held: its End is still Open. The record is
	// a copy. OnRequest may call the server's methods, except Close, but must not wait for the answer to another request:
	// no request is answered while it runs.
	OnRequest func(Record)

	_ struct{}
}

// withDefaults returns a checked copy of c, every default filled in.
func (c *Config) withDefaults() (Config, error) {
	var out Config
	if c != nil {
		out = *c
	}
	var errs []error
	if p := out.BasePath; p != "" && (p[0] != '/' || strings.HasSuffix(p, "/")) {
		errs = append(errs, fmt.Errorf("fakeapi: base path %q must begin with a slash and not end in one", p))
	}
	if strings.ContainsAny(out.BasePath, "?#%") {
		errs = append(errs, fmt.Errorf("fakeapi: base path %q must be a plain path", out.BasePath))
	}
	switch {
	case out.MaxBody < 0:
		errs = append(errs, fmt.Errorf("fakeapi: largest body %d is negative", out.MaxBody))
	case out.MaxBody == 0:
		out.MaxBody = DefaultMaxBody
	}
	if out.Now == nil {
		out.Now = time.Now
	}
	return out, errors.Join(errs...)
}

// checkHeaderText says why v could not arrive unchanged as the value of a header. It never quotes v, which may be a key.
func checkHeaderText(what, v string) error {
	switch {
	case v == "":
		return fmt.Errorf("fakeapi: %s is empty", what)
	case strings.TrimSpace(v) != v:
		return fmt.Errorf("fakeapi: %s begins or ends with a space", what)
	}
	for i := range len(v) {
		if v[i] < ' ' || v[i] == 0x7f {
			return fmt.Errorf("fakeapi: %s holds a control character", what)
		}
	}
	return nil
}
