package httptransport

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestLimiterEndsEachAttemptInTime: the timer serves many attempts, some of which end by themselves, and one
// that is added out of order, as the second post of an attempt is.
func TestLimiterEndsEachAttemptInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l limiter
		begin := time.Now()
		bound := func(end time.Duration) (context.Context, func()) {
			ctx, _, release := l.bound(t.Context(), begin.Add(end))
			return ctx, release
		}
		_, releaseFirst := bound(10 * time.Second)
		second, releaseSecond := bound(20 * time.Second)
		third, releaseThird := bound(30 * time.Second)
		early, releaseEarly := bound(15 * time.Second)
		defer releaseSecond()
		defer releaseThird()
		defer releaseEarly()
		releaseFirst() // the timer is still set for it

		for _, c := range []struct {
			ctx  context.Context
			want time.Duration
			why  string
		}{
			{early, 15 * time.Second, "added last, due first"},
			{second, 20 * time.Second, "behind one that was released"},
			{third, 30 * time.Second, "the last"},
		} {
			<-c.ctx.Done()
			if took := time.Since(begin); took != c.want || whyEnded(c.ctx) != context.DeadlineExceeded {
				t.Errorf("%s: ended after %v with %v, want the deadline after %v", c.why, took, whyEnded(c.ctx), c.want)
			}
		}
		again, releaseAgain := bound(31 * time.Second)
		<-again.Done()
		releaseAgain()
		if took := time.Since(begin); took != 31*time.Second {
			t.Errorf("after a rest: ended after %v, want 31s", took)
		}
		if l.running.Len() != 0 {
			t.Errorf("%d attempts are kept", l.running.Len())
		}
	})
}

func TestLimiterLeavesOtherEndsAlone(t *testing.T) {
	var l limiter
	caller, stop := context.WithCancelCause(t.Context())
	ctx, _, release := l.bound(caller, time.Now().Add(time.Hour))
	defer release()
	stop(errors.New("a reason of the host's own"))
	if got := whyEnded(ctx); got != context.Canceled {
		t.Errorf("a caller's cancellation reads as %v", got)
	}
	one, cancel, releaseOne := l.bound(t.Context(), time.Now().Add(time.Hour))
	defer releaseOne()
	cancel()
	if got := whyEnded(one); got != context.Canceled {
		t.Errorf("an own cancellation reads as %v", got)
	}
}
