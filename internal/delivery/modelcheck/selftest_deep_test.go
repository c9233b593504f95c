package modelcheck

import (
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
)

// TestSeededMistakesInDepth holds the mistakes that take more than one fault or a long way to show: each is looked
// for among the events and faults that it takes.
func TestSeededMistakesInDepth(t *testing.T) {
	sound := config(t, delivery.Options{})
	probed := sound
	probed.Kinds = []events.Kind{events.KindEscalationSuccess}
	probed.Budget = Budget{Accepts: 1, Opens: 1, Free: 1, Gates: 1, Faults: 2}
	skipped := sound
	skipped.Kinds = []events.Kind{events.KindEscalationFailed}
	skipped.Budget = Budget{Accepts: 1, Opens: 2, Unknowns: 1, Rejects: 1, Repairs: 1, Faults: 2}
	for _, s := range []struct {
		name, want string
		config     Config
		core       mutant
	}{
		{"a probe makes what waits grow old", "G11", probed, mutant{
			next: func(l store.Lane, g delivery.Gate) (store.Lane, delivery.Step, []store.Resolution) {
				if g == delivery.ScopeProbe {
					g = delivery.Open
				}
				return sound.Core.Next(l, g, epoch)
			}}},
		{"what was skipped is taken for not sent", "G13", skipped, mutant{repair: func(l store.Lane, v store.Verb) store.Lane {
			if v == store.Skip {
				l.MaybeOver = false
			}
			return l
		}}},
		{"every skip is a doubt", "G13", skipped, mutant{repair: func(l store.Lane, v store.Verb) store.Lane {
			l.MaybeOver = l.MaybeOver || v == store.Skip
			return l
		}}},
		{"the doubt outlives its round", "G13", skipped, mutant{open: func(l store.Lane) (store.Lane, []store.Resolution) {
			doubt := l.MaybeOver
			l, done := sound.Core.Open(l)
			l.MaybeOver = doubt
			return l, done
		}}},
	} {
		t.Run(s.name, func(t *testing.T) {
			if r := Search(s.config); r.Violation != nil || !r.Exhausted {
				t.Errorf("without the mistake: %v", r)
			}
			s.core.Core = sound.Core
			s.config.Core = &s.core
			caught(t, s.config, s.want)
		})
	}
}
