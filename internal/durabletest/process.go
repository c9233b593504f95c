package durabletest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

// process is one life of the client. What it does after its death has no effect and what it says is not heard.
type process struct {
	*world
	client *escalation.Client
	raw    store.Store // without valve

	// guarded by world.mu
	dead    bool
	started bool // Start was called
	ruined  bool // the store fails until it is opened anew
	script  []mishap
	inStore int // calls of the store under way
	faults  int // calls of the store that did not do what they should
	faultAt time.Time
	lost    int // calls of the store that took effect, which the process does not know
}

// start begins a life. Whether anybody calls Start is drawn unless it has to be.
func (w *world) start(t *rapid.T, must bool) {
	s, err := w.disk.Open()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{world: w, raw: s}
	cfg := w.Config
	cfg.OnInbound, cfg.Observers = p.inbound, []escalation.Observer{p.observe}
	if p.client, err = escalation.New(valve{p}, line{p}, &cfg); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	w.process, w.worse = p, time.Now()
	w.mu.Unlock()
	if must || rapid.Bool().Draw(t, "start") {
		if err := p.client.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		p.started = true
	}
}

// die ends the life of a process; the mutex is held.
func (p *process) die() {
	if p.dead {
		return
	}
	p.dead = true
	for _, a := range p.convs {
		a.Log = append(a.Log, invariant.Note{At: time.Now(), What: invariant.Killed})
		a.unsure, a.seqKnown = true, false
		p.answered(a.Key.Bot, false) // gates are not recorded
		if a.under > 0 {
			a.quietUntil = later(a.quietUntil, time.Now().Add(p.settle()))
		}
	}
}

// end closes the client of a process and its store, and reports whether it was closed in time.
func (p *process) end(t *rapid.T, patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	began := time.Now()
	closed := make(chan error, 1)
	go func() { closed <- p.client.Close(ctx) }()
	var err error
	select {
	case err = <-closed:
	case <-time.After(patience + time.Minute):
		t.Fatal("Close does not return")
	}
	p.mu.Lock()
	dead, faulty := p.dead, p.faults > 0
	p.process = nil
	p.mu.Unlock()
	p.quiet()
	_, reported := errors.AsType[*escalation.CloseError](err)
	switch took := time.Since(began); {
	case dead:
	case took > patience+time.Second:
		t.Fatalf("Close took %v, its context ended after %v", took, patience)
	case err != nil && !reported, reported && !faulty && ctx.Err() == nil:
		t.Fatalf("Close: %v", err)
	case !errors.Is(p.client.Start(context.Background()), escalation.ErrClosed):
		t.Fatal("a closed client starts")
	}
	if err := p.disk.Close(p.raw); err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.convs {
		a.unsure = true
		p.answered(a.Key.Bot, false)
	}
}

// bury is for a case that ended in the middle.
func (w *world) bury() {
	w.mu.Lock()
	p := w.process
	if p != nil {
		p.die()
	}
	w.process = nil
	w.mu.Unlock()
	if p == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	go func() { _ = p.client.Close(ctx) }() // it is dead, or the reason why the case failed
	time.Sleep(time.Minute)
	_ = p.disk.Close(p.raw) // the case has failed already
	w.quiet()
}

// conversation returns a handle.
func (p *process) conversation(a *account) *escalation.Conversation {
	return p.client.Bot(a.Key.Bot).Conversation(a.Key.Conversation)
}

// observe says what observers are told in the words of package invariant.
func (p *process) observe(_ context.Context, o escalation.Observation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return
	}
	a := p.byKey[store.Key{Bot: o.Bot, Conversation: o.ConversationID}]
	note := func(what invariant.What) {
		a.Log = append(a.Log, invariant.Note{At: time.Now(), What: what, Number: o.Number, Round: o.Round, Class: invariant.Class(o.Result.Class)})
	}
	switch {
	case o.Occasion == escalation.Refused:
		if o.Seq != a.seq && a.seqKnown {
			p.wrong("a refusal does not have the number of the observation before it")
		}
		return
	case o.Round == 0: // of no round: not numbered
	case a.seqKnown && o.Seq != a.seq+1:
		p.wrong(fmt.Sprintf("%v: observation %d (%v %v) after %d", a.Key, o.Seq, o.Occasion, o.Kind, a.seq))
	}
	a.seq, a.seqKnown = o.Seq, true
	if o.Round > a.opened {
		a.opened = o.Round
		note(invariant.Opened)
	}
	switch o.Occasion {
	case escalation.Attempting:
		note(invariant.Begun)
	case escalation.Attempted:
		note(invariant.Ended)
	case escalation.Parked:
		note(invariant.Parked)
	case escalation.Repaired:
		note(invariant.Repaired)
		clear(a.unknowns) // the budgets begin anew
		if o.Verb == escalation.Abort {
			note(invariant.Closed)
		}
	case escalation.Received:
		if o.Kind == events.KindWidgetEndSession && o.From.Live() && o.To == fsm.Ended {
			note(invariant.Closed)
		}
	case escalation.Resolved:
		if a.told[o.Number] {
			p.wrong(fmt.Sprintf("%v: event %d is resolved twice", a.Key, o.Number))
		}
		a.told[o.Number] = true
		a.Results = append(a.Results, invariant.Reported{
			Number: o.Number, Result: o.Outcome.Result, Attempts: o.Attempts, MayBeDuplicate: o.MayBeDuplicate,
		})
	}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// faultLately reports whether a call of the store failed so lately that somebody may only now hear of it; the mutex is held.
func (p *process) faultLately() bool { return p.faults > 0 && time.Since(p.faultAt) <= time.Second }
