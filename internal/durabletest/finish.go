package durabletest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/internal/invariant"
)

// finish ends all faults, lets time pass, and judges the whole.
func (w *world) finish(t *rapid.T) {
	w.mu.Lock()
	p := w.process
	p.script, w.badKey = nil, map[string]bool{}
	for _, a := range w.convs {
		a.fates, a.offers = nil, nil
	}
	gone := p.dead || p.ruined
	w.mu.Unlock()
	if gone {
		p.end(t, 0)
		w.start(t, true)
	}
	if err := w.process.client.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(Bound)
	w.look(t)
	w.mu.Lock()
	waiting := len(w.waiting)
	report := invariant.Check(w.asWorld())
	err := report.Err(invariant.IDs()...)
	w.mu.Unlock()
	if waiting > 0 {
		err = errors.Join(err, errors.New("durabletest: somebody still waits for an answer"))
	}
	if err != nil {
		told := ""
		for _, v := range report.Violations[:min(1, len(report.Violations))] {
			told = w.byKey[v.Conversation].story()
		}
		t.Fatalf("%v\n%s", err, told)
	}
	w.process.end(t, time.Minute)
}

// asWorld is what happened in the words of package invariant.
func (w *world) asWorld() invariant.World {
	all := invariant.World{Knows: invariant.All, Calm: true}
	for _, a := range w.convs {
		all.Conversations = append(all.Conversations, a.Conversation)
	}
	return all
}

// story tells what is known of a conversation.
func (a *account) story() string {
	var out strings.Builder
	for i, r := range a.Trace {
		for _, n := range a.Turns {
			if n.After == i {
				fmt.Fprintf(&out, "round %d ended: %v\n", n.Round, n.Ended)
			}
		}
		fmt.Fprintf(&out, "arrived: %s: %v\n", r.Body, r.Answer)
	}
	for _, n := range a.Log {
		fmt.Fprintf(&out, "note: %+v\n", n)
	}
	for _, e := range a.read().Entries {
		fmt.Fprintf(&out, "entry: %+v key %q %+v %v\n", e.Event, e.CallerKey, e.Outcome, e.Repairs)
	}
	return out.String()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
