package fakeapi

import (
	"maps"
)

// A Line is one thing the visitor's widget showed.
type Line struct {
	N         int               // arrival number of the request that caused it
	Round     int               // the round it was shown in; 0 if none had begun
	EventType string            // its event type
	Text      string            // what the visitor read
	Fields    map[string]string // the event's other fields, as sent
}

// A talk is one conversation as the platform knows it.
type talk struct {
	judge
	lines []Line
	agent string  // the last agent who joined in this round; empty if none did or none was named
	last  *Record // the last event processed in this round
}

// talk returns the conversation and whether it was known before. The caller holds mu.
func (s *Server) talk(id talkID) (*talk, bool) {
	t, known := s.talks[id]
	if !known {
		t = &talk{}
		s.talks[id] = t
	}
	return t, known
}

// BeginRound says that the visitor was escalated (a widgetEscalate happened), and returns the number of the round that
// this begins. It ends the round before, whatever its state: a repeated webhook of the same escalation is not to be told.
func (s *Server) BeginRound(conversationID string) int {
	return s.mainBot().BeginRound(conversationID)
}

// BeginRound is [Server.BeginRound] for this bot.
func (b *Bot) BeginRound(conversationID string) int {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	t, _ := b.s.talk(b.talkID(conversationID))
	t.beginRound()
	return t.round
}

func (t *talk) beginRound() {
	t.begin()
	t.agent, t.last = "", nil
}

// VisitorLeft says that the visitor ended the session (a widgetEndSession happened): until the next BeginRound, an event
// of this conversation that arrives from now on is a violation once it is processed. One that arrived before, and was held
// back, is not. Repeating it changes nothing.
func (s *Server) VisitorLeft(conversationID string) {
	s.mainBot().VisitorLeft(conversationID)
}

// VisitorLeft is [Server.VisitorLeft] for this bot.
func (b *Bot) VisitorLeft(conversationID string) {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	t, known := b.s.talk(b.talkID(conversationID))
	if !known && !b.s.cfg.RequireRound {
		t.beginRound()
	}
	t.leave(len(b.s.records))
}

// Widget returns what the visitor of this conversation, of the bot named to New, has seen, in the order of processing. Every
// processed event gives exactly one line, in or out of order, as often as it is processed. The lines are plain
// text, with the values as they were sent:
//
//	escalationQueueUpdate  You are number {queuePosition} in the queue, about {waitingTime} minutes
//	                       You are number {queuePosition} in the queue
//	                       You are in the queue, about {waitingTime} minutes
//	                       You are in the queue
//	escalationSuccess      {agent} joined
//	                       An agent joined
//	message                {agent of this round}: {text}
//	                       Agent: {text}
//	escalationFailed       No agent could be connected
//	agentDisconnect        The agent left
//
// A waitingTime of "1" gives "about 1 minute". The agentAvatar is in the Fields only.
func (s *Server) Widget(conversationID string) []Line {
	return s.mainBot().Widget(conversationID)
}

// Widget is [Server.Widget] for this bot.
func (b *Bot) Widget(conversationID string) []Line {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	t := b.s.talks[b.talkID(conversationID)]
	if t == nil {
		return nil
	}
	out := append([]Line(nil), t.lines...)
	for i := range out {
		out[i].Fields = maps.Clone(out[i].Fields)
	}
	return out
}
