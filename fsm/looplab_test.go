package fsm_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/looplab/fsm"

	"github.com/escalationkit/escalation/events"
	ours "github.com/escalationkit/escalation/fsm"
)

// Each trap of looplab/fsm has two tests. TestLooplab... shows the trap in looplab itself: when it
// fails, a new version of looplab has mended it and our guard may go. TestMachine... and
// TestCompile... show that users of this package cannot fall into it.

// door is a raw looplab machine: shut and open lead to each other, knock changes nothing.
func door(callbacks fsm.Callbacks) *fsm.FSM {
	return fsm.NewFSM("closed", fsm.Events{
		{Name: "open", Src: []string{"closed"}, Dst: "open"},
		{Name: "shut", Src: []string{"open"}, Dst: "closed"},
		{Name: "knock", Src: []string{"closed"}, Dst: "closed"},
	}, callbacks)
}

// endsLater is a context that is alive when it is asked for the first time and over from then on.
type endsLater struct {
	context.Context
	asked int
	done  chan struct{}
}

func newEndsLater() *endsLater {
	return &endsLater{Context: context.Background(), done: make(chan struct{})}
}

func (c *endsLater) Done() <-chan struct{} { return c.done }

func (c *endsLater) Err() error {
	c.asked++
	if c.asked == 1 {
		close(c.done)
		return nil
	}
	return context.Canceled
}

func machine(t testing.TB, initial ours.State, observers ...ours.Observer) *ours.Machine {
	t.Helper()
	m, err := ours.NewMachine(ours.Default(), initial, observers...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLooplabIsWedgedByAnEndedContext(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	late := newEndsLater()
	if late.Err() != nil {
		t.Fatal("the context has to be alive at first")
	}
	for why, ctx := range map[string]context.Context{"ended before": ended, "ended since the caller looked": late} {
		m := door(nil)
		if err := m.Event(ctx, "open"); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", why, err)
		}
		err := m.Event(t.Context(), "open")
		if _, wedged := errors.AsType[fsm.InTransitionError](err); !wedged {
			t.Errorf("%s: the next event gives %v; looplab mended this", why, err)
		}
	}
}

func TestMachineRefusesAnEndedContext(t *testing.T) {
	m := machine(t, ours.Pending, func(context.Context, ours.Transition) { t.Error("an observer was told") })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := m.Fire(ctx, queueUpdate); !errors.Is(err, context.Canceled) || got != (ours.Transition{}) {
		t.Errorf("got %v, %v", got, err)
	}
	if m.State() != ours.Pending {
		t.Errorf("the state became %v", m.State())
	}
}

func TestMachineSurvivesAnEndedContext(t *testing.T) {
	m := machine(t, ours.Pending)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = m.Fire(ctx, queueUpdate)
	if _, err := m.Fire(t.Context(), queueUpdate); err != nil || m.State() != ours.Queued {
		t.Errorf("afterwards: %v, state %v", err, m.State())
	}
}

// Here the context ends after Fire looked at it and before looplab does.
func TestMachineSurvivesAContextThatEndsDuringTheCall(t *testing.T) {
	m := machine(t, ours.Pending)
	ctx := newEndsLater()
	if _, err := m.Fire(ctx, queueUpdate); err != nil {
		t.Errorf("a context that ends late must have no effect, got %v", err)
	}
	if ctx.asked == 0 || ctx.Err() == nil {
		t.Fatal("the context did not end during the call; this test proves nothing")
	}
	if _, err := m.Fire(t.Context(), success); err != nil || m.State() != ours.Connected {
		t.Errorf("afterwards: %v, state %v", err, m.State())
	}
}

func TestLooplabCallsASelfTransitionAnError(t *testing.T) {
	err := door(nil).Event(t.Context(), "knock")
	if _, same := errors.AsType[fsm.NoTransitionError](err); !same {
		t.Errorf("got %v; looplab mended this", err)
	}
}

func TestMachineCallsASelfTransitionASuccess(t *testing.T) {
	var told []ours.Transition
	m := machine(t, ours.Connected, func(_ context.Context, tr ours.Transition) { told = append(told, tr) })
	got, err := m.Fire(t.Context(), message)
	if want := (ours.Transition{Kind: message, From: ours.Connected, To: ours.Connected}); err != nil || got != want || got.Changed() {
		t.Errorf("got %v, %v; changed %v", got, err, got.Changed())
	}
	if diff := cmp.Diff([]ours.Transition{got}, told); diff != "" {
		t.Errorf("observers (-want +got):\n%s", diff)
	}
	if moved, err := m.Fire(t.Context(), disconnect); err != nil || !moved.Changed() {
		t.Errorf("a real transition: %v, %v", moved, err)
	}
}

func TestLooplabLetsADuplicateRowOverwrite(t *testing.T) {
	m := fsm.NewFSM("closed", fsm.Events{
		{Name: "open", Src: []string{"closed"}, Dst: "open"},
		{Name: "open", Src: []string{"closed"}, Dst: "broken"},
	}, nil)
	if err := m.Event(t.Context(), "open"); err != nil || m.Current() != "broken" {
		t.Errorf("%v, %s; looplab mended this", err, m.Current())
	}
}

func TestCompileRefusesADuplicateRow(t *testing.T) {
	rows := append(ours.Rows(), ours.Row{From: ours.Pending, Kind: success, To: ours.Failed})
	if _, err := ours.Compile(rows); !errors.Is(err, ours.ErrDuplicateCell) {
		t.Errorf("got %v", err)
	}
}

func TestLooplabIgnoresAMisspeltCallback(t *testing.T) {
	called := 0
	count := func(context.Context, *fsm.Event) { called++ }
	m := door(fsm.Callbacks{"enter_opne": count, "aftr_open": count, "on_open": count})
	if err := m.Event(t.Context(), "open"); err != nil || called != 0 {
		t.Errorf("%v, called %d times; looplab mended this", err, called)
	}
}

// An observer has no name that could be misspelt: it is a function, and it is told of everything.
func TestMachineTellsAnObserverOfEveryTransition(t *testing.T) {
	for at, w := range byHand(t) {
		told := 0
		m := machine(t, at.state, func(_ context.Context, tr ours.Transition) {
			told++
			if want := (ours.Transition{Kind: at.kind, From: at.state, To: w.next}); tr != want {
				t.Errorf("told %v, want %v", tr, want)
			}
		})
		_, err := m.Fire(t.Context(), at.kind)
		if taken := told == 1; told > 1 || taken != (err == nil) || taken != (w.next != no) {
			t.Errorf("%v + %v: told %d times, error %v", at.state, at.kind, told, err)
		}
	}
}

func TestLooplabHasABackDoor(t *testing.T) {
	m := door(nil)
	m.SetState("anywhere")
	if m.Current() != "anywhere" {
		t.Errorf("state %s; looplab mended this", m.Current())
	}
}

// Whatever a Machine can do is on this list, and only Fire changes the state.
func TestMachineHasNoBackDoor(t *testing.T) {
	var methods []string
	for method := range reflect.TypeFor[*ours.Machine]().Methods() {
		methods = append(methods, method.Name)
	}
	if diff := cmp.Diff([]string{"Fire", "Permitted", "State"}, methods); diff != "" {
		t.Errorf("methods (-want +got):\n%s", diff)
	}
	for field := range reflect.TypeFor[ours.Machine]().Fields() {
		if field.IsExported() || field.Anonymous {
			t.Errorf("the field %s is open to everybody", field.Name)
		}
	}
	m := machine(t, ours.None)
	for _, s := range ours.States() {
		_ = m.Permitted()
		if m.State() != ours.None {
			t.Errorf("reading changed the state to %v", s)
		}
	}
	if m.Permitted() != events.InboundKinds() {
		t.Errorf("permitted: %v", m.Permitted())
	}
}
