package escalation

import (
	"context"
	"fmt"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

// Conversation is a handle for one conversation. Handles hold no state: all handles of a conversation
// are alike. Safe for concurrent use.
type Conversation struct {
	client *Client
	key    key
}

// ID returns the platformConversationId.
func (v *Conversation) ID() string { return v.key.conversation }

// BotID returns the bot that the conversation belongs to.
func (v *Conversation) BotID() string { return v.key.bot }

// Open does what widgetEscalate does: it opens a round, the first or one after a finished one. In a live
// round it changes nothing. It never waits for an attempt.
func (v *Conversation) Open(ctx context.Context) error {
	return v.signal(ctx, events.KindWidgetEscalate)
}

// VisitorEnded does what widgetEndSession does: it ends a live round at once, without waiting for an
// attempt under way, which may still land. In any other state it changes nothing.
func (v *Conversation) VisitorEnded(ctx context.Context) error {
	return v.signal(ctx, events.KindWidgetEndSession)
}

func (v *Conversation) signal(ctx context.Context, kind events.Kind) error {
	l, err := v.enter(ctx)
	if err != nil {
		return err
	}
	defer v.exit(l)
	l.mu.Lock()
	o := v.take(l, kind)
	l.mu.Unlock()
	v.client.observe(ctx, o)
	return o.Refusal
}

// take moves a lane, whose mutex the caller holds, by an inbound event.
func (v *Conversation) take(l *lane, kind events.Kind) Observation {
	o := Observation{Occasion: Received, Kind: kind, From: l.state}
	next, err := v.client.config.Rules.Table().Step(l.state, kind)
	if err != nil { // the table in use refuses the event: it is recorded and changes nothing
		o.Refusal = err
	} else {
		if next.Live() && !l.state.Live() {
			l.openRound()
		}
		l.state = next
	}
	o.To = l.state
	return v.number(l, o)
}

// Explain returns nil if Send would send e now, or the error that it would return instead: a
// *rules.Refusal, an *events.InvalidError for the conversation's id, or ErrClosed. It sends nothing and
// never waits for an attempt. If ctx has ended it returns its error.
func (v *Conversation) Explain(ctx context.Context, e events.Outbound) error {
	l, err := v.enter(ctx)
	if err != nil {
		return err
	}
	defer v.exit(l)
	l.mu.Lock()
	defer l.mu.Unlock()
	return v.decide(l, e, v.client.config.Now()).Err()
}

// Status is where a conversation stands.
type Status struct {
	State   fsm.State
	Round   int            // 0 before the first
	Allowed events.KindSet // the outbound kinds that the state allows
	Pending int            // calls to Send that are sending or waiting for their turn
}

// Status tells where the conversation stands. It never waits for an attempt.
func (v *Conversation) Status(ctx context.Context) (Status, error) {
	l, err := v.enter(ctx)
	if err != nil {
		return Status{}, err
	}
	defer v.exit(l)
	l.mu.Lock()
	defer l.mu.Unlock()
	state := v.presumed(l)
	return Status{
		State:   l.state,
		Round:   l.round,
		Allowed: v.client.config.Rules.Allowed(state),
		Pending: l.outbound.length(),
	}, nil
}

// enter begins every call but Send: if ctx has ended there is nothing to be done.
func (v *Conversation) enter(ctx context.Context) (*lane, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("escalation: nothing was done: %w", err)
	}
	return v.hold()
}

// hold checks what is common to all calls and holds the lane until exit.
func (v *Conversation) hold() (*lane, error) {
	if err := checkID(v.key.conversation); err != nil {
		return nil, fmt.Errorf("escalation: %w", err)
	}
	if v.client.closing.Err() != nil {
		return nil, ErrClosed
	}
	return v.client.lanes.hold(v.key), nil
}

// exit ends every call that holds the lane.
func (v *Conversation) exit(l *lane) { v.client.lanes.release(v.key, l) }

// presumed is the state that decisions start from.
func (v *Conversation) presumed(l *lane) fsm.State {
	if l.state == fsm.None && v.client.config.ImplicitOpen {
		return fsm.Pending
	}
	return l.state
}

// decide puts e to the rules; the caller holds the lane's mutex.
func (v *Conversation) decide(l *lane, e events.Outbound, now time.Time) rules.Decision {
	facts := rules.Facts{
		State: v.presumed(l), Now: now,
		LastUpdate: l.lastUpdate, LastUpdateAt: l.lastUpdateAt, LastPosition: l.lastPosition,
	}
	return v.client.config.Rules.Decide(facts, e)
}

// number completes an observation; the caller holds the lane's mutex.
func (v *Conversation) number(l *lane, o Observation) Observation {
	o.Bot, o.ConversationID = v.key.bot, v.key.conversation
	o.Round, o.Seq = l.round, l.nextSeq()
	return o
}
