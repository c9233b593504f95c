package escalation

import (
	"context"
	"fmt"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/store"
)

// Conversation is a handle for one conversation. Handles hold no state: all handles of a conversation
// are alike. Safe for concurrent use.
type Conversation struct {
	client *Client
	key    store.Key
}

// ID returns the platformConversationId.
func (v *Conversation) ID() string { return v.key.Conversation }

// BotID returns the bot that the conversation belongs to.
func (v *Conversation) BotID() string { return v.key.Bot }

// Open does what widgetEscalate does: it opens a round, the first or one after a finished one. In a live
// round it changes nothing. It never waits for an attempt.
func (v *Conversation) Open(ctx context.Context) error {
	return v.signal(ctx, events.KindWidgetEscalate)
}

// VisitorEnded does what widgetEndSession does: it ends a live round at once, without waiting for an
// attempt under way, which may still land. What was still to be sent is cancelled. In any other state it changes
// nothing.
func (v *Conversation) VisitorEnded(ctx context.Context) error {
	return v.signal(ctx, events.KindWidgetEndSession)
}

func (v *Conversation) signal(ctx context.Context, kind events.Kind) error {
	l, err := v.hold(ctx)
	if err != nil {
		return err
	}
	defer v.client.lanes.release(l)
	finished, err := v.client.do(ctx, l, &op{apply: func(t *turn) error { return t.signal(kind).Refusal }})
	if !finished {
		return &UnansweredError{Kind: kind, Err: err}
	}
	return err
}

// signal moves the lane by an inbound event.
func (t *turn) signal(kind events.Kind) Observation {
	o := Observation{Occasion: Received, Kind: kind, From: t.Lane.Acknowledged}
	if _, err := t.client.config.Rules.Table().Step(o.From, kind); err != nil {
		o.Refusal = err // the table in use refuses the event: it is recorded and changes nothing
	} else {
		before := t.Lane
		l, resolutions := before, []store.Resolution(nil)
		switch kind {
		case events.KindWidgetEscalate:
			l, resolutions = t.client.machine.Open(before)
		case events.KindWidgetEndSession:
			l, resolutions = t.client.machine.End(before)
		}
		if !sameLane(before, l) {
			t.set(l, resolutions, 0, nil)
		}
	}
	o.To = t.Lane.Acknowledged
	t.observe(o)
	return o
}

// Explain returns nil if Accept would accept e now, or the error that it would return instead. It changes nothing
// and never waits for an attempt. If ctx has ended it returns its error.
func (v *Conversation) Explain(ctx context.Context, e events.Outbound) error {
	r, err := v.read(ctx)
	if err != nil {
		return err
	}
	c := v.client
	state, _ := c.presumed(&r)
	return r.judge(c, state, e, c.now())
}

// judge returns nil if the event is allowed, or why not.
func (r *record) judge(c *Client, state fsm.State, e events.Outbound, now time.Time) error {
	d := c.config.Rules.Decide(r.facts(state, now), e)
	switch {
	case d.Refusal != nil && r.Lane.Broken != 0 && d.Refusal.Breaks(rules.SequenceID):
		return &StrandedError{Cause: r.Lane.Broken, Err: d.Refusal}
	case d.Refusal != nil:
		return d.Refusal
	case len(r.Lane.Pending) >= c.config.MaxPending:
		return &FullError{Kind: e.Kind(), Pending: len(r.Lane.Pending)}
	}
	return nil
}

// facts are what the rules look at.
func (r *record) facts(state fsm.State, now time.Time) rules.Facts {
	return rules.Facts{
		State: state, Now: now, LastUpdate: r.Queue.Last, LastUpdateAt: r.Queue.At, LastPosition: r.Queue.Position,
	}
}

// Status is where a conversation stands.
type Status struct {
	State    fsm.State      // by what the API acknowledged
	Accepted fsm.State      // by what was accepted: what Accept decides on
	Round    int            // 0 before the first
	Allowed  events.KindSet // the outbound kinds that Accept allows in the state Accepted
	Pending  int            // events that were accepted and have no final result yet
	Last     uint64         // number of the last accepted event; 0 if there is none
	// Park says where and why the conversation waits for a person's decision; zero if it does not.
	Park store.Park
	// Broken is the number of the last event that ended without the success that others counted on; 0 if none did
	// since the state last changed.
	Broken uint64
	Inbox  int // webhooks that the host has not taken yet
}

// Status tells where the conversation stands. It never waits for an attempt.
func (v *Conversation) Status(ctx context.Context) (Status, error) {
	r, err := v.read(ctx)
	if err != nil {
		return Status{}, err
	}
	state, _ := v.client.presumed(&r)
	return Status{
		State: r.Lane.Acknowledged, Accepted: r.Lane.Accepted, Round: r.Lane.Round,
		Allowed: v.client.config.Rules.Allowed(state), Pending: len(r.Lane.Pending), Last: r.Lane.Last,
		Park: r.Lane.Park, Broken: r.Lane.Broken, Inbox: len(r.inbox),
	}, nil
}

// History returns up to limit accepted events with numbers above after, with all that is recorded of them. It
// shares no memory with the client.
func (v *Conversation) History(ctx context.Context, after uint64, limit int) ([]store.Entry, error) {
	if err := v.check(ctx); err != nil {
		return nil, err
	}
	entries, err := v.client.store.History(ctx, v.key, after, limit)
	if err != nil {
		return nil, &StoreError{Err: err}
	}
	return entries, nil
}

// read returns what was last committed, by whomever: what is in memory does not know of transactions of the host.
func (v *Conversation) read(ctx context.Context) (record, error) {
	if err := v.check(ctx); err != nil {
		return record{}, err
	}
	s, err := v.client.store.Load(ctx, v.key, store.Query{})
	if err != nil {
		return record{}, &StoreError{Err: err}
	}
	return newRecord(s), nil
}

// check refuses what no call can go on with.
func (v *Conversation) check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("escalation: nothing was done: %w", err)
	}
	if err := checkID(v.key.Conversation); err != nil {
		return fmt.Errorf("escalation: %w", err)
	}
	if v.client.closing.Err() != nil {
		return ErrClosed
	}
	return nil
}

// hold begins every call that changes something, and holds the lane until it is released.
func (v *Conversation) hold(ctx context.Context) (*lane, error) {
	if err := v.check(ctx); err != nil {
		return nil, err
	}
	return v.client.lanes.hold(v.key), nil
}
