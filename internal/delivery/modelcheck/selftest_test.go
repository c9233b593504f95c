package modelcheck

import (
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// seeded are mistakes, each with the invariant that must catch it. sound is the machine without the mistake.
func seeded(t *testing.T, sound Core) map[string]struct {
	want string
	core mutant
} {
	type m = mutant
	anytime := lenient(t)
	return map[string]struct {
		want string
		core mutant
	}{
		"a number is left out": {"I1", m{accept: func(l store.Lane, e store.Event) (store.Lane, store.Event) {
			l.Last++
			return l, e
		}}},
		"a time-out is not recorded": {"I4", m{outcome: func(l store.Lane, r transport.Result) (store.Lane, []store.Resolution) {
			l, done := sound.Outcome(l, r, 0, epoch)
			if l = edit(l); r.Class == transport.Unknown && len(l.Pending) > 0 {
				l.Pending[0].Unknown = 0
			}
			return l, done
		}}},
		"the result forgets the time-outs": {"I4", m{outcome: func(l store.Lane, r transport.Result) (store.Lane, []store.Resolution) {
			l, done := sound.Outcome(l, r, 0, epoch)
			for i := range done {
				done[i].Event.Unknown = 0
			}
			return l, done
		}}},
		"after a restart nothing was sent": {"I4", m{recover: func(l store.Lane) (store.Lane, []store.Resolution) {
			return sound.Outcome(l, transport.Result{Class: transport.NotSent}, 0, epoch)
		}}},
		"after a restart all was sent": {"I12", m{recover: func(l store.Lane) (store.Lane, []store.Resolution) {
			l, _ = sound.Outcome(l, transport.Result{Class: transport.Acknowledged}, 0, epoch)
			return l, nil
		}}},
		"messages go before the agent is there": {"I5", m{next: func(l store.Lane, g delivery.Gate) (store.Lane, delivery.Step, []store.Resolution) {
			return anytime.Next(l, g, epoch)
		}}},
		"a time-out counts as success": {"I6", m{outcome: func(l store.Lane, r transport.Result) (store.Lane, []store.Resolution) {
			if r.Class == transport.Unknown {
				r.Class = transport.Acknowledged
			}
			return sound.Outcome(l, r, 0, epoch)
		}}},
		"an event is dropped in silence": {"I7", m{next: func(l store.Lane, g delivery.Gate) (store.Lane, delivery.Step, []store.Resolution) {
			l, step, _ := sound.Next(l, g, epoch)
			return l, step, nil
		}}},
		"accepted is not folded again": {"I8", m{outcome: func(l store.Lane, r transport.Result) (store.Lane, []store.Resolution) {
			promised := l.Accepted
			l, done := sound.Outcome(l, r, 0, epoch)
			l.Accepted = promised
			return l, done
		}}},
		"an abort goes back a round": {"I9", m{repair: func(l store.Lane, v store.Verb) store.Lane {
			if v == store.Abort {
				l.Round--
			}
			return l
		}}},
		"a parked lane begins": {"I10", m{next: func(l store.Lane, g delivery.Gate) (store.Lane, delivery.Step, []store.Resolution) {
			l.Park = store.Park{}
			return sound.Next(l, g, epoch)
		}}},
		"an event begins after the end": {"I10", m{
			end: func(l store.Lane) (store.Lane, []store.Resolution) {
				if l.Acknowledged.Live() {
					l.Acknowledged, l.Accepted = fsm.Ended, fsm.Ended
				}
				return l, nil
			},
			next: func(l store.Lane, g delivery.Gate) (store.Lane, delivery.Step, []store.Resolution) {
				if l = edit(l); l.Acknowledged != fsm.Ended || len(l.Pending) == 0 || l.Attempting() {
					return sound.Next(l, g, epoch)
				}
				l.Pending[0].Begun = true
				return l, delivery.Step{Do: delivery.Send, Event: l.Pending[0]}, nil
			},
		}},
		"an event never grows old": {"I11", m{next: func(l store.Lane, g delivery.Gate) (store.Lane, delivery.Step, []store.Resolution) {
			l = edit(l)
			for i := range l.Pending {
				l.Pending[i].Deadline = at(2)
			}
			return sound.Next(l, g, epoch)
		}}},
		"two attempts at a time": {"G4", m{next: func(l store.Lane, g delivery.Gate) (store.Lane, delivery.Step, []store.Resolution) {
			l, step, done := sound.Next(l, g, epoch)
			if step.Do == delivery.Send && len(l.Pending) > 1 {
				l.Pending[1].Begun = true
			}
			return l, step, done
		}}},
		"the gate is not asked": {"G11", m{next: func(l store.Lane, _ delivery.Gate) (store.Lane, delivery.Step, []store.Resolution) {
			return sound.Next(l, delivery.Open, epoch)
		}}},
		"events age while the scope is closed": {"G11", m{next: func(l store.Lane, g delivery.Gate) (store.Lane, delivery.Step, []store.Resolution) {
			if !l.Held.IsZero() {
				l.Held = epoch
			}
			return sound.Next(l, g, epoch)
		}}},
		"a refused attempt costs its time": {"G11", m{outcome: func(l store.Lane, r transport.Result) (store.Lane, []store.Resolution) {
			l, done := sound.Outcome(l, r, 0, epoch)
			if r.Class == transport.RefusedScope && len(l.Pending) > 0 {
				l.Held = epoch
			}
			return l, done
		}}},
		"any attempt of an end makes a repeat a new round": {"G13", m{open: func(l store.Lane) (store.Lane, []store.Resolution) {
			if len(l.Pending) > 0 && l.Pending[0].Kind == events.KindEscalationFailed && l.Pending[0].Begun {
				l, done := sound.End(l)
				l, more := sound.Open(l)
				return l, append(done, more...)
			}
			return sound.Open(l)
		}}},
		"a second request opens nothing": {"G13", m{open: func(l store.Lane) (store.Lane, []store.Resolution) {
			if l.Round > 0 {
				return l, nil
			}
			return sound.Open(l)
		}}},
	}
}

func TestSeededMistakes(t *testing.T) {
	cfg := config(t, delivery.Options{})
	for name, s := range seeded(t, cfg.Core) {
		t.Run(name, func(t *testing.T) {
			faulty := cfg
			s.core.Core = cfg.Core
			faulty.Core = &s.core
			caught(t, faulty, s.want)
		})
	}
	t.Run("written before it is recorded", func(t *testing.T) {
		faulty := cfg
		faulty.WriteFirst = true
		caught(t, faulty, "I4")
	})
	t.Run("work is taken up without Recover", func(t *testing.T) {
		faulty := cfg
		faulty.Forgetful = true
		caught(t, faulty, "I11")
	})
}

func caught(t *testing.T, cfg Config, want string) {
	t.Helper()
	r := Search(cfg)
	t.Log(r)
	if r.Violation == nil || r.Violation.Name != want {
		t.Errorf("want a violation of %s", want)
	}
	if len(r.Trace) == 0 {
		t.Error("no trace")
	}
	if t.Failed() {
		for i, line := range r.Trace {
			t.Logf("%3d  %s", i+1, line)
		}
	}
}
