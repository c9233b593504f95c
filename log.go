package escalation

import (
	"context"
	"log/slog"

	"github.com/escalationkit/escalation/transport"
)

// logAttempt writes a line about an attempt that ended: a warning unless it was acknowledged.
func (c *Client) logAttempt(ctx context.Context, o Observation) {
	level := slog.LevelWarn
	if o.Result.Class == transport.Acknowledged {
		level = slog.LevelDebug
	}
	if !c.config.Logger.Enabled(ctx, level) {
		return // the rule, and the attributes below cost something
	}
	c.log(ctx, level, "escalation event "+o.Result.Class.String(), o,
		slog.Int("status", o.Result.Status), slog.Any("error", o.Result.Err))
}

// logRefusal writes a line about an event that was refused. The caller has the error as well.
func (c *Client) logRefusal(ctx context.Context, o Observation) {
	c.log(ctx, slog.LevelDebug, "escalation event refused", o, slog.Any("error", o.Refusal))
}

// log adds what every line says. No line holds a message text; the conversation id only if asked for.
func (c *Client) log(ctx context.Context, level slog.Level, msg string, o Observation, more ...slog.Attr) {
	if !c.config.Logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("bot", o.Bot), slog.Int("round", o.Round), slog.String("kind", o.Kind.String()),
		slog.String("state", o.To.String()),
	}
	if c.config.LogConversationIDs {
		attrs = append(attrs, slog.String("conversation", o.ConversationID))
	}
	c.config.Logger.LogAttrs(ctx, level, msg, append(attrs, more...)...)
}
