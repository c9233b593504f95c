package webhook

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// Bounds on what the names of unknown fields may cost: they come from outside.
const (
	maxDriftNames = 64 // remembered and logged per handler
	maxDriftBytes = 64 // of a name
)

// drift remembers which unknown names were logged. The zero value is ready.
type drift struct {
	mu   sync.Mutex
	seen map[string]bool
	full bool // the log was told that there is no room left
}

// fresh returns the names not seen before, cut to length, and whether this call is the first to find
// no room.
func (d *drift) fresh(fields []string) (names []string, filled bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range fields {
		f = clip(f)
		switch {
		case d.full, d.seen[f]:
		case len(d.seen) == maxDriftNames:
			d.full, filled = true, true
		default:
			if d.seen == nil {
				d.seen = map[string]bool{}
			}
			d.seen[f] = true
			names = append(names, f)
		}
	}
	return names, filled
}

// reportDrift logs names not seen before, and tells the host all of them.
func (h *Handler) reportDrift(ctx context.Context, fields []string) {
	if len(fields) == 0 {
		return
	}
	names, filled := h.fields.fresh(fields)
	for _, name := range names {
		h.cfg.Logger.WarnContext(ctx, "webhook: unknown field; the vendor's format may have changed", "field", name)
	}
	if filled {
		h.cfg.Logger.WarnContext(ctx, "webhook: further unknown fields are no longer logged", "limit", maxDriftNames)
	}
	if h.cfg.OnDrift != nil {
		h.cfg.OnDrift(ctx, slices.Clone(fields))
	}
}

// chatTypes are the event types of the Chat API that are known to share the URL.
var chatTypes = []string{"sendMessage", "escalate", "isTeamOnline"}

// reportType logs an event type that belongs neither to this API nor to the Chat API: without a word,
// a renamed event would be ignored for ever.
func (h *Handler) reportType(ctx context.Context, eventType string) {
	if slices.Contains(chatTypes, eventType) {
		return
	}
	names, _ := h.types.fresh([]string{eventType})
	for _, name := range names {
		h.cfg.Logger.WarnContext(ctx, "webhook: unknown event type; the vendor's format may have changed", "event_type", name)
	}
}

// clip cuts a name; the result shares no memory with the body it came from.
func clip(s string) string {
	if len(s) <= maxDriftBytes {
		return strings.Clone(s)
	}
	return strings.ToValidUTF8(s[:maxDriftBytes], "") + "…"
}
