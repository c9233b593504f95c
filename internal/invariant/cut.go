package invariant

import (
	"slices"
	"time"
)

// Cut returns the world as it was known at an instant, for what was rebuilt from the moment of a power cut: what was
// promised by then stays promised, what was under way ended without an answer, what came later never was. To each
// conversation the caller then appends the read of what was rebuilt. Reads, arrivals, turns, calls, replacements, results,
// webhooks and notes need their times; one that is at the instant itself counts as earlier.
func Cut(w World, at time.Time) World {
	w.Conversations = slices.Clone(w.Conversations)
	for i := range w.Conversations {
		c := &w.Conversations[i]
		c.Reads = until(c.Reads, at, func(r Read) time.Time { return r.At })
		c.Trace = until(c.Trace, at, func(a Arrival) time.Time { return a.At })
		c.Turns = until(c.Turns, at, func(t Turn) time.Time { return t.At })
		c.Calls = until(c.Calls, at, func(call Call) time.Time { return call.Began })
		for j := range c.Calls {
			if call := &c.Calls[j]; call.Ended.After(at) {
				*call = Call{Began: call.Began, Kind: call.Kind, Body: call.Body, CallerKey: call.CallerKey}
			}
		}
		c.Replaced = until(c.Replaced, at, func(r Replacement) time.Time { return r.At })
		c.Results = until(c.Results, at, func(r Reported) time.Time { return r.At })
		c.Webhooks = until(c.Webhooks, at, func(h Webhook) time.Time { return h.Began })
		for j := range c.Webhooks {
			c.Webhooks[j].Answered = c.Webhooks[j].Answered && !c.Webhooks[j].Ended.After(at)
		}
		c.Taken = until(c.Taken, at, func(in Inbound) time.Time { return in.At })
		c.Log = until(c.Log, at, func(n Note) time.Time { return n.At })
		if w.Knows&Log != 0 {
			c.Log = append(c.Log, Note{At: at, What: Killed})
		}
		for j := range c.Turns {
			c.Turns[j].After = min(c.Turns[j].After, len(c.Trace))
		}
		for j := range c.Reads {
			c.Reads[j].Arrived = min(c.Reads[j].Arrived, len(c.Trace))
		}
	}
	return w
}

// until returns a copy of those that are not after the instant, in order.
func until[T any](all []T, at time.Time, when func(T) time.Time) []T {
	var out []T
	for _, v := range all {
		if !when(v).After(at) {
			out = append(out, v)
		}
	}
	return out
}
