package scenario

import (
	"context"
	"errors"
	"time"
)

// patience is how long nothing may happen before it is certain that what is missing does not come any more, if nothing ever
// went wrong. It is far longer than a CRM may take where several steps wait for it one after the other.
const patience = 20 * time.Second

// errHopeless: what is waited for does not come any more.
var errHopeless = errors.New("scenario: nothing comes any more")

// waitInHope is wait, but for as long only as there is a reason to wait.
func (r *run) waitInHope(ctx context.Context, done func() bool) error {
	for {
		rest := r.hope()
		if rest <= 0 {
			if done() {
				return nil
			}
			return errHopeless
		}
		soon, cancel := context.WithTimeout(ctx, rest)
		err := r.wait(soon, done)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}

// hope returns how long it is worth while to wait at least. It is over when the CRM has not done what it took from its agent
// though all its requests were answered well, and nothing has happened for long. Where anything went wrong the CRM may have
// its reasons to wait, so there is hope until the time is over; likewise where it was not told to do anything.
func (r *run) hope() time.Duration {
	most := max(patience, r.opts.Timeout/3) // a longer time limit is for a slower CRM
	if r.desk == nil || !r.sc.steady() || r.flooded() {
		return most
	}
	last, owing := r.began, false
	for _, t := range r.talks {
		at, well := t.trail.state()
		if asked := t.lastAsked(); asked.After(at) {
			at = asked
		}
		if !well || !r.allEnded(t) {
			return most
		}
		if at.After(last) {
			last = at
		}
		owing = owing || len(r.missing(t)) > 0
	}
	if !owing {
		return most
	}
	return most - time.Since(last)
}
