package fakeapi

import "maps"

// process gives the event of a request its effect: judged, then shown. A request that failed a check has none. The
// caller holds mu.
func (s *Server) process(rec *Record) {
	if rec.Processed || !rec.Passed() {
		return
	}
	rec.Processed = true
	t := s.talk(rec.talkID())
	if t.round == 0 && !s.cfg.RequireRound {
		t.beginRound()
		t.stray = true
	}
	after, repeat := t.word, rec.event.shown
	rec.event.shown = true
	var breach *Violation
	if reason := t.take(letters[rec.EventType], rec.N); reason != 0 {
		breach = &Violation{
			N:              rec.N,
			BotID:          rec.BotID,
			ConversationID: rec.ConversationID,
			Round:          t.round,
			EventType:      rec.EventType,
			Reason:         reason,
			After:          after,
			Repeat:         repeat,
			Unaware:        rec.excused(),
		}
		s.breaches.add(*breach)
	}
	s.findOrder(t, rec, breach, repeat)
	t.last = rec
	line := t.line(rec)
	line.Repeat = repeat
	s.show(t, line, breach)
	s.unstick(t)
	s.tidy(t)
}

// line is what an event shows.
func (t *talk) line(rec *Record) Line {
	details := maps.Clone(rec.Fields)
	delete(details, fieldConversation)
	delete(details, fieldEventType)
	if rec.EventType == typeSuccess {
		t.agent = rec.Fields[fieldAgent]
	}
	return Line{
		N:         rec.N,
		EventType: rec.EventType,
		Text:      lineText(rec.EventType, rec.Fields, t.agent),
		Fields:    details,
	}
}

// show adds a line to the widget. The caller holds mu.
func (s *Server) show(t *talk, l Line, breach *Violation) {
	l.Round, l.At = t.round, s.cfg.Now()
	t.lines.add(l)
	s.note(entry{talk: t.id, line: &l})
	s.tellLine(t.id, l, breach)
}

// lineText is what the visitor reads. Widget documents it.
func lineText(eventType string, f map[string]string, agent string) string {
	switch eventType {
	case typeQueueUpdate:
		return queueText(f[fieldPosition], f[fieldWaiting])
	case typeSuccess:
		if agent == "" {
			agent = "An agent"
		}
		return agent + " joined"
	case typeMessage:
		if agent == "" {
			agent = "Agent"
		}
		return agent + ": " + f[fieldText]
	case typeFailed:
		return "No agent could be connected"
	}
	return "The agent left"
}

func queueText(position, waiting string) string {
	out := "You are in the queue"
	if position != "" {
		out = "You are number " + position + " in the queue"
	}
	switch waiting {
	case "":
	case "1":
		out += ", about 1 minute"
	default:
		out += ", about " + waiting + " minutes"
	}
	return out
}
