package gen

import (
	"github.com/escalationkit/escalation/events"
	"pgregory.net/rapid"
)

// Sequence makes up to n valid events of any of the eight kinds in no sensible order. A negative n
// counts as zero.
func Sequence(n int) *rapid.Generator[[]events.Event] {
	return rapid.SliceOfN(event, 0, max(n, 0))
}

// FinishedRound makes the outbound events of one round from its start to its end: Q*(F|SM*D).
func FinishedRound() *rapid.Generator[[]events.Outbound] { return finishedRound }

// LegalRound makes any beginning of a finished round: nothing, all of it, or a part.
func LegalRound() *rapid.Generator[[]events.Outbound] { return legalRound }

var (
	finishedRound = round(3, 6)
	legalRound    = rapid.Custom(func(t *rapid.T) []events.Outbound {
		whole := finishedRound.Draw(t, "round")
		return whole[:rapid.IntRange(0, len(whole)).Draw(t, "kept")]
	})
)

// round makes a finished round with at most so many queue updates and messages.
func round(updates, messages int) *rapid.Generator[[]events.Outbound] {
	return rapid.Custom(func(t *rapid.T) []events.Outbound {
		var seq []events.Outbound
		for _, q := range rapid.SliceOfN(queueUpdate, 0, updates).Draw(t, "updates") {
			seq = append(seq, q)
		}
		if !rapid.Bool().Draw(t, "connected") {
			return append(seq, events.EscalationFailed{})
		}
		seq = append(seq, success.Draw(t, "success"))
		for _, m := range rapid.SliceOfN(message, 0, messages).Draw(t, "messages") {
			seq = append(seq, m)
		}
		return append(seq, events.AgentDisconnect{})
	})
}

// LegalConversation makes one to three rounds of a conversation in both directions. Each opens
// with widgetEscalate. While an agent is connected, visitor's messages stand between the agent's. A round
// ends by its own last event, or is cut off by widgetEndSession; the last one may stay open.
func LegalConversation() *rapid.Generator[[]events.Event] { return legalConversation }

var legalConversation = conversation(3, finishedRound)

// The ways in which a round of a conversation can close.
const (
	byAgent = iota // F or D
	byVisitor
	notYet
)

// conversation strings together at most so many rounds.
func conversation(rounds int, one *rapid.Generator[[]events.Outbound]) *rapid.Generator[[]events.Event] {
	return rapid.Custom(func(t *rapid.T) []events.Event {
		var seq []events.Event
		for left := rapid.IntRange(1, rounds).Draw(t, "rounds"); left > 0; left-- {
			closing := []int{byAgent, byVisitor}
			if left == 1 {
				closing = append(closing, notYet)
			}
			seq = append(seq, escalate.Draw(t, "escalate"))
			seq = appendRound(t, seq, one.Draw(t, "round"), rapid.SampledFrom(closing).Draw(t, "closing"))
		}
		return seq
	})
}

// appendRound appends a finished round, or a proper beginning of it, with the visitor's part.
func appendRound(t *rapid.T, seq []events.Event, round []events.Outbound, closing int) []events.Event {
	if closing != byAgent {
		round = round[:rapid.IntRange(0, len(round)-1).Draw(t, "kept")]
	}
	for _, e := range round {
		seq = append(seq, e)
		switch e.(type) {
		case events.EscalationSuccess, events.Message: // the agent is there
			for _, m := range rapid.SliceOfN(visitorMessage, 0, 2).Draw(t, "visitor") {
				seq = append(seq, m)
			}
		}
	}
	if closing == byVisitor {
		seq = append(seq, events.WidgetEndSession{})
	}
	return seq
}
