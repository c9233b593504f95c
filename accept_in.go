package escalation

import (
	"context"
	"errors"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
)

// AcceptIn is Accept within a transaction of the caller, so that a row of its own and the event are kept together or
// not at all. The store says how to get tx. The event is accepted when the caller commits; until then nothing is sent and the
// receipt means nothing. Call Client.Wake after the commit. If the error is not a refusal the caller must roll back.
//
// Observers are not told of the decision, because the client does not learn what becomes of the transaction. They hear of
// the event when it is sent.
func (v *Conversation) AcceptIn(ctx context.Context, tx store.Tx, e events.Outbound, options ...Option) (Receipt, error) {
	w, err := newWish(e, options)
	if err != nil {
		return Receipt{}, err
	}
	if tx == nil {
		return Receipt{}, errors.New("escalation: AcceptIn needs a transaction")
	}
	if err := v.check(ctx); err != nil {
		return Receipt{}, err
	}
	c := v.client
	if err := c.enter(); err != nil {
		return Receipt{}, err
	}
	defer c.leave()
	c.begin()
	s, err := tx.Load(ctx, v.key, store.Query{CallerKey: w.key})
	if err != nil {
		return Receipt{}, &StoreError{Err: err}
	}
	t := c.newTurn(&lane{key: v.key}, newRecord(s), s)
	var r Receipt
	o := op{apply: func(t *turn) (err error) { r, err = t.accept(w); return err }}
	if err := o.run(t); err != nil || !t.dirty {
		return r, err
	}
	t.Seq = t.before.seq // see above
	if err := tx.Commit(ctx, t.finish()); err != nil {
		return Receipt{}, &StoreError{Err: err}
	}
	return r, nil
}
