package fsm_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

func TestNewMachineRefuses(t *testing.T) {
	ignore := func(context.Context, fsm.Transition) {}
	if m, err := fsm.NewMachine(nil, fsm.None); err == nil || m != nil {
		t.Errorf("no table: %v, %v", m, err)
	}
	if m, err := fsm.NewMachine(fsm.Default(), 6); !errors.Is(err, fsm.ErrUnknownState) || m != nil {
		t.Errorf("no such state: %v, %v", m, err)
	}
	if m, err := fsm.NewMachine(fsm.Default(), fsm.None, ignore, nil); err == nil || m != nil {
		t.Errorf("a nil observer: %v, %v", m, err)
	}
}

func TestMachineKeepsTheState(t *testing.T) {
	m := machine(t, fsm.None)
	for _, step := range []struct {
		kind events.Kind
		next fsm.State
		why  string
	}{
		{escalate, fsm.Pending, "the visitor asks for an agent"},
		{queueUpdate, fsm.Queued, "and waits"},
		{success, fsm.Connected, "an agent comes"},
		{message, fsm.Connected, "they talk"},
		{disconnect, fsm.Ended, "the agent leaves"},
		{escalate, fsm.Pending, "a second round"},
		{failed, fsm.Failed, "without luck"},
	} {
		before := m.State()
		got, err := m.Fire(t.Context(), step.kind)
		if want := (fsm.Transition{Kind: step.kind, From: before, To: step.next}); err != nil || got != want {
			t.Fatalf("%s: %v, %v", step.why, got, err)
		}
		if m.State() != step.next || m.Permitted() != fsm.Default().Permitted(step.next) {
			t.Errorf("%s: state %v, permitted %v", step.why, m.State(), m.Permitted())
		}
	}
}

func TestMachineResumes(t *testing.T) {
	for at, w := range byHand(t) { // from every state that may have been stored
		m := machine(t, at.state)
		if m.State() != at.state || m.Permitted() != fsm.Default().Permitted(at.state) {
			t.Errorf("resumed in %v: state %v, permitted %v", at.state, m.State(), m.Permitted())
		}
		got, err := m.Fire(t.Context(), at.kind)
		switch {
		case w.next == no && (err == nil || m.State() != at.state):
			t.Errorf("%v + %v: taken: %s", at.state, at.kind, w.why)
		case w.next != no && (err != nil || got.To != w.next || m.State() != w.next):
			t.Errorf("%v + %v -> %v, %v; want %v: %s", at.state, at.kind, m.State(), err, w.next, w.why)
		}
	}
}

func TestMachineOfAnotherTable(t *testing.T) {
	m, err := fsm.NewMachine(compile(t, fsm.Rows(), fsm.BackToQueue), fsm.Connected)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Fire(t.Context(), queueUpdate); err != nil || m.State() != fsm.Queued {
		t.Errorf("back to the queue: %v, state %v", err, m.State())
	}
}

func TestRefusedFireChangesNothing(t *testing.T) {
	m := machine(t, fsm.Queued, func(context.Context, fsm.Transition) { t.Error("an observer was told") })
	for _, k := range []events.Kind{message, disconnect, 0, 9, 255} {
		got, err := m.Fire(t.Context(), k)
		if te, ok := errors.AsType[*fsm.TransitionError](err); !ok || te.State != fsm.Queued || te.Kind != k {
			t.Errorf("%v: error %v", k, err)
		}
		if got != (fsm.Transition{}) || m.State() != fsm.Queued {
			t.Errorf("%v: %v, state %v", k, got, m.State())
		}
	}
}

type contextKey struct{}

func TestObserversAreToldInOrder(t *testing.T) {
	var told []string
	note := func(name string) fsm.Observer {
		return func(ctx context.Context, tr fsm.Transition) {
			told = append(told, name+" "+ctx.Value(contextKey{}).(string)+" "+tr.To.String())
		}
	}
	observers := []fsm.Observer{note("first"), note("second")}
	m := machine(t, fsm.None, observers...)
	observers[0] = nil // the machine keeps its own list
	for _, step := range []struct {
		kind  events.Kind
		value string
	}{{escalate, "a"}, {success, "b"}} {
		if _, err := m.Fire(context.WithValue(t.Context(), contextKey{}, step.value), step.kind); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"first a pending", "second a pending", "first b connected", "second b connected"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// An observer that fires does not interrupt the round of calls it is part of: the second observer
// hears of the first transition before anybody hears of the next.
func TestObserversMayFire(t *testing.T) {
	var m *fsm.Machine
	var told []string
	answer := func(ctx context.Context, tr fsm.Transition) {
		told = append(told, "first "+tr.To.String())
		if tr.To != fsm.Pending {
			return
		}
		if m.State() != fsm.Pending || !m.Permitted().Has(success) {
			t.Errorf("inside: state %v, permitted %v", m.State(), m.Permitted())
		}
		if next, err := m.Fire(ctx, success); err != nil || next.To != fsm.Connected {
			t.Errorf("inside: %v, %v", next, err)
		}
		if _, err := m.Fire(ctx, failed); err == nil {
			t.Error("inside: escalationFailed was taken after escalationSuccess")
		}
	}
	m = machine(t, fsm.None, answer, func(_ context.Context, tr fsm.Transition) {
		told = append(told, "second "+tr.To.String())
	})
	if got, err := m.Fire(t.Context(), escalate); err != nil || got.To != fsm.Pending {
		t.Fatal(got, err)
	}
	want := []string{"first pending", "second pending", "first connected", "second connected"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMachineSurvivesAPanickingObserver(t *testing.T) {
	var told []fsm.State
	m := machine(t, fsm.Pending, func(_ context.Context, tr fsm.Transition) {
		if tr.To == fsm.Queued {
			panic("the observer's own fault")
		}
		told = append(told, tr.To)
	})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not reach the caller of Fire")
			}
		}()
		_, _ = m.Fire(t.Context(), queueUpdate)
	}()
	if m.State() != fsm.Queued {
		t.Errorf("the transition was taken before the observer ran, yet the state is %v", m.State())
	}
	if _, err := m.Fire(t.Context(), success); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if diff := cmp.Diff([]fsm.State{fsm.Connected}, told); diff != "" {
		t.Errorf("told afterwards (-want +got):\n%s", diff)
	}
}
