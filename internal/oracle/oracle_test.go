package oracle_test

import (
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/oracle"
)

const (
	transfer = oracle.AgentTransfer
	requeue  = oracle.BackToQueue
	both     = oracle.AgentTransfer | oracle.BackToQueue
)

// TestPlay asserts histories whose verdicts were worked out by hand from the documents.
func TestPlay(t *testing.T) {
	tests := []struct {
		start             oracle.History
		letters, verdicts string
		state             string
		rounds            int
		why               string
	}{
		{oracle.None(), "", "", "none", 0, "nothing happened"},
		{oracle.Pending(), "", "", "pending", 1, "a round is open"},
		{oracle.None(), "QSMFD", "-----", "none", 0, "nothing may be sent before a round is open"},
		{oracle.None(), "VX", "++", "none", 0, "inbound events are taken but open nothing"},
		{oracle.None(), "EQQSMMD", "+++++++", "ended", 1, "the whole way with an agent"},
		{oracle.None(), "EQF", "+++", "failed", 1, "the whole way without one"},
		{oracle.Pending(), "SMD", "+++", "ended", 1, "the queue is optional"},
		{oracle.Pending(), "F", "+", "failed", 1, "so it is for a failure"},
		{oracle.Pending(), "MD", "--", "pending", 1, "nobody can talk or leave before success"},
		{oracle.Pending(), "QMD", "+--", "queued", 1, "nor from the queue"},
		{oracle.Pending(), "SQSF", "+---", "connected", 1, "no way back, no second agent, no late failure"},
		{oracle.Pending(), "SDQSMFD", "++-----", "ended", 1, "after the end nothing"},
		{oracle.Pending(), "FQSMFD", "+-----", "failed", 1, "after a failure nothing"},
		{oracle.Pending(), "XQSMFD", "+-----", "ended", 1, "after the visitor's end nothing"},
		{oracle.Pending(), "QX", "++", "ended", 1, "the visitor may leave the queue"},
		{oracle.Pending(), "SX", "++", "ended", 1, "or the conversation"},
		{oracle.Pending(), "FX", "++", "failed", 1, "leaving after a failure changes nothing"},
		{oracle.Pending(), "XX", "++", "ended", 1, "nor does leaving twice"},
		{oracle.Pending(), "QEV", "+++", "queued", 1, "a repeated E changes nothing in a live round"},
		{oracle.Pending(), "SEVM", "++++", "connected", 1, "not while talking either"},
		{oracle.Pending(), "SDE", "+++", "pending", 2, "E after the end opens the next round"},
		{oracle.Pending(), "FEQ", "+++", "queued", 2, "and after a failure"},
		{oracle.Pending(), "XEESM", "+++++", "connected", 2, "and after the visitor's end, once"},
		{transfer.Pending(), "SMSMD", "+++++", "ended", 1, "another agent takes over"},
		{transfer.Pending(), "SSQF", "++--", "connected", 1, "which does not allow going back"},
		{requeue.Pending(), "SMQQSD", "++++++", "ended", 1, "the visitor waits again"},
		{requeue.Pending(), "SQMD", "++--", "queued", 1, "and nobody talks meanwhile"},
		{requeue.Pending(), "SQF", "+++", "failed", 1, "and may wait in vain"},
		{requeue.Pending(), "SS", "+-", "connected", 1, "which does not allow a transfer"},
		{both.Pending(), "SSQSMSD", "+++++++", "ended", 1, "both at once"},
		{both.Pending(), "SQF", "+++", "failed", 1, "both, in vain"},
		{both.None(), "SQ", "--", "none", 0, "still nothing before a round"},
		{oracle.Pending(), "S?M", "+-+", "connected", 1, "a letter without a kind is refused"},
	}
	for _, test := range tests {
		h := test.start
		verdicts := h.Play(test.letters)
		if verdicts != test.verdicts || h.State() != test.state || h.Rounds() != test.rounds {
			t.Errorf("%q: got %s, %s in round %d; want %s, %s in round %d: %s", test.letters,
				verdicts, h.State(), h.Rounds(), test.verdicts, test.state, test.rounds, test.why)
		}
	}
}

// TestLettersAndKinds pins the letters, which the published vectors use.
func TestLettersAndKinds(t *testing.T) {
	for letter, kind := range map[byte]events.Kind{
		'Q': events.KindEscalationQueueUpdate, 'S': events.KindEscalationSuccess, 'M': events.KindMessage,
		'F': events.KindEscalationFailed, 'D': events.KindAgentDisconnect,
		'E': events.KindWidgetEscalate, 'V': events.KindWidgetMessage, 'X': events.KindWidgetEndSession,
		'?': 0,
	} {
		if got := oracle.Letter(kind); got != letter {
			t.Errorf("Letter(%v) = %c, want %c", kind, got, letter)
		}
		if got := oracle.Kind(letter); got != kind {
			t.Errorf("Kind(%c) = %v, want %v", letter, got, kind)
		}
	}
	if h := oracle.Pending(); h.Allows(0) || h.Allows(200) {
		t.Error("an invalid kind is allowed")
	}
}

// TestCopyForks shows that a History is a value.
func TestCopyForks(t *testing.T) {
	trunk := oracle.Pending()
	branch := trunk
	branch.Play("QF")
	if trunk.State() != "pending" || branch.State() != "failed" || trunk == branch {
		t.Errorf("trunk %s, branch %s", trunk.State(), branch.State())
	}
}

// TestLongRounds goes past the length up to which readings are remembered.
func TestLongRounds(t *testing.T) {
	h := oracle.Pending()
	if got, want := h.Play("QQQQQQQQQQSMMMMMMMMMMFD"), "+++++++++++++++++++++-+"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := h.Word(); got != "QQQQQQQQQQSMMMMMMMMMMD" {
		t.Errorf("word %s", got)
	}
}
