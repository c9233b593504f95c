package fakeapi

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// ErrEscalated is returned by what only the bot can do, while the conversation is the CRM's.
var ErrEscalated = errors.New("fakeapi: conversation is escalated")

// ErrNotEscalated is returned by what needs the conversation to be the CRM's.
var ErrNotEscalated = errors.New("fakeapi: conversation is not escalated")

// Escalate makes the bot hand the conversation over: a round begins, as with BeginRound, and a widgetEscalate is sent,
// with escalateTo if that is not empty. It returns when both are recorded, and does not wait for the webhook's answer.
//
// It returns an error that wraps ErrEscalated while a round is live, because the bot is quiet then, ErrClosed after
// Close, and another if the id is empty or either text is not UTF-8.
func (s *Server) Escalate(conversationID, escalateTo string) error {
	return s.mainBot().Escalate(conversationID, escalateTo)
}

// Escalate is [Server.Escalate] for this bot.
func (b *Bot) Escalate(conversationID, escalateTo string) error {
	return b.act(conversationID, escalateTo, func(t *talk) error {
		if st := t.state(); st.Live() {
			return fmt.Errorf("%w: %q is %s in round %d", ErrEscalated, conversationID, st, st.Round)
		}
		b.s.escalate(t, escalateTo)
		return nil
	})
}

// Write makes the visitor write. The text is shown, and in a live round a widgetMessage is sent. Otherwise the bot
// answers by [Config.Answer], and escalates if that says so. It does not wait for the webhook's answer.
//
// It returns ErrClosed after Close, and another error if an argument is empty or not UTF-8.
func (s *Server) Write(conversationID, text string) error {
	return s.mainBot().Write(conversationID, text)
}

// Write is [Server.Write] for this bot.
func (b *Bot) Write(conversationID, text string) error {
	if text == "" {
		return errors.New("fakeapi: the visitor's text is empty")
	}
	toBot := false
	err := b.act(conversationID, text, func(t *talk) error {
		toBot = !t.state().Live()
		line := Line{By: ByVisitor, Text: text}
		if !toBot {
			line.EventType = typeVisitor
		}
		b.s.show(t, line, nil)
		if !toBot {
			b.s.post(t, envelopeData{EventType: typeVisitor, Text: text})
		}
		return nil
	})
	if err != nil || !toBot {
		return err
	}
	reply, escalate := b.s.cfg.Answer(text)
	return b.act(conversationID, reply, func(t *talk) error {
		if t.state().Live() { // escalated meanwhile: the bot is quiet
			return nil
		}
		if reply != "" {
			b.s.show(t, Line{By: ByBot, Text: reply}, nil)
		}
		if escalate {
			b.s.escalate(t, "")
		}
		return nil
	})
}

// Leave makes the visitor end the escalated session: the round ends, as with VisitorLeft, and a widgetEndSession is sent. It
// does not wait for the webhook's answer. It returns an error that wraps ErrNotEscalated if no round is live, and ErrClosed
// after Close.
func (s *Server) Leave(conversationID string) error { return s.mainBot().Leave(conversationID) }

// Leave is [Server.Leave] for this bot.
func (b *Bot) Leave(conversationID string) error {
	return b.act(conversationID, "", func(t *talk) error {
		if st := t.state(); !st.Live() {
			return fmt.Errorf("%w: %q is %s", ErrNotEscalated, conversationID, st)
		}
		t.visitorLeft(b.s.records.total)
		b.s.post(t, envelopeData{EventType: typeEndSession})
		return nil
	})
}

// Conversations returns the ids of all known conversations of the bot named to New, in the order of their first
// appearance. A conversation is known once the visitor, BeginRound, VisitorLeft or a request that passed the checks named it.
func (s *Server) Conversations() []string { return s.mainBot().Conversations() }

// Conversations is [Server.Conversations] for this bot.
func (b *Bot) Conversations() []string {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	var known []*talk
	for id, t := range b.s.talks {
		if id.bot == b.id {
			known = append(known, t)
		}
	}
	slices.SortFunc(known, func(a, b *talk) int { return a.seq - b.seq })
	var out []string
	for _, t := range known {
		out = append(out, t.id.conversation)
	}
	return out
}

// act does something with the conversation, in one step, and lets the observers know.
func (b *Bot) act(conversationID, text string, do func(*talk) error) error {
	switch {
	case conversationID == "":
		return errors.New("fakeapi: the conversation id is empty")
	case !utf8.ValidString(conversationID), !utf8.ValidString(text):
		return errors.New("fakeapi: a conversation id or text is not UTF-8")
	}
	defer b.s.observer.nudge()
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	if b.s.closed {
		return ErrClosed
	}
	id := b.talkID(conversationID)
	_, known := b.s.talks[id]
	t := b.s.talk(id)
	if err := do(t); err != nil {
		if !known {
			delete(b.s.talks, id)
		}
		return err
	}
	b.s.tidy(t)
	b.s.announce()
	return nil
}

// escalate begins a round and tells the CRM. The caller holds mu.
func (s *Server) escalate(t *talk, to string) {
	if t.round == 0 && s.cfg.RequireRound {
		t.know.begin(unasked)
	}
	t.beginRound()
	s.post(t, envelopeData{EventType: typeEscalate, EscalateTo: to})
}

// defaultAnswer is the bot without Config.Answer.
func defaultAnswer(text string) (reply string, escalate bool) {
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return r < 'a' || r > 'z' }) {
		switch word {
		case "human", "humans", "agent", "agents", "person", "people":
			return "I am connecting you with a person.", true
		}
	}
	return "Thank you for your message. If you would rather talk to a person, just say so.", false
}
