package escalation

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// logObservation writes a line about what went wrong, and debug lines about the rest. No line holds a message text;
// the conversation id only if asked for.
func (c *Client) logObservation(o Observation) {
	ctx, level := c.cutOff, levelOf(o)
	if !c.config.Logger.Enabled(ctx, level) {
		return // the rule, and the attributes below cost something
	}
	attrs := []slog.Attr{
		slog.String("bot", o.Bot), slog.Int("round", o.Round), slog.String("kind", o.Kind.String()),
		slog.String("state", o.To.String()),
	}
	if c.config.LogConversationIDs {
		attrs = append(attrs, slog.String("conversation", o.ConversationID))
	}
	if o.Number > 0 {
		attrs = append(attrs, slog.Uint64("number", o.Number))
	}
	msg := "escalation event " + o.Occasion.String()
	switch o.Occasion {
	case Refused:
		attrs = append(attrs, slog.Any("error", o.Refusal))
	case Attempted:
		msg = "escalation event " + o.Result.Class.String()
		attrs = append(attrs, slog.Int("attempt", o.Attempts), slog.Int("status", o.Result.Status), slog.Any("error", o.Result.Err))
	case Resolved:
		attrs = append(attrs, slog.String("result", o.Outcome.Result.String()), slog.Bool("may_be_duplicate", o.MayBeDuplicate))
	case Parked:
		msg = "escalation conversation parked"
		attrs = append(attrs, slog.String("reason", o.Park.Reason.String()), slog.Uint64("cause", o.Park.Cause))
	case Repaired:
		attrs = append(attrs, slog.String("verb", o.Verb.String()))
	}
	c.config.Logger.LogAttrs(ctx, level, msg, attrs...)
}

func levelOf(o Observation) slog.Level {
	switch {
	case o.Occasion == Parked:
		return slog.LevelError // a visitor waits for a person
	case o.Occasion == Attempted && o.Result.Class != transport.Acknowledged,
		o.Occasion == Resolved && dropped(o.Outcome.Result):
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

// hears reports whether anybody will be told of an observation.
func (c *Client) hears(o Observation) bool {
	return len(c.config.Observers) > 0 || c.config.Logger.Enabled(c.cutOff, levelOf(o))
}

// dropped reports whether an event with this result was worth sending and was not sent.
func dropped(r store.Result) bool {
	return r == store.Rejected || r == store.Expired || r == store.Stranded
}

func (c *Client) logPanic(what string, value any) {
	c.config.Logger.Error("escalation: code of the host panicked", "where", what,
		"value_type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
}

// logStore tells that the store failed, once until it answers again. Its errors hold nothing private.
func (c *Client) logStore(err error) {
	if !c.storeDown.Swap(true) {
		c.config.Logger.Error("escalation: the store failed", "error", err)
	}
}

// logGate tells that a place of delivery was closed or opened; bot is empty if it is everybody's.
func (c *Client) logGate(msg, bot string) {
	var attrs []slog.Attr
	if bot != "" {
		attrs = append(attrs, slog.String("bot", bot))
	}
	c.config.Logger.LogAttrs(context.Background(), slog.LevelWarn, msg, attrs...)
}
