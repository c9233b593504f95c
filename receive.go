package escalation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// Inbound is an event from the widget on its way to the host.
type Inbound struct {
	Conversation *Conversation
	Event        events.Inbound // by value: WidgetEscalate, WidgetMessage or WidgetEndSession
	Number       uint64         // 1, 2, 3, … in the conversation, for as long as the store keeps that
	Round        int            // 0 if the conversation was never opened
	// From is the state in which the event arrived, To the state after it, by what the API acknowledged. A message
	// that arrives before an agent is connected is early, one after the end is late; both are passed on.
	From, To fsm.State
	// Repeat reports that the host has taken this round's widgetEscalate or widgetEndSession before. Messages are never
	// taken for repeats: they carry no id, and two equal texts can be two real messages.
	Repeat bool
	// Again reports that the host was offered this very event before and returned an error or panicked. An offer during
	// which the process ended leaves no trace: the same Number may come again without it.
	Again      bool
	ReceivedAt time.Time
}

// InboundFunc takes an inbound event for the host: it finds an agent, shows the visitor's words, or tells
// the agent that the visitor left. The event is stored and the state has moved before it is called. It has taken the
// event when it returns nil; an error is logged, and the same event is offered again, after a second, two, four, up to a
// minute, in this process or the next, before any later one of the conversation.
//
// It is called for one event of a conversation at a time, in the order in which they arrived; calls for
// different conversations run side by side. It may call Send, but must not wait for a Receive of the
// same conversation, nor call Close. Its context ends when the client cuts off what is under way.
type InboundFunc func(ctx context.Context, in Inbound) error

// What an InboundFunc did not take is offered again after offerMin, doubling up to offerMax.
const offerMin, offerMax = time.Second, time.Minute

// Receive takes a webhook that was verified and decoded: widgetEscalate opens a round, widgetEndSession ends
// it, at once and whatever else is going on. It returns nil when that is stored; it then waits, as long as ctx
// allows, until Config.OnInbound had its first chance to take it, unless that has to wait because it did not take an earlier
// one. It returns an *events.InvalidError if env is not valid, ErrClosed, a *StoreError, an *UnansweredError, or the error of ctx if that ended before anything was done.
func (c *Client) Receive(ctx context.Context, env events.Envelope) error {
	return c.ReceiveOnce(ctx, env, "")
}

// ReceiveOnce is Receive for a sender that names its deliveries: if a webhook of the same conversation was received
// under the same deliveryID, it changes nothing. An empty deliveryID is none.
func (c *Client) ReceiveOnce(ctx context.Context, env events.Envelope, deliveryID string) error {
	if err := env.Validate(); err != nil {
		return fmt.Errorf("escalation: %w", err)
	}
	bytes, err := env.Encode()
	if err != nil {
		return fmt.Errorf("escalation: %w", err)
	}
	v := c.Bot(env.BotID).Conversation(env.ConversationID)
	l, err := v.hold(ctx)
	if err != nil {
		return err
	}
	defer c.lanes.release(l)
	kind := env.Event.Kind()
	offered := make(chan struct{})
	finished, err := c.do(ctx, l, &op{
		query: store.Query{DeliveryID: deliveryID},
		apply: func(t *turn) error {
			t.receive(ctx, kind, bytes, deliveryID, offered)
			return nil
		},
	})
	switch {
	case !finished:
		return &UnansweredError{Kind: kind, Err: err}
	case err != nil:
		return err
	case c.config.OnInbound == nil:
		c.warnUnheard(kind)
		return nil
	}
	select {
	case <-offered:
	case <-ctx.Done(): // it is stored all the same
	case <-c.idle:
	}
	return nil
}

// receive takes a webhook into the turn.
func (t *turn) receive(ctx context.Context, kind events.Kind, bytes []byte, deliveryID string, offered chan struct{}) {
	l := t.lane
	if t.delivered != nil {
		number, taken := t.delivered.Number, t.delivered.Taken
		t.after = append(t.after, func() { l.listen(number, nil, offered, taken) })
		return
	}
	o := t.signal(kind)
	listened := t.client.config.OnInbound != nil
	if !listened && deliveryID == "" {
		return // nobody will ask for it
	}
	t.dirty = true
	t.Inbox.Last++
	m := store.Message{
		Number: t.Inbox.Last, Round: t.Lane.Round, From: o.From, To: o.To, Kind: kind, Body: bytes,
		DeliveryID: deliveryID, ReceivedAt: t.now, Taken: !listened,
	}
	t.change.Received = append(t.change.Received, m)
	if listened {
		t.inbox = append(slices.Clip(t.inbox), m)
		t.after = append(t.after, func() { l.listen(m.Number, ctx, offered, false) })
	}
}

// listen has offered closed when the host has had its chance to take a message; ctx is kept for its values. The
// caller holds the lane's mutex.
func (l *lane) listen(number uint64, ctx context.Context, offered chan<- struct{}, already bool) {
	if already {
		close(offered)
		return
	}
	l.listeners = append(l.listeners, listener{number, ctx, offered})
}

// warnUnheard says once that visitors write and no host listens.
func (c *Client) warnUnheard(kind events.Kind) {
	if kind == events.KindWidgetMessage {
		c.unheard.Do(func() {
			c.config.Logger.Warn("escalation: a visitor's message was received, but Config.OnInbound is not set to take it")
		})
	}
}
