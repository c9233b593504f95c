package invariant

import (
	"regexp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// language is what may be sent in a round, written as a regular expression over the letters Q queue update, S success,
// M message, F failed, D disconnect. It knows nothing of the transition table, which must be judged with it.
type language struct {
	legal *regexp.Regexp // the prefixes of Q*(F|SM*D), and what the switches add
}

// languages by AgentTransfer and BackToQueue.
var languages = map[[2]bool]language{
	{false, false}: {regexp.MustCompile(`^Q*(F|SM*D?)?$`)},
	{true, false}:  {regexp.MustCompile(`^Q*(F|S[SM]*D?)?$`)},
	{false, true}:  {regexp.MustCompile(`^Q*(SM*Q+)*(F|SM*D?)?$`)},
	{true, true}:   {regexp.MustCompile(`^Q*(S[SM]*Q+)*(F|S[SM]*D?)?$`)},
}

func (w *World) language() language { return languages[[2]bool{w.AgentTransfer, w.BackToQueue}] }

// letter returns the letter of an outbound kind; ? is in no word.
func letter(k events.Kind) string {
	switch k {
	case events.KindEscalationQueueUpdate:
		return "Q"
	case events.KindEscalationSuccess:
		return "S"
	case events.KindMessage:
		return "M"
	case events.KindEscalationFailed:
		return "F"
	case events.KindAgentDisconnect:
		return "D"
	}
	return "?"
}

// state is where a legal word leads: its last letter tells.
func state(word string) fsm.State {
	if word == "" {
		return fsm.Pending
	}
	switch word[len(word)-1] {
	case 'Q':
		return fsm.Queued
	case 'F':
		return fsm.Failed
	case 'D':
		return fsm.Ended
	}
	return fsm.Connected
}

// words are one word for each state of a round. Another word that leads to the same state allows the same events after
// it, so a round need not be kept as a whole.
var words = map[fsm.State]string{
	fsm.Pending: "", fsm.Queued: "Q", fsm.Connected: "S", fsm.Failed: "F", fsm.Ended: "SD",
}

// step returns the state after one more event, or the state as it is and false if the event is not legal there.
func (l language) step(from fsm.State, k events.Kind) (fsm.State, bool) {
	word, open := words[from]
	next := word + letter(k)
	if !open || !l.legal.MatchString(next) {
		return from, false
	}
	return state(next), true
}

// fold returns the state after the events, each of which changes nothing where it is not legal.
func (l language) fold(from fsm.State, kinds []events.Kind) fsm.State {
	for _, k := range kinds {
		from, _ = l.step(from, k)
	}
	return from
}
