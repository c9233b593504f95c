package durabletest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/internal/oracle"
	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/store"
)

// tb is what judges need of *rapid.T.
type tb interface {
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// stray fails from a goroutine of its own: with a panic, to be caught there.
type stray struct{}

func (stray) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }
func (stray) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// aside makes a call on a goroutine of its own.
func (w *world) aside(group *sync.WaitGroup, call func(tb)) {
	group.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				w.mu.Lock()
				w.wrong(fmt.Sprint(p))
				w.mu.Unlock()
			}
		}()
		call(stray{})
	})
}

// wish is an event for Accept or Send.
type wish struct {
	event    events.Outbound
	key      string
	round    int           // of ForRound; 0: none
	patience time.Duration // of the caller; 0: any
	send     bool
}

func (w wish) options() (all []escalation.Option) {
	if w.key != "" {
		all = append(all, escalation.WithKey(w.key))
	}
	if w.round != 0 {
		all = append(all, escalation.ForRound(w.round))
	}
	return all
}

// patience makes the context of a call.
func patience(d time.Duration) (context.Context, context.CancelFunc) {
	if d == 0 {
		return context.WithCancel(context.Background())
	}
	return context.WithTimeout(context.Background(), d)
}

// verdict is what has to become of a call of Accept.
type verdict uint8

const (
	anything verdict = iota
	granted
	grantedOrFull
	repeated
	otherKey
	otherRound
	refused
)

// predict says what has to become of a wish.
func (w *world) predict(a *account, x wish, body []byte) verdict {
	state, round := a.accepted, a.round
	if w.ImplicitOpen && round == 0 {
		state, round = oracle.Pending(), 1
	}
	most := w.MaxPending
	if most == 0 {
		most = escalation.DefaultMaxPending
	}
	k := a.keys[x.key]
	switch {
	case a.unsure:
		return anything
	case x.key != "" && k != nil && k.digest == digest(body):
		return repeated
	case x.key != "" && k != nil:
		return otherKey
	case x.round != 0 && x.round != round:
		return otherRound
	case !state.Allows(x.event.Kind()):
		return refused
	case a.waitsAtMost() >= most:
		return grantedOrFull
	}
	return granted
}

// waitsAtMost is how many events may be pending: more may have been resolved since the last look.
func (a *account) waitsAtMost() int {
	return a.pending() + int(a.last) - len(a.read().Entries)
}

// accept makes a call and judges its answer.
func (w *world) accept(t tb, a *account, x wish) {
	body, err := events.Request{ConversationID: a.Key.Conversation, Event: x.event}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	p := w.process
	w.mu.Lock()
	want := w.predict(a, x, body)
	i, faults := len(a.Calls), p.faults
	a.Calls = append(a.Calls, invariant.Call{
		Began: w.moment(), Kind: x.event.Kind(), Body: body, CallerKey: x.key, Round: x.round,
	})
	w.mu.Unlock()

	ctx, cancel := patience(x.patience)
	defer cancel()
	r, err := w.ask(ctx, p, a, x)

	w.mu.Lock()
	defer w.mu.Unlock()
	if p.dead {
		return // nobody is there to hear the answer
	}
	call := &a.Calls[i]
	got := anything
	_, open := errors.AsType[*escalation.UnansweredError](err)
	_, failed := errors.AsType[*escalation.StoreError](err)
	switch {
	case open || failed:
		a.unsure = true
		late := ctx.Err() != nil && errors.Is(err, ctx.Err())
		if failed && p.faults == faults && !p.faultLately() && !late || open && x.patience == 0 {
			t.Fatalf("%v without cause: %v", x.event.Kind(), err)
		}
		return
	case err == nil && r.Repeated:
		got = repeated
	case err == nil:
		got = granted
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		call.Answer, call.Ended = invariant.Refused, w.moment() // nothing was done
		return
	default:
		got = w.refusal(t, a, err)
	}
	call.Ended = w.moment()
	if err != nil {
		call.Answer = invariant.Refused
	} else {
		call.Answer, call.Number, call.Round, call.Repeated = invariant.Granted, r.Number, r.Round, r.Repeated
	}
	a.judge(t, x, want, got, r, body, err)
}

// ask calls Accept, or Send. What Send says of the outcome is kept; here its receipt counts.
func (w *world) ask(ctx context.Context, p *process, a *account, x wish) (escalation.Receipt, error) {
	conv := p.conversation(a)
	if !x.send {
		return conv.Accept(ctx, x.event, x.options()...)
	}
	res, err := conv.Send(ctx, x.event, x.options()...)
	known := x.key != "" && a.keys[x.key] != nil
	if sent, ok := errors.AsType[*escalation.SendError](err); ok {
		p.heard(a, sent.Number, res, err)
		return escalation.Receipt{Kind: sent.Kind, Number: sent.Number, Round: sent.Round, Repeated: known}, nil
	}
	if err == nil {
		p.heard(a, res.Number, res, nil)
	}
	return escalation.Receipt{Kind: res.Kind, Number: res.Number, Round: res.Round, Repeated: known}, err
}

// heard notes what a caller was told of the outcome of an event.
func (p *process) heard(a *account, number uint64, res escalation.Result, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return
	}
	told := invariant.Reported{
		Number: number, Result: store.Acknowledged, Attempts: res.Attempts, MayBeDuplicate: res.MayBeDuplicate,
	}
	if err != nil {
		sent, ok := errors.AsType[*escalation.SendError](err)
		if !ok || sent.Result == 0 {
			return
		}
		// Whether there may be a duplicate is said by observers only.
		for _, e := range a.Results {
			if e.Number == number && (e.Result != sent.Result || e.Attempts != sent.Attempts) {
				p.wrong(fmt.Sprintf("the caller of event %d was told %v after %d attempts, observers %v after %d", number,
					sent.Result, sent.Attempts, e.Result, e.Attempts))
			}
		}
		return
	}
	a.Results = append(a.Results, told)
}

// refusal says what kind of refusal an error is.
func (w *world) refusal(t tb, a *account, err error) verdict {
	if _, ok := errors.AsType[*escalation.KeyError](err); ok {
		return otherKey
	}
	if _, ok := errors.AsType[*escalation.RoundError](err); ok {
		return otherRound
	}
	if full, ok := errors.AsType[*escalation.FullError](err); ok {
		if full.Pending < w.MaxPending || w.MaxPending == 0 || a.waitsAtMost() < w.MaxPending && !a.unsure {
			t.Fatalf("%v, of %d at most %d wait", err, w.MaxPending, a.waitsAtMost())
		}
		return grantedOrFull
	}
	if r, ok := errors.AsType[*rules.Refusal](err); !ok || !r.Breaks(rules.SequenceID) {
		t.Fatalf("no error of Accept: %v", err)
	}
	return refused
}

// judge holds an answer against what was predicted, and brings the model up to date; the mutex is held.
func (a *account) judge(t tb, x wish, want, got verdict, r escalation.Receipt, body []byte, err error) {
	if want != anything && got != want && !(want == grantedOrFull && got == granted) {
		t.Fatalf("%v in round %d after %q (cut off: %v), key %q: got %v (%v), want %v",
			x.event.Kind(), a.round, a.accepted.Word(), a.cut, x.key, got, err, want)
	}
	if want == repeated && (a.keys[x.key].number != r.Number || a.keys[x.key].round != r.Round) {
		t.Fatalf("key of event %d of round %d: repeated as %d of %d", a.keys[x.key].number, a.keys[x.key].round, r.Number, r.Round)
	}
	if got != granted {
		return
	}
	if a.round == 0 {
		a.round, a.accepted = 1, oracle.Pending()
	}
	if want != anything && (r.Number != a.last+1 || r.Round != a.round) {
		t.Fatalf("%v got number %d of round %d, want %d of %d", x.event.Kind(), r.Number, r.Round, a.last+1, a.round)
	}
	a.last = max(a.last, r.Number)
	a.accepted.Take(x.event.Kind())
	if x.key != "" {
		a.keys[x.key] = &keyed{x.event, r.Number, r.Round, digest(body)}
	}
}

// String is for failures.
func (v verdict) String() string {
	return [...]string{"anything", "granted", "granted or full", "repeated", "another key", "another round", "refused"}[v]
}

// waiter is a call of Wait under way.
type waiter struct {
	a      *account
	number uint64
}

// wait waits for an event on a goroutine of its own.
func (w *world) wait(a *account, number uint64, d time.Duration) {
	p, me := w.process, &waiter{a, number}
	w.mu.Lock()
	w.waiting[me] = true
	faults := p.faults
	w.mu.Unlock()
	go func() {
		ctx, cancel := patience(d)
		defer cancel()
		r, err := p.conversation(a).Wait(ctx, number)
		w.mu.Lock()
		delete(w.waiting, me)
		if _, ok := errors.AsType[*escalation.StoreError](err); ok && p.faults == faults && !p.faultLately() && !p.dead && ctx.Err() == nil {
			w.wrong("Wait fails for the store without cause: " + err.Error())
		}
		w.mu.Unlock()
		if r.Number != number && err == nil {
			w.mu.Lock()
			w.wrong("Wait tells of another event")
			w.mu.Unlock()
		}
		p.heard(a, number, r, err)
	}()
}
