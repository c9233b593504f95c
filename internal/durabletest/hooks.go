package durabletest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

// visit is something that the visitor does.
type visit struct {
	event    events.Inbound
	opens    bool   // event is a widgetEscalate
	id       string // of the delivery
	handle   bool   // by Open or VisitorEnded
	patience time.Duration
}

// webhook hands over what the visitor did.
func (w *world) webhook(t tb, a *account, v visit) {
	if v.opens {
		v.event = events.WidgetEscalate{}
	}
	p, kind := w.process, v.event.Kind()
	env := events.Envelope{BotID: a.Key.Bot, Channel: "chat", ConversationID: a.Key.Conversation, Event: v.event}
	body, err := env.Encode()
	if err != nil {
		t.Fatal(err)
	}
	repeat := false
	if v.id != "" {
		s, err := p.raw.Load(context.Background(), a.Key, store.Query{DeliveryID: v.id})
		if err != nil {
			t.Fatal(err)
		}
		repeat = s.Delivered != nil
		if a.deliveries[v.id] && !repeat {
			t.Fatalf("a %v was answered, and its delivery is not known", kind)
		}
	}
	w.mu.Lock()
	faults, i, round := p.faults, -1, a.round
	if !repeat || kind == events.KindWidgetMessage {
		i = len(a.Webhooks)
		a.Webhooks = append(a.Webhooks, invariant.Webhook{Kind: kind, Body: body, DeliveryID: v.id})
	}
	w.mu.Unlock()

	ctx, cancel := patience(v.patience)
	defer cancel()
	switch {
	case v.handle && v.opens:
		err = p.conversation(a).Open(ctx)
	case v.handle:
		err = p.conversation(a).VisitorEnded(ctx)
	case v.id == "":
		err = p.client.Receive(ctx, env)
	default:
		err = p.client.ReceiveOnce(ctx, env, v.id)
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	if p.dead {
		return
	}
	_, open := errors.AsType[*escalation.UnansweredError](err)
	_, failed := errors.AsType[*escalation.StoreError](err)
	switch {
	case err == nil:
	case open && v.patience > 0, failed && p.faults > faults:
		a.unsure = true
		return
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return // nothing was done
	default:
		t.Fatalf("%v: %v", kind, err)
	}
	if i >= 0 {
		a.Webhooks[i].Answered = true
	}
	if v.id != "" {
		a.deliveries[v.id] = true
	}
	if !repeat {
		w.moved(a, kind, round)
	}
}

// moved brings the model up to date after a webhook was taken; round was the round when it was sent. The mutex is held.
func (w *world) moved(a *account, kind events.Kind, round int) {
	if w.latency > 0 && a.pending() > 0 {
		a.unsure = true // something else may have happened first
	}
	switch kind {
	case events.KindWidgetEscalate:
		if !a.acked.Live() || a.mayBeOver() {
			a.round, a.cut = a.round+1, false
		}
	case events.KindWidgetEndSession:
		a.cut = a.cut || a.acked.Live()
		if round > 0 {
			a.Turns = append(a.Turns, invariant.Turn{After: len(a.Trace), Round: round, Ended: true})
		}
	}
}

// offer is what the host does with a webhook that it is offered.
type offer uint8

const (
	takes offer = iota
	takesSlowly
	refusesIt
	refusesSlowly
	panics
	diesOver // the process dies meanwhile
)

var errHost = errors.New("durabletest: the host has no time")

// inbound is the host.
func (p *process) inbound(ctx context.Context, in escalation.Inbound) error {
	p.mu.Lock()
	a := p.byKey[store.Key{Bot: in.Conversation.BotID(), Conversation: in.Conversation.ID()}]
	if p.dead {
		p.mu.Unlock()
		return errGone
	}
	if in.Number > a.took+1 || in.Number < a.took {
		p.wrong("webhooks are offered out of order")
	}
	before := in.Number == a.offered
	if sure := a.failed == p && p.faults == 0; in.Again && !before || before && sure && !in.Again {
		p.wrong(fmt.Sprintf("%v: webhook %d was offered before: %v; the host is told %v", a.Key, in.Number, before, in.Again))
	}
	a.offered = in.Number
	o := takes
	if len(a.offers) > 0 {
		o, a.offers = a.offers[0], a.offers[1:]
	}
	if o == diesOver {
		p.die()
	}
	p.mu.Unlock()
	switch o {
	case takesSlowly, refusesSlowly:
		wait := time.NewTimer(3 * time.Second)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	case panics:
		panic("durabletest: the host panics")
	}
	if o == refusesIt || o == refusesSlowly {
		p.mu.Lock()
		defer p.mu.Unlock()
		a.failed = p
		return errHost
	}
	body, err := events.Envelope{
		BotID: in.Conversation.BotID(), Channel: "chat", ConversationID: in.Conversation.ID(), Event: in.Event,
	}.Encode()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.wrong(err.Error())
	}
	if p.dead {
		return errGone
	}
	a.took = in.Number
	a.Taken = append(a.Taken, invariant.Inbound{Kind: in.Event.Kind(), Body: body})
	return nil
}
