package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/escalationkit/escalation/events"
)

// Defaults of [Config].
const (
	DefaultMaxBody        = 64 << 10
	DefaultReadTimeout    = 10 * time.Second
	DefaultReceiveTimeout = 10 * time.Second
)

// Config holds what [NewHandler] can do without. Every zero value means the stated default; nil means
// all of them.
type Config struct {
	// MaxBody is the most bytes a body may have; 0 means DefaultMaxBody, the most is events.MaxBodyBytes.
	// It bounds the events of other APIs too.
	MaxBody int

	// ReadTimeout bounds the reading of a body; 0 means DefaultReadTimeout. A shorter ReadTimeout of
	// the http.Server wins. It has no effect where the ResponseWriter knows no read deadlines, for
	// example behind a middleware whose writer has no Unwrap method.
	ReadTimeout time.Duration

	// ReceiveTimeout bounds the context given to the Receiver; 0 means DefaultReceiveTimeout.
	ReceiveTimeout time.Duration

	// DeliveryIDHeader is the name of a header in which the sender names each delivery: the same on a repeat,
	// another one for everything else. NewHandler then wants an [OnceReceiver], which gets the id and takes
	// in a repeated delivery once. Empty: none, because the vendor documents no such header; look at what
	// your bot sends.
	//
	// With the wrong header visitors' words are lost as repeats: one that names a session or a trace, or that
	// holds a hash of the body, is the same for different messages. Names that are certain to be wrong are
	// refused: common headers with another meaning, and those that a verifier of this package reads.
	//
	// An id has from 1 to MaxDeliveryID bytes of visible ASCII, without spaces. A verified event whose
	// header is missing, empty, longer, malformed or stands more than once, be it with equal values, is taken
	// in without an id; the handler logs each of these problems once, without the value.
	DeliveryIDHeader string

	// Fallback answers events of other APIs, such as isTeamOnline of the Chat API, which wants more
	// than a 200. They have been verified. Nil: they are answered 200 and logged at debug level.
	Fallback http.Handler

	// Logger; nil means what slog.Default() is when NewHandler is called.
	Logger *slog.Logger

	// OnDrift is told the names of undocumented fields, for every verified event that has some, before
	// the Receiver gets the event. The log has each name only once. It runs within the request, must
	// be safe for concurrent use, and owns the slice.
	OnDrift func(ctx context.Context, fields []string)

	// OnError is told the Receiver's error behind a 503, under the same terms. The log has only its type,
	// because its text may repeat the visitor's words.
	OnError func(ctx context.Context, err error)

	_ struct{}
}

// withDefaults returns a copy with every default filled in. Cfg may be nil.
func (cfg *Config) withDefaults() Config {
	var c Config
	if cfg != nil {
		c = *cfg
	}
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.ReadTimeout == 0 {
		c.ReadTimeout = DefaultReadTimeout
	}
	if c.ReceiveTimeout == 0 {
		c.ReceiveTimeout = DefaultReceiveTimeout
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// validate returns all problems joined.
func (cfg *Config) validate() error {
	var problems []error
	if cfg.MaxBody < 0 || cfg.MaxBody > events.MaxBodyBytes {
		problems = append(problems, fmt.Errorf("webhook: MaxBody is %d; it must be from 1 to %d, or 0 for %d",
			cfg.MaxBody, events.MaxBodyBytes, DefaultMaxBody))
	}
	if cfg.ReadTimeout < 0 {
		problems = append(problems, fmt.Errorf("webhook: ReadTimeout is %v; it must not be negative", cfg.ReadTimeout))
	}
	if cfg.ReceiveTimeout < 0 {
		problems = append(problems, fmt.Errorf("webhook: ReceiveTimeout is %v; it must not be negative", cfg.ReceiveTimeout))
	}
	problems = append(problems, checkDeliveryIDHeader(cfg.DeliveryIDHeader))
	return errors.Join(problems...)
}
