package invariant_test

import (
	"fmt"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

func (s *sim) webhook(k events.Kind, body []byte, answered bool) {
	s.c.Webhooks = append(s.c.Webhooks, invariant.Webhook{Began: s.now, Ended: s.now, Kind: k, Body: body, Answered: answered})
}

func (s *sim) open() {
	after := len(s.c.Trace)
	l, done := s.m.Open(s.conv.Lane)
	if l.Round != s.conv.Lane.Round {
		s.c.Turns = append(s.c.Turns, invariant.Turn{At: s.now, After: after, Round: l.Round})
		s.note(invariant.Note{What: invariant.Opened, Round: l.Round})
	}
	s.commit(l, done)
	s.webhook(events.KindWidgetEscalate, nil, true)
}

func (s *sim) end() {
	l, done := s.m.End(s.conv.Lane)
	s.commit(l, done)
	s.closed()
	s.webhook(events.KindWidgetEndSession, nil, true)
}

func (s *sim) closed() {
	round := s.conv.Lane.Round
	s.note(invariant.Note{What: invariant.Closed, Round: round})
	s.c.Turns = append(s.c.Turns, invariant.Turn{At: s.now, After: len(s.c.Trace), Round: round, Ended: true})
}

func (s *sim) visitorSays() {
	s.unique++
	body := []byte(fmt.Sprintf("visitor %d", s.unique))
	s.conv.Inbox.Last++
	s.wait = append(s.wait, store.Message{Number: s.conv.Inbox.Last, Round: s.conv.Lane.Round, Kind: events.KindWidgetMessage, Body: body, ReceivedAt: s.now})
	s.commit(s.conv.Lane, nil)
	s.webhook(events.KindWidgetMessage, body, !s.chance("no answer", 5))
}

func (s *sim) hostTakes() {
	if len(s.wait) == 0 {
		return
	}
	s.c.Taken = append(s.c.Taken, invariant.Inbound{At: s.now, Kind: s.wait[0].Kind, Body: s.wait[0].Body})
	if !s.chance("kill before it is recorded", 6) {
		s.wait = s.wait[1:]
	}
	s.commit(s.conv.Lane, nil)
}
