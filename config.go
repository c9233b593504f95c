package escalation

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/escalationkit/escalation/rules"
)

// DefaultKeepFinished is used when Config.KeepFinished is zero.
const DefaultKeepFinished = 10_000

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

	// OnInbound is called by Receive for every inbound event; see InboundFunc. Default: only
	// observers learn of them.
	OnInbound InboundFunc

	// Observers learn of every decision, attempt and outcome.
	Observers []Observer

	// KeepFinished is how many finished conversations are remembered, so that a late event is told
	// that its round is over, and rounds go on being counted. Beyond it the one that finished first
	// is forgotten, as if it had never been. A conversation that is not finished is never forgotten:
	// VisitorEnded finishes one that nobody will end. Default: DefaultKeepFinished.
	KeepFinished int

	// Logger receives one line for each event that was not acknowledged, and debug lines. Default:
	// slog.Default.
	Logger *slog.Logger

	// LogConversationIDs adds conversation ids to log lines. Default: they stay out.
	LogConversationIDs bool

	// Now tells the time to the rules. Default: time.Now.
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
	if c.KeepFinished < 0 {
		problems = append(problems, fmt.Errorf("escalation: KeepFinished is %d, less than zero", c.KeepFinished))
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
	if c.KeepFinished == 0 {
		c.KeepFinished = DefaultKeepFinished
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, errors.Join(problems...)
}
