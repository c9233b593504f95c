package fakeapi

import (
	"container/list"
	"maps"
	"time"
)

// A By says whose line it is.
type By uint8

// Whose lines there are.
const (
	ByCRM     By = iota // an event that the CRM sent
	ByVisitor           // the visitor wrote it
	ByBot               // the bot wrote it
)

var byNames = [...]string{"crm", "visitor", "bot"}

// String returns crm, visitor or bot.
func (b By) String() string {
	if int(b) >= len(byNames) {
		return "unknown"
	}
	return byNames[b]
}

// A Line is one thing the visitor's widget showed.
type Line struct {
	N         int // arrival number of the request that caused it; 0 for a line of the visitor or the bot
	By        By
	At        time.Time         // when it was shown, by Config.Now
	Round     int               // the round it was shown in; 0 if none had begun
	EventType string            // its event type; widgetMessage for the visitor's words to the CRM, empty for talk with the bot
	Text      string            // what the visitor read or wrote
	Fields    map[string]string // the event's other fields, as sent
	Repeat    bool              // it shows again what a client sent again that could not know better: see Violation.Repeat
}

func (l Line) clone() Line {
	l.Fields = maps.Clone(l.Fields)
	return l
}

// A talk is one conversation as the platform knows it.
type talk struct {
	id  talkID
	seq int // place in the order of appearance

	judge
	lines tail[Line]
	agent string    // the last agent who joined in this round; empty if none did or none was named
	last  *Record   // the last event processed in this round
	gone  bool      // the visitor left while the round was live
	stray bool      // the round was begun by an event, not by the visitor
	stuck []*Record // events that take effect after the next one

	out      outbox
	posted   int      // how many webhooks ever, copies not counted
	requests int      // how many requests that passed the checks
	seeds    []uint64 // of the last Chaoses that had a say
	lagging  int      // how many of their events are still to take effect
	know     knowledge
	idle     *list.Element // in Server.idle, or nil
}

// talk returns the conversation, which is known from now on. The caller holds mu.
func (s *Server) talk(id talkID) *talk {
	t := s.talks[id]
	if t == nil {
		s.appeared++
		t = &talk{id: id, seq: s.appeared}
		t.know.begin(unasked)
		if s.cfg.RequireRound {
			t.know.begin(belief{over: true})
		}
		t.lines.keep = s.cfg.Keep
		s.talks[id] = t
	}
	return t
}

// tidy forgets the longest idle conversations that are too many. It is called for every conversation in which something
// happened, with mu held.
func (s *Server) tidy(t *talk) {
	if s.cfg.Keep == 0 || s.talks[t.id] != t {
		return
	}
	// A stray event for a conversation that was forgotten must not keep it for ever.
	live := t.state().Live() && !(t.stray && t.word == "")
	busy := live || len(t.out.queue) > 0 || t.lagging > 0
	switch {
	case busy && t.idle != nil:
		s.idle.Remove(t.idle)
		t.idle = nil
	case !busy && t.idle != nil:
		s.idle.MoveToBack(t.idle)
	case !busy:
		t.idle = s.idle.PushBack(t)
	}
	for s.idle.Len() > s.cfg.Keep {
		oldest := s.idle.Remove(s.idle.Front()).(*talk)
		delete(s.talks, oldest.id)
	}
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
	t := b.s.talk(b.talkID(conversationID))
	t.beginRound()
	t.know.begin(belief{words: []string{""}, since: b.s.begun})
	b.s.tidy(t)
	b.s.announce()
	return t.round
}

func (t *talk) beginRound() {
	t.begin()
	t.agent, t.last, t.gone, t.stray = "", nil, false, false
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
	t := b.s.talk(b.talkID(conversationID))
	if t.round == 0 && !b.s.cfg.RequireRound {
		t.beginRound()
	}
	t.know.begin(belief{over: true})
	t.visitorLeft(b.s.records.total)
	b.s.tidy(t)
	b.s.announce()
}

// visitorLeft ends the round, if it is live, and lets no request after the last one be in order.
func (t *talk) visitorLeft(lastN int) {
	t.gone = t.gone || t.state().Live()
	t.leave(lastN)
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
// A waitingTime of "1" gives "about 1 minute". The agentAvatar is in the Fields only. Between them stand the lines of the
// visitor and the bot, as written, if Write made any.
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
	var out []Line
	for _, l := range t.lines.kept() {
		out = append(out, l.clone())
	}
	return out
}
