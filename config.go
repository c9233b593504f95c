package escalation

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/rules"
)

// Defaults of [Config].
const (
	DefaultMaxPending  = 1000
	DefaultMaxAttempts = 256
	DefaultSettle      = 5 * time.Second
)

// Config holds what is optional about a Client. The zero value of each field means its default.
type Config struct {
	// Bot is the bot that Client.Conversation means. Default: none, which leaves the choice to the
	// transport. Set it if webhooks are routed through the client: they name their bot.
	Bot string

	// Rules decide what may be sent. Default: rules.Strict.
	Rules *rules.Set

	// ImplicitOpen lets the first event open a conversation, for hosts that do not route
	// widgetEscalate through the client. Default: a conversation never opened refuses every event.
	ImplicitOpen bool

	// OnInbound takes the webhooks for the host; see InboundFunc. Default: they move the state, are not kept, and
	// only observers learn of them.
	OnInbound InboundFunc

	// Observers learn of every decision, attempt and result.
	Observers []Observer

	// Settle is how long nothing is sent in a conversation after an attempt with unknown outcome, so that a copy
	// held up on the way cannot land after its successor. The event itself is sent again after Settle, then
	// twice, four times as long, up to twelve times. Default: DefaultSettle.
	Settle time.Duration

	// HoldMessages parks a conversation at the first unknown outcome of a message, instead of the third: no message
	// is sent twice without a person's word. Default: off.
	HoldMessages bool

	// HaltOnRejected parks a conversation when the API rejects a message, instead of going on with the next.
	// Default: off.
	HaltOnRejected bool

	// MaxPending is how many accepted events of one conversation may wait to be sent; further ones are refused with a
	// *FullError. What each costs grows with how many wait: thousands make it slow. Default: DefaultMaxPending.
	MaxPending int

	// MaxAttempts is how many attempts may be under way at once. Default: DefaultMaxAttempts.
	MaxAttempts int

	// Logger receives a line for every attempt that was not acknowledged, event that was not sent in the end,
	// conversation that is parked, place of delivery that is closed, and failure of the store; and debug lines.
	// Default: slog.Default.
	Logger *slog.Logger

	// LogConversationIDs adds conversation ids to log lines. Default: they stay out.
	LogConversationIDs bool

	// Now tells the time to the rules and to the delivery. It must go on as the wall clock does, and a store
	// that has a clock should have the same. Default: time.Now.
	Now func() time.Time

	_ struct{}
}

// withDefaults returns a copy of cfg, which may be nil, with every field filled in, or all problems.
func (cfg *Config) withDefaults() (Config, error) {
	var c Config
	if cfg != nil {
		c = *cfg
	}
	var problems []error
	positive := func(name string, value *int, byDefault int) {
		if *value < 0 {
			problems = append(problems, fmt.Errorf("escalation: %s is %d, less than zero", name, *value))
		}
		if *value == 0 {
			*value = byDefault
		}
	}
	positive("MaxPending", &c.MaxPending, DefaultMaxPending)
	positive("MaxAttempts", &c.MaxAttempts, DefaultMaxAttempts)
	if c.Settle < 0 {
		problems = append(problems, fmt.Errorf("escalation: Settle is %v, less than zero", c.Settle))
	}
	if c.Settle == 0 {
		c.Settle = DefaultSettle
	}
	for i, o := range c.Observers {
		if o == nil {
			problems = append(problems, fmt.Errorf("escalation: Observers[%d] is nil", i))
		}
	}
	if c.Rules == nil {
		strict, err := rules.Strict()
		c.Rules, problems = strict, append(problems, err)
	}
	c.Observers = append([]Observer(nil), c.Observers...)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, errors.Join(problems...)
}

func (cfg *Config) delivery() delivery.Options {
	return delivery.Options{Settle: cfg.Settle, HoldMessages: cfg.HoldMessages, HaltOnRejected: cfg.HaltOnRejected}
}
