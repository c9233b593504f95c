package escalation

import (
	"context"
	"errors"
	"fmt"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
)

// Verb is what a person may decide about the event at which a conversation is parked.
type Verb = store.Verb

// The verbs; see package store.
const (
	Retry            = store.Retry
	Replace          = store.Replace
	Skip             = store.Skip
	MarkAcknowledged = store.MarkAcknowledged
	Abort            = store.Abort
)

// Why a repair is refused: RepairError.Err is one of these, or a *fsm.TransitionError.
var (
	ErrNotParked = delivery.ErrNotParked
	ErrNotHead   = delivery.ErrNotHead
	ErrOtherKind = delivery.ErrOtherKind
)

// RepairError says that a repair was refused: the conversation is not parked, or not at this event, or the guard does
// not allow what is asked. Nothing changed.
type RepairError struct {
	Verb   Verb
	Number uint64     // that was asked for
	Park   store.Park // where the conversation is parked
	Err    error
}

func (e *RepairError) Error() string {
	return fmt.Sprintf("escalation: cannot %v event %d: %v", e.Verb, e.Number, e.Err)
}

// Unwrap returns Err.
func (e *RepairError) Unwrap() error { return e.Err }

// Repair is a person's decision about a parked conversation.
type Repair struct {
	Verb   Verb
	Number uint64          // of the event at which the conversation is parked: Status.Park.Number
	Event  events.Outbound // with Replace only
	By     string          // who decides; required
	Why    string          // required
}

// Repair carries out a decision about a parked conversation, and keeps who made it and why in the event's history.
// It goes through the guard like everything else. The error is a *RepairError, a *rules.Refusal of the replacement, an
// error of the arguments, or one of those that Accept has.
func (v *Conversation) Repair(ctx context.Context, r Repair) error {
	if r.By == "" || r.Why == "" {
		return errors.New("escalation: a repair needs to say who decides and why")
	}
	if !r.Verb.Valid() {
		return fmt.Errorf("escalation: there is no repair %v", r.Verb)
	}
	if (r.Event != nil) != (r.Verb == Replace) {
		return errors.New("escalation: Replace needs an event, and only Replace")
	}
	l, err := v.hold(ctx)
	if err != nil {
		return err
	}
	defer v.client.lanes.release(l)
	finished, err := v.client.do(ctx, l, &op{repair: true, apply: func(t *turn) error { return t.repair(r) }})
	if !finished {
		return &UnansweredError{Err: err}
	}
	return err
}

func (t *turn) repair(r Repair) error {
	kind := events.KindOf(r.Event)
	l, resolutions, err := t.client.machine.Repair(t.Lane, r.Verb, r.Number, kind, t.now)
	if refused, ok := errors.AsType[*delivery.RepairError](err); ok {
		return &RepairError{Verb: r.Verb, Number: r.Number, Park: refused.Park, Err: refused.Err}
	}
	if r.Verb == Replace {
		if err := t.replace(r); err != nil {
			return err
		}
	}
	t.change.Repair = &store.Repaired{
		Number: r.Number, Repair: store.Repair{At: t.now, Verb: r.Verb.String(), By: r.By, Why: r.Why},
	}
	t.observe(Observation{Occasion: Repaired, Kind: t.Lane.Pending[0].Kind, Number: r.Number, Verb: r.Verb})
	t.set(l, resolutions, 0, nil)
	return nil
}

// replace puts another event in the place of the head.
func (t *turn) replace(r Repair) error {
	// In the state in which it will be sent.
	if d := t.client.config.Rules.Decide(t.facts(t.Lane.Acknowledged, t.now), r.Event); d.Refusal != nil {
		return d.Refusal
	}
	bytes, err := events.Request{ConversationID: t.lane.key.Conversation, Event: r.Event}.Encode()
	if err != nil {
		return fmt.Errorf("escalation: %w", err) // the rules allow only what encodes
	}
	replaced := make([]body, len(t.bodies))
	for i, b := range t.bodies {
		if b.number == r.Number {
			b.bytes = bytes
		}
		replaced[i] = b
	}
	t.bodies = replaced
	t.change.Replaced = &store.Body{Number: r.Number, Body: bytes}
	return nil
}

// Parked returns up to limit conversations above after, in the order of bot and conversation, that wait for a person's
// decision. The zero after is before all.
func (c *Client) Parked(ctx context.Context, after store.Key, limit int) ([]*Conversation, error) {
	if c.closing.Err() != nil {
		return nil, ErrClosed
	}
	keys, err := c.store.Parked(ctx, after, limit)
	if err != nil {
		return nil, &StoreError{Err: err}
	}
	var all []*Conversation
	for _, k := range keys {
		all = append(all, &Conversation{client: c, key: k})
	}
	return all, nil
}
