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

	// Webhook says where the platform sends its webhooks. Nil: they are recorded, and not sent. See also SetWebhook.
	Webhook *Webhook

	// Lag is how long after its answer was decided an event takes effect, as on a platform that acknowledges first and works
	// later. The events keep the order in which they would have taken effect without it; one that Fault.Late put off takes
	// effect when it is released. 0: before the answer leaves, which makes tests simple. Close drops what is still to take
	// effect.
	Lag time.Duration

	// Keep bounds what is kept: that many requests, webhook attempts, violations, findings, lines of each conversation,
	// events of each conversation that wait for its next one, and conversations without a live round; the oldest are forgotten
	// first. Numbers go on counting. A conversation that was forgotten begins anew with round 1. What waits for a Hold is not
	// forgotten. 0: all is kept.
	Keep int

	// Answer is the bot: what it replies to the visitor, nothing if that is empty, and whether it then escalates. It is
	// called without a lock, by Write, and must be safe for concurrent use. Default: polite replies in English, and an escalation when
	// the visitor names a human, an agent or a person.
	Answer func(text string) (reply string, escalate bool)

	// The On functions are observers. They are called one at a time, all of them together, in the order of what they
	// tell, each with a copy. They may call the server's methods, except Close and Redeliver, but must not wait for the answer
	// to a request: no request is answered before its OnRequest has returned. Slow ones hold up the answers to requests
	// behind what they are told, but not by what happened after.

	// OnRequest, if set, sees every record in the order of arrival, one call at a time, after the answer was decided
	// and before any of it is sent. A held request is seen when it begins to be held: its End is still Open. The record is
	// a copy.
	OnRequest func(Record)

	// OnAnswer, if set, sees the record again when its exchange has ended: End and Status are final. The client may have its
	// answer already.
	OnAnswer func(Record)

	// OnWebhook, if set, sees the record of every attempt to send a webhook, when it has ended.
	OnWebhook func(WebhookRecord)

	// OnLine, if set, sees every line when it is shown: after the OnRequest of the request that caused it and, unless
	// its event takes effect later, before the answer to that.
	OnLine func(Shown)

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
	if out.Lag < 0 {
		errs = append(errs, fmt.Errorf("fakeapi: lag %v is negative", out.Lag))
	}
	if out.Keep < 0 {
		errs = append(errs, fmt.Errorf("fakeapi: number %d of things to keep is negative", out.Keep))
	}
	hook, err := out.Webhook.withDefaults()
	out.Webhook, errs = hook, append(errs, err)
	if out.Answer == nil {
		out.Answer = defaultAnswer
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
