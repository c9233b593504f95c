package fsm_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// Many goroutines fire at one machine. Observers run one at a time, without a lock of their own (the
// race detector watches told), and see a chain: each transition begins where the one before ended.
func TestConcurrentFiresFormAChain(t *testing.T) {
	var told []fsm.Transition
	m := machine(t, fsm.None, func(_ context.Context, tr fsm.Transition) { told = append(told, tr) })
	const goroutines, rounds = 8, 200
	taken := make([]int, goroutines)
	var all sync.WaitGroup
	for g := range goroutines {
		all.Go(func() {
			for i := range rounds {
				k := events.Kind((i*7+g)%events.NumKinds + 1)
				if tr, err := m.Fire(t.Context(), k); err == nil {
					taken[g]++
				} else if tr != (fsm.Transition{}) {
					t.Errorf("refused with %v", tr)
				}
				_ = m.Permitted()
			}
		})
	}
	all.Wait()
	sum := 0
	for _, n := range taken {
		sum += n
	}
	if len(told) != sum || sum == 0 {
		t.Errorf("%d transitions were taken, observers heard of %d", sum, len(told))
	}
	at := fsm.None
	for i, tr := range told {
		if tr.From != at {
			t.Fatalf("transition %d is %v -> %v, but the one before ended in %v", i, tr.From, tr.To, at)
		}
		if next, err := fsm.Default().Step(tr.From, tr.Kind); err != nil || next != tr.To {
			t.Fatalf("transition %d, %v + %v -> %v, is not in the table", i, tr.From, tr.Kind, tr.To)
		}
		at = tr.To
	}
	if m.State() != at {
		t.Errorf("the machine is in %v, the chain ends in %v", m.State(), at)
	}
}

// While one goroutine is inside an observer, another one's Fire takes its transition and returns; the
// first goroutine tells the observer of it afterwards. Nobody waits for a slow observer.
func TestFireDoesNotWaitForASlowObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var told []fsm.State
		m := machine(t, fsm.None, func(_ context.Context, tr fsm.Transition) {
			if tr.To == fsm.Pending {
				<-release
			}
			told = append(told, tr.To)
		})
		go func() {
			if _, err := m.Fire(t.Context(), escalate); err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait() // the observer is inside now
		if _, err := m.Fire(t.Context(), success); err != nil || m.State() != fsm.Connected {
			t.Errorf("%v, state %v", err, m.State())
		}
		if len(told) != 0 {
			t.Errorf("told %v before the observer returned", told)
		}
		close(release)
		synctest.Wait()
		if len(told) != 2 || told[0] != fsm.Pending || told[1] != fsm.Connected {
			t.Errorf("told %v", told)
		}
	})
}
