package oracle

import (
	"strings"

	"github.com/escalationkit/escalation/events"
)

// History is what happened in one conversation so far. It is a plain value: copying it forks the
// conversation. The zero History is a conversation of the Default language before its first E.
type History struct {
	language Language
	rounds   int    // how many were opened
	cut      bool   // the visitor ended the present round
	word     string // the present round
}

// None returns a history in which nothing happened yet.
func None() History { return Default.None() }

// Pending returns a history that begins with an open round.
func Pending() History { return Default.Pending() }

// None returns a history in l in which nothing happened yet.
func (l Language) None() History { return History{language: l} }

// Pending returns a history in l that begins with an open round.
func (l Language) Pending() History { return History{language: l, rounds: 1} }

// Allows reports whether an event of kind k may come next. Inbound events always may.
func (h History) Allows(k events.Kind) bool {
	if !k.Outbound() {
		return k.Inbound()
	}
	return h.rounds > 0 && !h.cut && h.language.read(h.word+string(Letter(k))).legal
}

// Take appends an event and reports whether it was allowed. One that is not allowed changes
// nothing.
func (h *History) Take(k events.Kind) bool {
	if !h.Allows(k) {
		return false
	}
	switch k {
	case events.KindWidgetEscalate:
		if !h.Live() {
			*h = History{language: h.language, rounds: h.rounds + 1}
		}
	case events.KindWidgetEndSession:
		h.cut = h.cut || h.Live()
	case events.KindWidgetMessage:
	default:
		h.word += string(Letter(k))
	}
	return true
}

// Live reports whether a round is open.
func (h History) Live() bool {
	return h.rounds > 0 && !h.cut && !h.language.read(h.word).whole
}

// State returns the name of the state: none, pending, queued, connected, ended or failed.
func (h History) State() string {
	switch {
	case h.rounds == 0:
		return "none"
	case h.cut:
		return "ended"
	}
	return h.language.read(h.word).state
}

// Rounds returns how many rounds were opened.
func (h History) Rounds() int { return h.rounds }

// Word returns the outbound events of the present round as letters.
func (h History) Word() string { return h.word }

// Letters are the letters of the eight kinds in the order of their declaration.
const Letters = "QSMFDEVX"

// Letter returns the letter of a kind, or '?' for an invalid one.
func Letter(k events.Kind) byte {
	if !k.Valid() {
		return '?'
	}
	return Letters[k-1]
}

// Kind returns the kind that a letter stands for, or zero.
func Kind(letter byte) events.Kind {
	return events.Kind(strings.IndexByte(Letters, letter) + 1)
}

// Play takes the events that the letters stand for, one after the other, and returns a + for each
// that was allowed and a - for each that was not.
func (h *History) Play(letters string) string {
	verdicts := make([]byte, len(letters))
	for i := range len(letters) {
		verdicts[i] = '-'
		if h.Take(Kind(letters[i])) {
			verdicts[i] = '+'
		}
	}
	return string(verdicts)
}
