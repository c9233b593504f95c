package main

import (
	"context"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// cpuSlice is the slice of the rows that only compute.
const cpuSlice = 5 * time.Millisecond

// stepRows is row 1: asking the table, against an event put to each of the other libraries.
func stepRows() []row {
	twentieth := limit{costAtMost, 1.0 / 20}
	open := func(ours, peer func() func(int) error) func() (pair, error) {
		return func() (pair, error) { return pair{ours: ours(), peer: peer()}, nil }
	}
	return []row{
		sideBySide("1 step, legal vs looplab Event", twentieth, 0, cpuSlice, open(tableLegal, looplabLegal)),
		sideBySide("1 step, legal vs stateless Fire", twentieth, 0, cpuSlice, open(tableLegal, statelessLegal)),
		sideBySide("1 step, refused vs looplab Event", twentieth, 0, cpuSlice, open(tableRefused, looplabRefused)),
		sideBySide("1 step, refused vs stateless Fire", twentieth, 0, cpuSlice, open(tableRefused, statelessRefused)),
	}
}

// tableLegal goes round the cycle with Table.Step.
func tableLegal() func(int) error {
	table, state, at := fsm.Default(), cycleStart, 0
	return func(n int) error {
		s := state
		for i := at; i < at+n; i++ {
			next, err := table.Step(s, cycle[i%len(cycle)])
			if err != nil {
				return err
			}
			s = next
		}
		state, at = s, (at+n)%len(cycle)
		return nil
	}
}

// looplabLegal goes round the cycle with looplab's Event.
func looplabLegal() func(int) error {
	m, names, at := newLooplab(fsm.Default(), cycleStart), cycleNames(), 0
	return func(n int) error {
		ctx := context.Background()
		for i := at; i < at+n; i++ {
			if err := m.Event(ctx, names[i%len(names)]); err != nil {
				return err
			}
		}
		at = (at + n) % len(cycle)
		return nil
	}
}

// statelessLegal goes round the cycle with stateless' Fire.
func statelessLegal() func(int) error {
	m, at := newStateless(fsm.Default(), cycleStart), 0
	return func(n int) error {
		for i := at; i < at+n; i++ {
			if err := m.Fire(cycle[i%len(cycle)]); err != nil {
				return err
			}
		}
		at = (at + n) % len(cycle)
		return nil
	}
}

// The refused event is the one order that the vendor states: no message before escalationSuccess.
const (
	refusedState = fsm.Pending
	refusedKind  = events.KindMessage
)

// tableRefused is refused by Table.Step.
func tableRefused() func(int) error {
	table := fsm.Default()
	return func(n int) error {
		for range n {
			if s, err := table.Step(refusedState, refusedKind); err == nil || s != refusedState {
				return errNotRefused
			}
		}
		return nil
	}
}

// looplabRefused is refused by looplab's Event.
func looplabRefused() func(int) error {
	m, name := newLooplab(fsm.Default(), refusedState), refusedKind.String()
	return func(n int) error {
		ctx := context.Background()
		for range n {
			if err := m.Event(ctx, name); err == nil {
				return errNotRefused
			}
		}
		if m.Current() != refusedState.String() {
			return errState(m.Current(), refusedState)
		}
		return nil
	}
}

// statelessRefused is refused by stateless' Fire.
func statelessRefused() func(int) error {
	m := newStateless(fsm.Default(), refusedState)
	return func(n int) error {
		for range n {
			if err := m.Fire(refusedKind); err == nil {
				return errNotRefused
			}
		}
		if m.MustState() != refusedState {
			return errState(m.MustState(), refusedState)
		}
		return nil
	}
}
