package invariant_test

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

func (s *sim) kill() {
	s.under = false
	s.note(invariant.Note{What: invariant.Killed})
	s.pass(time.Millisecond)
	attempting := s.conv.Lane.Attempting()
	if attempting && s.chance("a read in between", 3) {
		s.read()
	}
	l, done := s.m.Recover(s.conv.Lane, s.now)
	if attempting && rapid.Bool().Draw(s.t, "recovery is noted") {
		s.note(invariant.Note{What: invariant.Ended, Number: s.conv.Lane.Pending[0].Number, Class: invariant.Unknown})
	}
	s.commit(l, done)
}

func (s *sim) repair() {
	if !s.conv.Lane.Parked() {
		return
	}
	head := s.conv.Lane.Pending[0]
	verb := store.Verb(1 + s.pick("verb", 3, 2, 2, 1, 1))
	l, done, err := s.m.Repair(s.conv.Lane, verb, head.Number, head.Kind, s.now)
	if err != nil {
		return
	}
	e := &s.all[head.Number-1]
	e.Repairs = append(slices.Clone(e.Repairs), store.Repair{At: s.now, Verb: verb.String(), By: "o", Why: "w"})
	if verb == store.Replace {
		e.Body = s.body(head.Kind)
		s.c.Replaced = append(s.c.Replaced, invariant.Replacement{At: s.now, Number: head.Number, Body: e.Body})
	}
	s.note(invariant.Note{What: invariant.Repaired, Number: head.Number})
	s.commit(l, done)
	s.tell(done)
	if verb == store.Abort {
		s.closed()
	}
}

func (s *sim) read() {
	r := invariant.Read{At: s.now, Conversation: s.conv, Parked: s.conv.Lane.Parked(), Untaken: slices.Clone(s.wait), Arrived: len(s.c.Trace)}
	r.Conversation.Lane.Pending = slices.Clone(s.conv.Lane.Pending)
	r.Entries = slices.Clone(s.all)
	s.c.Reads = append(s.c.Reads, r)
	s.tick() // so that a cut at this instant has nothing of what comes later
}

// calm takes all faults away and lets everything come to rest.
func (s *sim) calm() {
	for range 1000 {
		if s.under {
			s.outcome()
			continue
		}
		l, step, done := s.m.Next(s.conv.Lane, delivery.Open, s.now)
		s.commit(l, done)
		switch step.Do {
		case delivery.Send:
			s.note(invariant.Note{What: invariant.Begun, Number: step.Event.Number, Round: step.Event.Round})
			s.arrive(s.all[step.Event.Number-1].Body, invariant.Acknowledged, false)
			s.under, s.answer = true, transport.Acknowledged
		case delivery.Wait, delivery.Hold:
			s.pass(step.At.Sub(s.now))
		case delivery.Nothing:
			s.wait, s.c.Taken = nil, append(s.c.Taken, taken(s.wait, s.now)...)
			s.pass(settle)
			return
		}
	}
	s.t.Fatal("it does not come to rest")
}

func taken(all []store.Message, now time.Time) []invariant.Inbound {
	var out []invariant.Inbound
	for _, m := range all {
		out = append(out, invariant.Inbound{At: now, Kind: m.Kind, Body: m.Body})
	}
	return out
}
