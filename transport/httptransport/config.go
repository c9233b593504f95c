package httptransport

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"
)

// DefaultAttemptTimeout is used when Config.AttemptTimeout is zero.
const DefaultAttemptTimeout = 30 * time.Second

// Config is what may be set on a Transport. Nil and every zero value mean the stated default. New
// copies it and never writes to it.
type Config struct {
	// BaseURL is the address below which the API lives, with or without a trailing slash: absolute,
	// https (http for localhost, 127.0.0.0/8 and [::1]), without user, query or fragment.
	// Default: DefaultBaseURL.
	BaseURL string

	// Client carries the requests. It is copied; its CheckRedirect is replaced in the copy, because
	// a followed redirect turns the POST into a GET or carries the text to another host. Its
	// Transport must not retry. Default: a client of our own, see New.
	Client *http.Client

	// AttemptTimeout bounds one Send: credentials, connection, request, answer and, after a 401,
	// the new key and the second post. Default: DefaultAttemptTimeout.
	AttemptTimeout time.Duration

	// Logger gets a warning for a host that is about to go and for a 2xx other than 200. Default:
	// slog.Default() as it is when New is called.
	Logger *slog.Logger

	// Now is the clock that a Retry-After in the form of a date is read against. Default: time.Now.
	Now func() time.Time

	_ struct{}
}

// ConfigError says what is wrong with one field of a Config, or with an argument of New.
type ConfigError struct {
	Field   string
	Problem string
}

// Error names the field and the problem.
func (e *ConfigError) Error() string { return "httptransport: " + e.Field + " " + e.Problem }

// checked returns a copy of cfg with its defaults filled in, the URL to post to, and every problem.
func (cfg *Config) checked() (Config, *url.URL, error) {
	var c Config
	if cfg != nil {
		c = *cfg
	}
	if c.BaseURL == "" {
		c.BaseURL = DefaultBaseURL
	}
	if c.AttemptTimeout == 0 {
		c.AttemptTimeout = DefaultAttemptTimeout
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	target, err := endpoint(c.BaseURL)
	problems := []error{err}
	if c.AttemptTimeout < 0 {
		problems = append(problems, &ConfigError{Field: "Config.AttemptTimeout", Problem: "is negative"})
	}
	if c.Client != nil && c.Client.Timeout < 0 {
		problems = append(problems, &ConfigError{Field: "Config.Client", Problem: "has a negative Timeout"})
	}
	return c, target, errors.Join(problems...)
}

// newRoundTripper returns the connection pool of the default client.
func newRoundTripper() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // alone: one request per connection at a time, so a failure has one victim
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		Protocols:           protocols,
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 256, // one per conversation that sends at the moment; the default of 2 would redial
		// Shorter than the 5 s after which a Node server closes an idle connection: a POST written
		// into a connection that is being closed has an unknown outcome.
		IdleConnTimeout:        4 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		WriteBufferSize:        4 << 10, // see maxBaseURL
		DisableCompression:     true,
	}
}
