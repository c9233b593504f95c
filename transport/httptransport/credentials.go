package httptransport

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Credentials are what one request is signed with.
type Credentials struct {
	// BotID is the bot the key belongs to. Empty: the bot that the request names.
	BotID string
	// Key is sent as it is, without a scheme word, in the Authorization header. Required.
	Key Secret
	// OrganizationID is needed with an organization-wide key only. Empty: no such header.
	OrganizationID string
}

// Provider gives the credentials of a bot. It is asked before every attempt, so a key that was
// changed elsewhere is used from the next attempt on.
//
// Credentials is called by many goroutines at once and returns soon after ctx ends. botID is empty
// if the request named no bot. An error, one because ctx ended included, means that nothing is sent:
// the class is RefusedScope as after a 401, for no other bot is concerned, or NotSent if the context
// given to Send is done. Its text becomes part of transport.Result.Err, so it must not hold the key.
type Provider interface {
	Credentials(ctx context.Context, botID string) (Credentials, error)
}

// Refresher is what a Provider also implements if it can get hold of a new key after the API
// refused one with a 401.
//
// For one bot and one stale key at most one Refresh runs at a time, however many attempts were
// refused; it is called only if Credentials still gives the stale key. ctx carries the values of
// one of those attempts, ends after Config.AttemptTimeout or at Close, and does not end with the
// attempt. The event is posted again only if the returned key differs from the stale one. What
// holds for an error of Credentials holds here.
type Refresher interface {
	Refresh(ctx context.Context, botID string, stale Credentials) (Credentials, error)
}

// ProviderFunc makes a Provider of a function.
type ProviderFunc func(ctx context.Context, botID string) (Credentials, error)

// Credentials calls f.
func (f ProviderFunc) Credentials(ctx context.Context, botID string) (Credentials, error) {
	return f(ctx, botID)
}

// Static returns a Provider for one bot and one key that never change. It returns an error, and
// does not print the key, if either is empty or cannot stand in a header.
func Static(botID, key string) (Provider, error) {
	creds := Credentials{BotID: botID, Key: NewSecret(key)}
	if _, err := settle("", creds); err != nil {
		return nil, &CredentialsError{Err: err}
	}
	return ProviderFunc(func(context.Context, string) (Credentials, error) { return creds, nil }), nil
}

// Why credentials cannot be used. A CredentialsError wraps them.
var (
	ErrNoKey       = errors.New("the key is empty")
	ErrNoBotID     = errors.New("neither the request nor the credentials name a bot")
	ErrBotMismatch = errors.New("the credentials belong to another bot")
	ErrHeaderValue = errors.New("a value cannot stand in an HTTP header")
)

// CredentialsError says that there were no usable credentials. Unless it stands beside a
// StatusError, nothing was sent, and Result.Status is 0.
type CredentialsError struct {
	// BotID is the bot the request named; empty if it named none.
	BotID string
	// Err is one of the errors above or the provider's own.
	Err error

	ctxErr error // the caller's ctx, if it was done by then
}

// Error names the bot and the reason.
func (e *CredentialsError) Error() string {
	bot := "the only bot"
	if e.BotID != "" {
		bot = fmt.Sprintf("bot %q", clip(e.BotID))
	}
	text := fmt.Sprintf("httptransport: no usable credentials for %s: %v", bot, e.Err)
	if e.ctxErr != nil && !errors.Is(e.Err, e.ctxErr) {
		text += " (" + e.ctxErr.Error() + ")"
	}
	return text
}

// Unwrap returns the reason and, if it had ended, the error of the caller's context.
func (e *CredentialsError) Unwrap() []error { return present(e.Err, e.ctxErr) }

// settle checks c for a request that names botID and fills in the bot. The error is why c cannot be used.
func settle(botID string, c Credentials) (Credentials, error) {
	if c.BotID == "" {
		c.BotID = botID
	}
	var reason error
	switch {
	case c.BotID == "":
		reason = ErrNoBotID
	case botID != "" && botID != c.BotID:
		reason = ErrBotMismatch
	case c.Key.Reveal() == "":
		reason = ErrNoKey
	default:
		reason = errors.Join(headerValue("the key", c.Key.Reveal()),
			headerValue("the bot id", c.BotID), headerValue("the organization id", c.OrganizationID))
	}
	return c, reason
}

// headerValue checks that value reaches the API as it is. The error never quotes it.
func headerValue(what, value string) error {
	for i := range len(value) {
		if b := value[i]; b < ' ' || b == 0x7f {
			return fmt.Errorf("%w: %s has a control character at byte %d of %d (a line break at its end?)",
				ErrHeaderValue, what, i+1, len(value))
		}
	}
	if strings.Trim(value, " ") != value {
		return fmt.Errorf("%w: %s begins or ends with a space", ErrHeaderValue, what)
	}
	return nil
}

// present returns those of errs that are not nil.
func present(errs ...error) []error {
	kept := make([]error, 0, len(errs))
	for _, err := range errs {
		if err != nil {
			kept = append(kept, err)
		}
	}
	return kept
}

// clip bounds text from outside before it enters an error.
func clip(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
