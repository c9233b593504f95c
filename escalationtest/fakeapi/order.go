package fakeapi

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// roundPrefix matches the prefixes of Q*(F|SM*D).
var roundPrefix = regexp.MustCompile(`^Q*(F|SM*D?)?$`)

// letters are the event types as the judge writes them.
var letters = map[string]string{
	typeQueueUpdate: "Q",
	typeSuccess:     "S",
	typeMessage:     "M",
	typeFailed:      "F",
	typeDisconnect:  "D",
}

// eventTypes are the event types by letter.
var eventTypes = func() map[string]string {
	byLetter := map[string]string{}
	for eventType, letter := range letters {
		byLetter[letter] = eventType
	}
	return byLetter
}()

// A Reason says in which way an event came out of order.
type Reason uint8

// The reasons. The zero Reason is none.
const (
	_ Reason = iota
	// OutOfOrder: the event makes the round no prefix of Q*(F|SM*D).
	OutOfOrder
	// VisitorGone: the request arrived after VisitorLeft ended the round.
	VisitorGone
	// NoRound: Config.RequireRound is set and BeginRound was never told of the conversation.
	NoRound
)

// String returns the reason in words.
func (r Reason) String() string {
	switch r {
	case OutOfOrder:
		return "out of order"
	case VisitorGone:
		return "after the visitor left"
	case NoRound:
		return "no round begun"
	}
	return "unknown reason"
}

// A Violation is one processed event that came out of order.
type Violation struct {
	N              int // arrival number of the request
	BotID          string
	ConversationID string
	Round          int // 0 if none has begun
	EventType      string
	Reason         Reason

	// After are the events of the round that were in order before this one, written as letters, neighbouring equal ones
	// as one: "QSM" for two queue updates, a success and three messages.
	After string

	// Repeat is true if the same is shown already, and the client sent it again because it could not know: the request before
	// this one was equal in every field, and not answered with an undisturbed 200. It is also true of the first copy, if that
	// comes after the second. A client that sends again after an unknown outcome cannot avoid such a violation.
	Repeat bool

	// Unaware is true if the client could not know better: when the request began, the event was in order by all answers that
	// the client had got, and by all webhooks that it had answered with a 2xx. Where an answer or a webhook leaves open what
	// is so, the event must be in order in either case for the former, and in one for the latter. A client that does not
	// wait for an answer is not excused by what that would have told.
	Unaware bool
}

// String returns the violation in words. It names the conversation but quotes nothing of the event.
func (v Violation) String() string {
	return fmt.Sprintf("request %d: %s %s in round %d of conversation %q; before it came %s",
		v.N, v.EventType, v.Reason, v.Round, v.ConversationID, v.before()) + v.excuse()
}

// before is After in words.
func (v Violation) before() string {
	var types []string
	for _, letter := range v.After {
		types = append(types, eventTypes[string(letter)])
	}
	return cmp.Or(strings.Join(types, ", "), "nothing")
}

func (v Violation) excuse() string {
	switch {
	case v.Repeat:
		return "; a repeat"
	case v.Unaware:
		return "; the client could not know"
	}
	return ""
}

// why is String without the place.
func (v Violation) why() string {
	return fmt.Sprintf("%s; before it came %s", v.Reason, v.before()) + v.excuse()
}

// Violations returns every processed event that came out of order, of all bots, in the order of processing.
func (s *Server) Violations() []Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Violation(nil), s.breaches.kept()...)
}

// A judge follows one conversation.
type judge struct {
	round     int
	word      string // the legal events of the round, runs squeezed; squeezing keeps a word in or out of the language
	left      bool   // the visitor ended the round
	leftAfter int    // the last arrival number when that was told
}

func (j *judge) begin() {
	j.round++
	j.word, j.left, j.leftAfter = "", false, 0
}

func (j *judge) leave(lastN int) {
	if !j.left {
		j.left, j.leftAfter = true, lastN
	}
}

// take judges the event of request n. It returns the zero Reason if it is in order, and then counts it.
func (j *judge) take(letter string, n int) Reason {
	if j.round == 0 {
		return NoRound
	}
	if j.left && n > j.leftAfter {
		return VisitorGone
	}
	next := j.word
	// Only Q and M may repeat, so a run of any other letter must stay visible.
	if repeatable := letter == "Q" || letter == "M"; !repeatable || len(next) == 0 || next[len(next)-1:] != letter {
		next += letter
	}
	if !roundPrefix.MatchString(next) {
		return OutOfOrder
	}
	j.word = next
	return 0
}
