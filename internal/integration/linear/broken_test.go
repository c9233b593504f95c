package linear_test

import (
	"context"
	"sync"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/escalationkit/escalation/store/memstore"
)

// TestBrokenSystemsAreRejected: the checker finds what is not linearizable, so that its silence means something.
func TestBrokenSystemsAreRejected(t *testing.T) {
	for _, tc := range []struct {
		name string
		make func(system) system
		why  string
	}{
		{"stale status", func(s system) system { return &repeating{system: s, repeats: isStatus} }, "Status is served from a cache of its own"},
		{"twice", func(s system) system { return &repeating{system: s, repeats: isMessage} }, "two events get the same number"},
		{"forgetful", func(s system) system { return &forgetful{system: s} }, "an end that was confirmed does not take effect"},
		{"early", func(s system) system { return &early{system: s} }, "an event is confirmed before it is there"},
		{"keyless", func(s system) system { return keyless{s} }, "a key is ignored"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			const most = 50 // a key that is ignored shows in every second one
			for n := range most {
				l := newLives(t, memstore.New(nil))
				history := callers{seed: seed() + uint64(n), number: 4, calls: 15, conversations: 1}.talk(t, tc.make(l), nil)
				l.end(false)
				if porcupine.CheckOperationsTimeout(model.ToModel(), history, within) == porcupine.Illegal {
					t.Logf("found in history %d", n+1)
					return
				}
			}
			t.Errorf("not found in %d histories: %s", most, tc.why)
		})
	}
}

// repeating answers every other call of one sort with its answer to the one before: a Status from a cache of its own, a
// message with the receipt of the last.
type repeating struct {
	system
	repeats func(input) bool
	mu      sync.Mutex
	n       int
	last    output
}

func isStatus(i input) bool  { return i.Verb == status }
func isMessage(i input) bool { return i.Verb == accept && i.Key == "" }

func (s *repeating) call(ctx context.Context, i input) (output, error) {
	if !s.repeats(i) {
		return s.system.call(ctx, i)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n++; s.n%2 == 0 && s.last.Answer == done {
		return s.last, nil
	}
	o, err := s.system.call(ctx, i)
	s.last = o
	return o, err
}

// forgetful does not carry out every other end.
type forgetful struct {
	system
	mu sync.Mutex
	n  int
}

func (s *forgetful) call(ctx context.Context, i input) (output, error) {
	s.mu.Lock()
	s.n++
	forget := i.Verb == end && s.n%2 == 0
	s.mu.Unlock()
	if forget {
		return output{Answer: done}, nil
	}
	return s.system.call(ctx, i)
}

// early confirms with the number that comes next, and never asks for it.
type early struct{ system }

func (s *early) call(ctx context.Context, i input) (output, error) {
	if i.Verb != accept || i.Key != "" || i.Round != 0 {
		return s.system.call(ctx, i)
	}
	o, err := s.system.call(ctx, input{Conversation: i.Conversation, Verb: status})
	e, explained := s.system.call(ctx, input{Conversation: i.Conversation, Verb: explain, Kind: i.Kind})
	if err != nil || explained != nil || e.Answer != done {
		return s.system.call(ctx, i)
	}
	return output{Answer: done, Number: o.Last + 1, Round: o.Round}, nil
}

// keyless accepts without the key.
type keyless struct{ system }

func (s keyless) call(ctx context.Context, i input) (output, error) {
	i.Key = ""
	return s.system.call(ctx, i)
}
