package gen_test

import (
	"regexp"
	"testing"

	"github.com/escalationkit/escalation/escalationtest/gen"
	"github.com/escalationkit/escalation/events"
	"pgregory.net/rapid"
)

// letters spell a sequence so that a regular expression can judge it: outbound in capitals, the
// visitor's part in small letters.
var letters = map[events.Kind]byte{
	events.KindEscalationQueueUpdate: 'Q', events.KindEscalationSuccess: 'S', events.KindMessage: 'M',
	events.KindEscalationFailed: 'F', events.KindAgentDisconnect: 'D',
	events.KindWidgetEscalate: 'e', events.KindWidgetMessage: 'v', events.KindWidgetEndSession: 'x',
}

func spell[E events.Event](seq []E) string {
	word := make([]byte, 0, len(seq))
	for _, e := range seq {
		word = append(word, letters[e.Kind()])
	}
	return string(word)
}

var (
	finished = regexp.MustCompile(`^Q*(F|SM*D)$`)
	begun    = regexp.MustCompile(`^Q*(F|SM*D?)?$`)
	talked   = regexp.MustCompile(`^(eQ*(F|x|S[Mv]*[Dx]))*(eQ*(S[Mv]*)?)?$`)
)

func TestRoundsAreLegal(t *testing.T) { rapid.Check(t, roundsAreLegal) }
func FuzzRoundsAreLegal(f *testing.F) { f.Fuzz(rapid.MakeFuzz(roundsAreLegal)) }

func roundsAreLegal(t *rapid.T) {
	if word := spell(gen.FinishedRound().Draw(t, "finished")); !finished.MatchString(word) {
		t.Fatalf("finished round %q", word)
	}
	if word := spell(gen.LegalRound().Draw(t, "legal")); !begun.MatchString(word) {
		t.Fatalf("legal round %q", word)
	}
	if word := spell(gen.LegalConversation().Draw(t, "conversation")); word == "" || !talked.MatchString(word) {
		t.Fatalf("conversation %q", word)
	}
}

func TestSequenceLength(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(-2, 12).Draw(t, "n")
		if got := len(gen.Sequence(n).Draw(t, "sequence")); got > max(n, 0) {
			t.Fatalf("Sequence(%d) made %d events", n, got)
		}
	})
}

// TestSequenceReach: the shapes that tests lean on do come up.
func TestSequenceReach(t *testing.T) {
	s := seen{}
	for _, round := range examples(gen.LegalRound(), 300) {
		word := spell(round)
		for what, form := range map[string]string{
			"nothing at all": `^$`, "only waiting": `^Q+$`, "repeated updates": `QQ`, "failed at once": `^F$`,
			"connected at once": `^S`, "queued, then connected": `QS`, "messages in a row": `MM`,
			"disconnect without a word": `^Q*SD$`, "failed after waiting": `QF$`, "left connected": `^Q*SM+$`,
		} {
			s.note("round: "+what, regexp.MustCompile(form).MatchString(word))
		}
	}
	for _, conversation := range examples(gen.LegalConversation(), 300) {
		word := spell(conversation)
		for what, form := range map[string]string{
			"three rounds": `e.*e.*e`, "cut off before anything": `ex`, "cut off in the queue": `Qx`, "cut off while connected": `[SMv]x`,
			"left open": `[eQSMv]$`, "another round after the visitor left": `xe`, "both sides talk": `Mv|vM`, "left just asked for": `e$`,
		} {
			s.note("conversation: "+what, regexp.MustCompile(form).MatchString(word))
		}
	}
	disorder := 0
	for _, seq := range examples(gen.Sequence(8), 100) {
		if !talked.MatchString(spell(seq)) {
			disorder++
		}
	}
	s.note("an illegal arbitrary sequence", disorder > 0)
	s.demandAll(t)
}
