package scenario

import (
	"context"
	"errors"
	"time"
)

// patience is how long nothing may happen before it is certain that what is missing does not come any more, if nothing went
// wrong just before. It is far longer than a CRM may take where several steps wait for it one after the other, and twice as long
// is longer than those wait that send again at all within a scenario.
const patience = 20 * time.Second

// lookAgain is how soon it is looked again at how long is left: that may have become less.
const lookAgain = patience / 4

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
		soon, cancel := context.WithTimeout(ctx, min(rest, lookAgain))
		err := r.wait(soon, done)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}

// hope returns how long it is worth while to wait at least. It is over when the CRM has not done what it took from its agent,
// no request waits for its answer, and nothing has happened for long: twice as long where the newest request failed, since the
// CRM may wait before it sends again, and longer by what the file itself puts off. Where the CRM was not told to do anything,
// there is hope until the time is over.
func (r *run) hope() time.Duration {
	calm := max(patience, r.opts.Timeout/3) // a longer time limit is for a slower CRM
	if r.desk == nil || r.flooded() {
		return calm
	}
	last, owing, failed := r.began, false, false
	for _, t := range r.talks {
		now := t.trail.standing()
		if now.open || !r.allEnded(t) {
			return calm
		}
		for _, at := range []time.Time{now.last, t.lastAsked()} {
			if at.After(last) {
				last = at
			}
		}
		failed = failed || now.newestFailed
		owing = owing || len(r.missing(t)) > 0
	}
	if !owing {
		return calm
	}
	most := calm + r.sc.longest()
	if failed {
		most += calm
	}
	return most - time.Since(last)
}
