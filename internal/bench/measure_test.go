package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestSidesTakeTurns(t *testing.T) {
	clock := &fakeTime{}
	var order strings.Builder
	sizes := map[string]int{}
	side := func(name string, perOp time.Duration) func(int) error {
		return clock.side(perOp, func(n int) { order.WriteString(name); sizes[name] = n })
	}
	m := meter{rounds: 4, now: func() time.Time { return clock.now }, settle: func() { order.WriteString(" ") }}
	p := pair{ours: side("a", 10*time.Microsecond), peer: side("b", 40*time.Microsecond)}
	rounds, err := m.alternate(p, 400*time.Microsecond)
	if err != nil {
		t.Fatal(err)
	}
	// Warming up doubles until a slice is full: 1 to 64 operations of ours, 1 to 16 of the peer's.
	if want := "aaaaaaabbbbb a b b a a b b a"; order.String() != want {
		t.Errorf("order %q, want %q", order.String(), want)
	}
	if sizes["a"] != 40 || sizes["b"] != 10 {
		t.Errorf("slices of %v operations, want 40 and 10", sizes)
	}
	if len(rounds) != 4 {
		t.Errorf("%d rounds, want 4", len(rounds))
	}
	for i, s := range rounds {
		if s != (sample{ours: 10_000, peer: 40_000}) {
			t.Errorf("round %d: %+v, want 10 µs and 40 µs for each operation", i, s)
		}
	}
}

func TestSettlingIsNotTimed(t *testing.T) {
	clock := &fakeTime{}
	m := meter{now: func() time.Time { return clock.now }, settle: func() { clock.now = clock.now.Add(time.Hour) }}
	took, err := m.time(clock.side(time.Second, func(int) {}), 3)
	if took != 1e9 || err != nil {
		t.Errorf("%v ns, %v; want a second", took, err)
	}
}

func TestFailuresAreNoResults(t *testing.T) {
	broken := errors.New("broken")
	fine := func(int) error { return nil }
	fails := func(int) error { return broken }
	closed := 0
	open := func(ours, peer func(int) error) func() (pair, error) {
		return func() (pair, error) { return pair{ours: ours, peer: peer, close: func() { closed++ }}, nil }
	}
	for _, c := range []struct {
		why  string
		open func() (pair, error)
	}{
		{"it does not open", func() (pair, error) { return pair{}, broken }},
		{"our side fails", open(fails, fine)},
		{"the peer fails", open(fine, fails)},
	} {
		_, err := newMeter(1).measure(row{name: "a row", slice: time.Nanosecond, open: c.open})
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), "a row") {
			t.Errorf("%s: error %v", c.why, err)
		}
	}
	if closed != 2 {
		t.Errorf("%d pairs were closed, want the two that opened", closed)
	}
}

func TestAllocationsAreCounted(t *testing.T) {
	var kept []*int
	count, err := allocations(func(n int) error {
		for range n {
			kept = append(kept[:0], new(int), new(int))
		}
		return nil
	})
	if count != 2 || err != nil {
		t.Errorf("%v, %v; want 2 allocations", count, err)
	}
}
