package escalation

import (
	"context"
	"fmt"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// Inbound is an event from the widget on its way to the host.
type Inbound struct {
	Conversation *Conversation
	Event        events.Inbound // by value: WidgetEscalate, WidgetMessage or WidgetEndSession
	Round        int            // 0 if the conversation was never opened
	// From is the state in which the event arrived, To the state after it. A message that arrives
	// before an agent is connected is early, one after the end is late; both are passed on.
	From, To fsm.State
	// Repeat reports that the host has taken this round's widgetEscalate or widgetEndSession before
	// without an error. Messages are never taken for repeats: they carry no id, and two equal texts
	// can be two real messages.
	Repeat bool
}

// InboundFunc takes an inbound event for the host: it finds an agent, shows the visitor's words, or tells
// the agent that the visitor left. The state has moved before it is called, and stays moved whatever it returns. An error
// means that the event was not taken; Receive returns it, and the sender of the webhook is told to come back.
//
// It is called for one event of a conversation at a time, in the order in which they arrived; calls for
// different conversations run side by side. It may call Send, but must not wait for a Receive of the
// same conversation. The widget waits for the answer: leave long work to another goroutine.
type InboundFunc func(ctx context.Context, in Inbound) error

// Receive takes a webhook that was verified and decoded: widgetEscalate opens a round, widgetEndSession ends
// it, at once and whatever else is going on; then Config.OnInbound is called when the events before it are
// done. It returns an *events.InvalidError if env is not valid, ErrClosed, the error of ctx if that ends
// before OnInbound could be called, or the error of OnInbound.
func (c *Client) Receive(ctx context.Context, env events.Envelope) error {
	if err := env.Validate(); err != nil {
		return fmt.Errorf("escalation: %w", err)
	}
	v := c.Bot(env.BotID).Conversation(env.ConversationID)
	l, err := v.enter(ctx)
	if err != nil {
		return err
	}
	defer v.exit(l)
	l.mu.Lock()
	o := v.take(l, env.Event.Kind())
	turn := l.inbound.join()
	l.mu.Unlock()
	defer l.leave(&l.inbound, turn)
	c.observe(ctx, o)

	if err := await(ctx, c.closing, turn); err != nil {
		return fmt.Errorf("escalation: %v was not passed on: %w", o.Kind, err)
	}
	if c.config.OnInbound == nil {
		c.warnUnheard(o.Kind)
		return nil
	}
	in := Inbound{Conversation: v, Event: env.Event, Round: o.Round, From: o.From, To: o.To, Repeat: l.took(o, false)}
	if err := c.config.OnInbound(ctx, in); err != nil {
		return fmt.Errorf("escalation: %v was not taken by the host: %w", o.Kind, err)
	}
	l.took(o, true)
	return nil
}

// warnUnheard says once that visitors write and no host listens.
func (c *Client) warnUnheard(kind events.Kind) {
	if kind == events.KindWidgetMessage {
		c.unheard.Do(func() {
			c.config.Logger.Warn("escalation: a visitor's message was received, but Config.OnInbound is not set to take it")
		})
	}
}

// took reports whether the host has taken the event of an observation before, and notes that it has now
// if so is set.
func (l *lane) took(o Observation, so bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.round != o.Round {
		return false
	}
	var flag *bool
	switch o.Kind {
	case events.KindWidgetEscalate:
		flag = &l.tookEscalate
	case events.KindWidgetEndSession:
		flag = &l.tookEnd
	default:
		return false
	}
	before := *flag
	*flag = before || so
	return before
}
