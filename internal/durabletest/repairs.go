package durabletest

import (
	"bytes"
	"context"
	"errors"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

// repair decides about a conversation, mostly where it is parked, and judges the answer.
func (w *world) repair(t *rapid.T, a *account) {
	l := a.read().Conversation.Lane
	r := escalation.Repair{
		Verb:   rapid.SampledFrom([]escalation.Verb{escalation.Retry, escalation.Replace, escalation.Skip, escalation.MarkAcknowledged, escalation.Abort}).Draw(t, "verb"),
		Number: l.Park.Number, By: "a person", Why: "it was parked",
	}
	if !l.Parked() || rapid.IntRange(0, 9).Draw(t, "wrong event") == 0 {
		r.Number = a.last + 1
	}
	kind := events.KindMessage
	if l.Parked() {
		kind = l.Pending[0].Kind
	}
	if r.Verb == escalation.Replace {
		if rapid.IntRange(0, 4).Draw(t, "another kind") == 0 {
			kind = events.KindEscalationQueueUpdate
		}
		r.Event = w.event(t, kind)
	}
	var want error
	switch legal := l.Parked() && a.acked.Allows(l.Pending[0].Kind); {
	case !l.Parked():
		want = escalation.ErrNotParked
	case r.Number != l.Park.Number:
		want = escalation.ErrNotHead
	case r.Verb == escalation.Replace && kind != l.Pending[0].Kind:
		want = escalation.ErrOtherKind
	case !legal && r.Verb != escalation.Skip && r.Verb != escalation.Abort:
		want = errPlatform // the guard's, whichever
	}
	p := w.process
	w.mu.Lock()
	faults, unsure := p.faults, a.unsure || l.Attempting() // where nobody makes the attempt any more it is resolved first
	if r.Event != nil {
		body, err := events.Request{ConversationID: a.Key.Conversation, Event: r.Event}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		a.Replaced = append(a.Replaced, invariant.Replacement{Number: r.Number, Body: body})
	}
	w.mu.Unlock()
	err := p.conversation(a).Repair(context.Background(), r)
	w.mu.Lock()
	defer w.mu.Unlock()
	_, refused := errors.AsType[*escalation.RepairError](err)
	_, failed := errors.AsType[*escalation.StoreError](err)
	switch {
	case p.dead:
		return
	case failed && p.faults > faults:
		a.unsure = true
		return
	case unsure, w.latency > 0: // it may have been parked, or no longer, by then
		a.unsure = true
		if err != nil && !refused {
			t.Fatal(err)
		}
	case (err == nil) != (want == nil), err != nil && !refused, err != nil && want != errPlatform && !errors.Is(err, want):
		t.Fatalf("%v of event %d: got %v, want %v", r.Verb, r.Number, err, want)
	}
	if err == nil {
		w.repaired(t, a, r)
	}
}

// repaired brings the model up to date, and looks at the event; the mutex is held.
func (w *world) repaired(t *rapid.T, a *account, r escalation.Repair) {
	if r.Verb == escalation.Abort {
		a.cut = true
		a.Turns = append(a.Turns, invariant.Turn{After: len(a.Trace), Round: a.round, Ended: true})
	}
	entries, err := w.process.raw.History(context.Background(), a.Key, r.Number-1, 1)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	e := entries[0]
	said := len(e.Repairs) > 0 && e.Repairs[len(e.Repairs)-1].Verb == r.Verb.String() && e.Repairs[len(e.Repairs)-1].By == r.By
	o := e.Outcome
	ok := said
	switch r.Verb {
	case escalation.Skip:
		ok = said && (o.Result == store.Skipped || o.Result == store.Stranded)
	case escalation.MarkAcknowledged:
		ok = said && o.Result == store.Acknowledged && o.Marked
	case escalation.Abort:
		ok = said && o.Result == store.Cancelled
	case escalation.Retry:
		ok = said && e.Spent <= 1
	case escalation.Replace:
		last := a.Replaced[len(a.Replaced)-1].Body
		ok = said && e.Spent <= 1 && (o.Result == store.Acknowledged || bytes.Equal(e.Body, last))
	}
	if !ok {
		t.Fatalf("%v made event %d %+v, repairs %v", r.Verb, r.Number, o, e.Repairs)
	}
}
