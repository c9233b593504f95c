package httptransport

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"
)

// limiter ends attempts that take too long. All have the same limit, so the first to begin is the first to
// end, and one timer does for all of them: a timer for each would be a measurable part of an attempt.
type limiter struct {
	mu      sync.Mutex
	running list.List // of *limited, in the order of their ends
	timer   *time.Timer
}

type limited struct {
	end    time.Time
	cancel context.CancelCauseFunc
}

// bound returns a context that ends with ctx, with cancel, or at the given time at the latest, with
// context.DeadlineExceeded as its cause. release must be called when the context is no longer needed.
func (l *limiter) bound(ctx context.Context, end time.Time) (one context.Context, cancel, release func()) {
	one, cancelCause := context.WithCancelCause(ctx)
	entry := l.add(&limited{end, cancelCause})
	cancel = func() { cancelCause(nil) }
	return one, cancel, func() {
		l.remove(entry)
		cancelCause(nil)
	}
}

func (l *limiter) add(one *limited) *list.Element {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.running.Back()
	for before != nil && before.Value.(*limited).end.After(one.end) {
		before = before.Prev() // the second post of an attempt, which began earlier than it is added
	}
	if before != nil {
		return l.running.InsertAfter(one, before)
	}
	l.wait(time.Until(one.end))
	return l.running.PushFront(one)
}

func (l *limiter) remove(entry *list.Element) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running.Remove(entry) // the timer finds out when it fires
}

// wait sets the timer, whose mutex the caller holds.
func (l *limiter) wait(d time.Duration) {
	if l.timer == nil {
		l.timer = time.AfterFunc(d, l.sweep)
		return
	}
	l.timer.Reset(d)
}

// sweep ends what is due and sets the timer for the next.
func (l *limiter) sweep() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for first := l.running.Front(); first != nil; first = l.running.Front() {
		one := first.Value.(*limited)
		if left := one.end.Sub(now); left > 0 {
			l.wait(left)
			return
		}
		l.running.Remove(first)
		one.cancel(context.DeadlineExceeded)
	}
}

// whyEnded is ctx.Err, except that a context which the limiter ended tells of the deadline.
func whyEnded(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}
