package fakeapi

import "strings"

// A Phase is what the platform takes a conversation for.
type Phase uint8

// The phases.
const (
	// Idle: never escalated. The bot talks.
	Idle Phase = iota
	// Waiting: escalated, and nothing has come from the CRM.
	Waiting
	// Queued: a queue update has come.
	Queued
	// Connected: an agent has joined.
	Connected
	// Failed: no agent could be connected. The bot talks again.
	Failed
	// Disconnected: the agent left. The bot talks again.
	Disconnected
	// Left: the visitor ended the round. The bot talks again.
	Left
)

var phaseNames = [...]string{"none", "pending", "queued", "connected", "failed", "ended", "ended"}

// String returns the name of the state in the words of the specification: none, pending, queued, connected, failed or
// ended. Disconnected and Left are both ended.
func (p Phase) String() string {
	if !p.Valid() {
		return "unknown phase"
	}
	return phaseNames[p]
}

// Valid reports whether p is one of the phases.
func (p Phase) Valid() bool { return int(p) < len(phaseNames) }

// Live reports whether a round is under way: the bot is quiet, and what the visitor writes goes to the CRM.
func (p Phase) Live() bool { return p == Waiting || p == Queued || p == Connected }

// A State is where a conversation stands, by the events that were in order.
type State struct {
	Phase Phase
	Round int // the number of the round, from 1; 0 if none has begun
}

// String returns the phase in the words of the specification: see [Phase.String].
func (s State) String() string { return s.Phase.String() }

// Live is [Phase.Live].
func (s State) Live() bool { return s.Phase.Live() }

// State returns where this conversation, of the bot named to New, stands. One that is not known, or not any more, is
// Idle.
func (s *Server) State(conversationID string) State { return s.mainBot().State(conversationID) }

// State is [Server.State] for this bot.
func (b *Bot) State(conversationID string) State {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	t := b.s.talks[b.talkID(conversationID)]
	if t == nil {
		return State{}
	}
	return t.state()
}

// state follows from the events that the judge found in order.
func (t *talk) state() State {
	st := State{Round: t.round}
	switch {
	case t.round == 0:
	case t.gone:
		st.Phase = Left
	case strings.HasSuffix(t.word, "F"):
		st.Phase = Failed
	case strings.HasSuffix(t.word, "D"):
		st.Phase = Disconnected
	case strings.Contains(t.word, "S"):
		st.Phase = Connected
	case t.word != "":
		st.Phase = Queued
	default:
		st.Phase = Waiting
	}
	return st
}
