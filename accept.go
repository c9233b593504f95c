package escalation

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// Receipt says that an event was accepted.
type Receipt struct {
	Kind     events.Kind
	Number   uint64 // 1, 2, 3, … in the conversation; names the event to Wait, History and Repair
	Round    int
	Repeated bool // it had been accepted before, under the same key
}

// Option is a condition on an event that is to be accepted.
type Option func(*wish)

// WithKey names the event, at most MaxKeyBytes long. Another call for this conversation with the same key and the
// same event gets the first answer and adds nothing; with another event it gets a *KeyError. Use a key wherever the
// answer of Accept can get lost, and call again.
func WithKey(key string) Option { return func(w *wish) { w.key = key } }

// ForRound accepts the event only in the given round, the one that it was written for; in any other the error is a
// *RoundError.
func ForRound(round int) Option { return func(w *wish) { w.round = &round } }

// MaxKeyBytes is how long the key of WithKey may be.
const MaxKeyBytes = 255

// wish is an event that is to be accepted.
type wish struct {
	event events.Outbound
	kind  events.Kind
	key   string
	round *int
}

func newWish(e events.Outbound, options []Option) (wish, error) {
	w := wish{event: e, kind: events.KindOf(e)}
	for _, o := range options {
		o(&w)
	}
	if len(w.key) > MaxKeyBytes {
		return w, fmt.Errorf("escalation: a key of %d bytes is longer than %d", len(w.key), MaxKeyBytes)
	}
	return w, nil
}

// Accept decides whether e is allowed after all that was accepted before, stores it, and returns. It is sent in its
// turn, whatever becomes of the caller, and after a restart by the next process. The error is
//
//   - a *rules.Refusal, for an invalid event as well; a *StrandedError around one if an earlier event that ended
//     without success is the cause; a *RoundError, *KeyError or *FullError; an *events.InvalidError for the
//     conversation's id; ErrClosed; or that of ctx, which says that nothing was done: nothing was accepted;
//   - a *StoreError, or an *UnansweredError if ctx ended meanwhile: the event may have been accepted or not. Call again
//     with the same key to learn it.
func (v *Conversation) Accept(ctx context.Context, e events.Outbound, options ...Option) (Receipt, error) {
	w, err := newWish(e, options)
	if err != nil {
		return Receipt{}, err
	}
	l, err := v.hold(ctx)
	if err != nil {
		return Receipt{}, err
	}
	defer v.client.lanes.release(l)
	o, answer := w.op(ctx, nil)
	finished, err := v.client.do(ctx, l, o)
	switch {
	case !finished:
		return Receipt{}, &UnansweredError{Kind: w.kind, Err: err}
	case err != nil:
		return Receipt{}, err
	}
	return *answer, nil
}

// op makes an op of the wish. Its answer may be read when the op is finished without error. waits, if it is not
// nil, waits for the outcome.
func (w wish) op(ctx context.Context, waits *waiter) (*op, *Receipt) {
	answer := new(Receipt)
	return &op{
		query: store.Query{CallerKey: w.key},
		apply: func(t *turn) error {
			r, err := t.accept(w)
			if err != nil {
				return err
			}
			*answer = r
			if !r.Repeated {
				t.after = append(t.after, func() { t.lane.remember(r, ctx, waits) })
			}
			return nil
		},
	}, answer
}

// remember keeps what is known of an accepted event in memory only; the caller holds the lane's mutex.
func (l *lane) remember(r Receipt, ctx context.Context, waits *waiter) {
	if waits != nil {
		waits.number = r.Number
	}
	l.callers = append(l.callers, caller{r.Number, ctx, waits})
}

// accept takes an event into the turn, or refuses it.
func (t *turn) accept(w wish) (Receipt, error) {
	if t.keyed != nil {
		return t.repeat(w)
	}
	state, round := t.client.presumed(&t.record)
	if w.round != nil && *w.round != round {
		err := &RoundError{Kind: w.kind, Round: *w.round, Current: round}
		t.refused(w.kind, err)
		return Receipt{}, err
	}
	if err := t.judge(t.client, state, w.event, t.now); err != nil {
		t.refused(w.kind, err)
		return Receipt{}, err
	}
	bytes, err := events.Request{ConversationID: t.lane.key.Conversation, Event: w.event}.Encode()
	if err != nil {
		return Receipt{}, fmt.Errorf("escalation: %w", err) // the rules allow only what encodes
	}
	if t.Lane.Acknowledged == fsm.None { // Config.ImplicitOpen
		t.signal(events.KindWidgetEscalate)
	}
	return t.enter(w, bytes)
}

// enter adds an allowed event to the lane.
func (t *turn) enter(w wish, bytes []byte) (Receipt, error) {
	l, e, err := t.client.machine.Accept(t.Lane, w.kind, t.now)
	if err != nil {
		return Receipt{}, fmt.Errorf("escalation: %w", err) // the rules ask the same table
	}
	t.set(l, nil, 0, nil)
	entry := store.Entry{Event: e, AcceptedAt: t.now, CallerKey: w.key, Body: bytes}
	if w.key != "" {
		entry.Digest = sha256.Sum256(bytes)
	}
	t.change.Accepted = append(t.change.Accepted, entry)
	t.bodies = append(slices.Clip(t.bodies), body{e.Number, bytes})
	if update, ok := w.event.(events.EscalationQueueUpdate); ok {
		t.Queue = store.Queue{Last: update, At: t.now, Position: cmp.Or(update.QueuePosition, t.Queue.Position)}
	}
	t.observe(Observation{Occasion: Accepted, Kind: w.kind, Number: e.Number})
	return Receipt{Kind: w.kind, Number: e.Number, Round: e.Round}, nil
}

// repeat answers a call with a key that was used before.
func (t *turn) repeat(w wish) (Receipt, error) {
	bytes, err := events.Request{ConversationID: t.lane.key.Conversation, Event: w.event}.Encode()
	if err != nil || sha256.Sum256(bytes) != t.keyed.Digest {
		return Receipt{}, &KeyError{Kind: w.kind, Number: t.keyed.Number}
	}
	return Receipt{Kind: t.keyed.Kind, Number: t.keyed.Number, Round: t.keyed.Round, Repeated: true}, nil
}

// refused records a refusal. It changes nothing, so that nothing is stored.
func (t *turn) refused(kind events.Kind, err error) {
	t.observe(Observation{Occasion: Refused, Kind: kind, Refusal: err})
}

// presumed is the state and the round that a decision starts from.
func (c *Client) presumed(r *record) (fsm.State, int) {
	if r.Lane.Accepted == fsm.None && c.config.ImplicitOpen {
		if first, err := c.config.Rules.Table().Step(fsm.None, events.KindWidgetEscalate); err == nil {
			return first, r.Lane.Round + 1
		}
	}
	return r.Lane.Accepted, r.Lane.Round
}
