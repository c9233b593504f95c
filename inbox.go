package escalation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
)

// offers reports whether there is a message to offer to the host now.
func (t *turn) offers() bool {
	return len(t.inbox) > 0 && t.client.config.OnInbound != nil && !t.now.Before(t.Inbox.NotBefore) && t.client.closing.Err() == nil
}

// offer offers the messages of a lane to the host, one by one, until none is left or one is not taken.
func (c *Client) offer(l *lane) {
	defer c.lanes.release(l)
	for more := true; more; {
		if c.enter() != nil { // the next process goes on
			l.mu.Lock()
			l.passing = false
			l.mu.Unlock()
			return
		}
		more = c.offerNext(l)
		c.leave()
	}
}

// offerNext offers the oldest message and stores what became of it. It reports whether there is another one.
func (c *Client) offerNext(l *lane) (more bool) {
	r, loaded := l.position()
	if !loaded || len(r.inbox) == 0 { // the store failed meanwhile
		return c.settleOffer(l, nil, nil)
	}
	m := r.inbox[0]
	err := c.offerTo(attemptContext{c.cutOff, l.senderOf(m.Number)}, l, &r, m)
	if err != nil {
		// Neither the host's error, which may repeat the visitor's words, nor the conversation.
		c.config.Logger.Warn("escalation: an inbound event was not taken by the host; it will be offered again",
			"bot", l.key.Bot, "kind", m.Kind.String(), "tries", r.Inbox.Tries+1, "error_type", fmt.Sprintf("%T", err))
	}
	return c.settleOffer(l, &m, err)
}

// offerTo calls the host.
func (c *Client) offerTo(ctx context.Context, l *lane, r *record, m store.Message) error {
	env, _, err := events.DecodeEnvelope(m.Body)
	if err != nil {
		return err // it was encoded by this library: the store changed it
	}
	in := Inbound{
		Conversation: &Conversation{client: c, key: l.key}, Event: env.Event, Number: m.Number, Round: m.Round,
		From: m.From, To: m.To, Again: r.Inbox.Tries > 0, ReceivedAt: m.ReceivedAt,
	}
	if m.Round == r.Lane.Round {
		in.Repeat = m.Kind == events.KindWidgetEscalate && r.Inbox.TookEscalate || m.Kind == events.KindWidgetEndSession && r.Inbox.TookEnd
	}
	c.offering(1)
	defer c.offering(-1)
	if c.guard("inbound function", func() { err = c.config.OnInbound(ctx, in) }) {
		err = ErrPanicked
	}
	return err
}

// settleOffer stores whether the host has taken a message, and reports whether another one is to be offered. m is nil
// if there was none.
func (c *Client) settleOffer(l *lane, m *store.Message, failed error) (more bool) {
	done := make(chan struct{})
	c.submit(l, &op{
		must: true,
		apply: func(t *turn) error {
			if m != nil {
				t.took(*m, failed)
			}
			t.after = append(t.after, func() {
				more = t.offers()
				l.passing = more
				if m != nil {
					l.offeredOnce(m.Number)
				}
			})
			return nil
		},
		finish: func(error) { close(done) },
	})
	<-done
	return more
}

// senderOf returns the context of the call that brought a message, if it is still remembered.
func (l *lane) senderOf(number uint64) context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.listeners {
		if s.number == number && s.ctx != nil {
			return s.ctx
		}
	}
	return context.Background()
}

// offeredOnce lets those go who wait for the host's first chance; the caller holds the lane's mutex.
func (l *lane) offeredOnce(number uint64) {
	l.listeners = slices.DeleteFunc(l.listeners, func(s listener) bool {
		if s.number == number {
			close(s.offered)
		}
		return s.number == number
	})
}

// dismissListeners lets everybody go who waits for the host; the caller holds the lane's mutex.
func (l *lane) dismissListeners() {
	for _, s := range l.listeners {
		close(s.offered)
	}
	l.listeners = nil
}

// took records whether the host has taken a message.
func (t *turn) took(m store.Message, failed error) {
	waits := func(other store.Message) bool { return other.Number == m.Number }
	if !slices.ContainsFunc(t.inbox, waits) {
		return // it is recorded already, by a commit whose answer was lost
	}
	t.dirty = true
	if failed != nil {
		t.Inbox.NotBefore = t.now.Add(min(offerMin<<min(t.Inbox.Tries, 10), offerMax)).Truncate(time.Microsecond)
		t.Inbox.Tries++
		return
	}
	t.change.Taken = append(t.change.Taken, m.Number)
	t.inbox = slices.DeleteFunc(slices.Clone(t.inbox), waits)
	t.Inbox.Tries, t.Inbox.NotBefore = 0, time.Time{}
	if m.Round == t.Lane.Round {
		t.Inbox.TookEscalate = t.Inbox.TookEscalate || m.Kind == events.KindWidgetEscalate
		t.Inbox.TookEnd = t.Inbox.TookEnd || m.Kind == events.KindWidgetEndSession
	}
}
