package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	looplab "github.com/looplab/fsm"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

// decideRows is row 2: the whole decision on a message, guard and Strict rules, against a looplab event,
// which is the guard alone. The budget is for a message of ordinary length. The rules look at every byte of a
// text and looplab never sees one, so with a long text the ratio is shown and not judged.
func decideRows() []row {
	once := limit{costAtMost, 1}
	open := func(text string, peer func() func(int) error) func() (pair, error) {
		return func() (pair, error) {
			ours, err := decide(events.Message{Text: text})
			return pair{ours: ours, peer: peer()}, err
		}
	}
	return []row{
		sideBySide("2 decide, short text vs looplab Event, same cell", once, 0, cpuSlice, open(shortText, looplabMessage)),
		sideBySide("2 decide, short text vs looplab Event, state changes", once, 0, cpuSlice, open(shortText, looplabLegal)),
		sideBySide("2 decide, 2 KB text vs looplab Event, same cell", limit{form: costShown}, 0, cpuSlice, open(longText, looplabMessage)),
	}
}

// decide has the Strict rules decide on an event that they allow in state connected.
func decide(e events.Outbound) (func(int) error, error) {
	set, err := rules.Strict()
	if err != nil {
		return nil, err
	}
	facts := rules.Facts{State: fsm.Connected, Now: time.Date(2025, 5, 1, 12, 0, 0, 0, time.UTC)}
	return func(n int) error {
		for range n {
			d := set.Decide(facts, e)
			if d.Refusal != nil {
				return d.Refusal
			}
			if d.Next != fsm.Connected {
				return errState(d.Next, fsm.Connected)
			}
		}
		return nil
	}, nil
}

var errNotSame = errors.New("a message did not leave the state as it was")

// looplabMessage puts a message to a looplab machine in state connected. The message changes nothing,
// which looplab reports as an error of its own type.
func looplabMessage() func(int) error {
	m, name := newLooplab(fsm.Default(), fsm.Connected), events.KindMessage.String()
	return func(n int) error {
		ctx := context.Background()
		for range n {
			err := m.Event(ctx, name)
			if _, same := err.(looplab.NoTransitionError); !same {
				return fmt.Errorf("%w: %v", errNotSame, err)
			}
		}
		if m.Current() != fsm.Connected.String() {
			return errState(m.Current(), fsm.Connected)
		}
		return nil
	}
}
