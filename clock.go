package escalation

import (
	"context"
	"sync"
	"time"

	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
)

const (
	// lease is how long a conversation that was claimed, or has an attempt under way, is left alone before it is
	// claimed again. If the process lives, the claim changes nothing; a new process does not wait for it.
	lease = 2 * time.Minute
	// poll is how often the store is asked even if nothing is known to be due: events can come from transactions
	// of the host.
	poll = 5 * time.Second
	// atOnce is how many conversations are claimed by one call.
	atOnce = 64
	// portion is how many conversations are released by one call: others can be claimed before all are.
	portion = 1024
	// storeWait is how long after an error the store is asked again.
	storeWait = time.Second
	// maxRetries is how many conversations are looked at again one by one; where there are more, everything is taken up anew.
	maxRetries = 1024
)

// clock claims conversations when they are due.
type clock struct {
	begun sync.Once
	poke  chan struct{} // holds one: there may be something to do

	mu      sync.Mutex
	wakeAt  time.Time          // when the next look is planned
	retries map[store.Key]bool // conversations to be looked at again
	retryAt time.Time          // when, after an error of the store; zero if there was none
	taken   bool               // what an earlier process left was made due
	doubts  int                // how often that had to begin anew
	claimed int                // conversations that wait for their turn after a claim
}

// begin starts the clock if nobody has. The caller has entered the client.
func (c *Client) begin() {
	c.clock.begun.Do(func() { c.workers.all.Go(c.tickAway) })
}

// Wake looks at once for events that are due. Call it after a transaction of yours that events were accepted in was
// committed; without it they are found within seconds.
func (c *Client) Wake() {
	select {
	case c.clock.poke <- struct{}{}:
	default:
	}
}

// doubt has everything taken up anew, after a call of the clock's that the store did not answer: conversations may have
// been claimed that nobody was told of, or not have been released that heard of no gate.
func (c *Client) doubt() {
	c.clock.mu.Lock()
	defer c.clock.mu.Unlock()
	c.clock.beginAnew()
}

// beginAnew has everything taken up anew; the mutex is held.
func (k *clock) beginAnew() { k.taken, k.doubts = false, k.doubts+1 }

// takeUp makes a portion of what an earlier process had in hand due, and reports whether there may be more.
func (c *Client) takeUp(ctx context.Context) (more bool, err error) {
	k := &c.clock
	k.mu.Lock()
	taken, doubts := k.taken, k.doubts
	k.mu.Unlock()
	if taken {
		return false, nil
	}
	n, err := c.store.Release(ctx, "", true, portion)
	if err != nil || n == portion {
		return true, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.taken = k.doubts == doubts
	return !k.taken, nil
}

// tickAway looks for what is due until the client is closed and nothing is under way any more.
func (c *Client) tickAway() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	closing := c.closing.Done()
	for {
		select {
		case <-c.idle:
			return
		case <-closing:
			closing = nil // what has to be stored is given its last chance
		case <-c.clock.poke:
		case <-timer.C:
		}
		c.clock.plan(store.Never) // whatever is stored from now on may have been missed
		wait, err := c.tick()
		if err != nil {
			if c.cutOff.Err() == nil { // or it is Close that ended the call
				c.logStore(err)
			}
			wait = storeWait
			c.doubt()
		} else {
			c.storeDown.Store(false)
		}
		timer.Reset(c.clock.plan(wait))
	}
}

// plan notes when the next look will be.
func (k *clock) plan(wait time.Duration) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wakeAt = time.Now().Add(wait)
	return wait
}

// wakeFor sees to it that a conversation is claimed when it is due, and hears of the gates that it waits for.
func (c *Client) wakeFor(t *turn) {
	if at := t.permit.At; !at.IsZero() {
		c.await(t.lane.key.Bot, at)
	}
	if t.step.Do != delivery.Send && t.dueIn != store.Never {
		c.wakeIn(t.dueIn)
	}
}

// wakeIn sees to it that the clock looks in time.
func (c *Client) wakeIn(wait time.Duration) {
	k := &c.clock
	k.mu.Lock()
	early := time.Now().Add(wait).Before(k.wakeAt)
	k.mu.Unlock()
	if early {
		c.Wake()
	}
}

// tick does what is due, and returns when to come again.
func (c *Client) tick() (time.Duration, error) {
	ctx := c.cutOff
	c.lanes.sweep(time.Now())
	wait := c.serveRetries()
	if c.closing.Err() != nil {
		return poll, nil
	}
	more, err := c.takeUp(ctx)
	if err != nil {
		return 0, err
	}
	probe, err := c.probe(ctx)
	if err != nil {
		return 0, err
	}
	wait = min(wait, probe)
	if more {
		wait = 0
	}
	room := c.room()
	if room == 0 {
		return min(wait, poll), nil // woken when there is
	}
	keys, next, err := c.store.Claim(ctx, room, lease)
	if err != nil {
		return 0, err
	}
	for _, key := range keys {
		c.claimed(key)
	}
	if next > 0 {
		c.allClaimed()
	}
	if next == 0 && c.room() == 0 {
		next = poll // woken when there is room
	}
	return min(wait, next, poll), nil
}

// room is how many conversations may be claimed now.
func (c *Client) room() int {
	c.mu.Lock()
	free := c.config.MaxAttempts - c.attempts
	c.clock.mu.Lock()
	free -= c.clock.claimed
	c.clock.mu.Unlock()
	c.short = c.short || free <= 0
	c.mu.Unlock()
	return max(0, min(free, atOnce))
}

// claimed lets a conversation that is due have its turn.
func (c *Client) claimed(key store.Key) {
	if c.enter() != nil {
		return // the next process finds it
	}
	k := &c.clock
	k.mu.Lock()
	k.claimed++
	k.mu.Unlock()
	l := c.lanes.hold(key)
	defer c.lanes.release(l)
	c.submit(l, &op{
		claimed: true,
		apply: func(t *turn) error {
			t.dirty = t.dirty || !t.underway() // the claim put off when it is due
			return nil
		},
		finish: func(error) {
			k.mu.Lock()
			k.claimed--
			k.mu.Unlock()
			c.leave()
			c.hasRoom(0)
		},
	})
}

// underway reports whether what is to be done in the conversation goes on in this process, so that its end will be stored. That a
// message is on offer to the host says nothing of events that wait for something else.
func (t *turn) underway() bool {
	l := t.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.attempting != 0 || l.passing && len(t.Lane.Pending) == 0
}

// retryLater has a conversation looked at again after a while, for after an error it is in doubt what was stored of it.
// kept: there are ops that the store has not taken.
func (c *Client) retryLater(key store.Key, kept bool) {
	k := &c.clock
	k.mu.Lock()
	if k.retryAt.IsZero() {
		k.retryAt = time.Now().Add(storeWait)
	}
	if kept || k.retries[key] || len(k.retries) < maxRetries {
		k.retries[key] = true
	} else {
		k.beginAnew()
	}
	k.mu.Unlock()
	c.Wake() // to plan anew
}

// serveRetries looks again at the conversations of which it is in doubt what was stored, when it is time. It returns how
// long that is from now on.
func (c *Client) serveRetries() time.Duration {
	k := &c.clock
	k.mu.Lock()
	keys, wait := k.retries, time.Until(k.retryAt)
	if k.retryAt.IsZero() {
		wait = store.Never
	}
	if wait == store.Never || wait > 0 && c.closing.Err() == nil {
		k.mu.Unlock()
		return wait
	}
	k.retries, k.retryAt = map[store.Key]bool{}, time.Time{}
	k.mu.Unlock()
	for key := range keys {
		c.lookAgain(key)
	}
	return store.Never
}

// lookAgain loads a conversation and serves the ops that the store did not take. It may be due as if somebody had it in hand, and
// somebody may wait for an event that was resolved unheard.
func (c *Client) lookAgain(key store.Key) {
	l := c.lanes.hold(key)
	defer c.lanes.release(l)
	c.submit(l, &op{
		claimed: true,
		apply: func(t *turn) error {
			t.dirty = t.dirty || t.Revision > 0 && !t.underway()
			return nil
		},
		finish: func(error) {},
	})
}
