package delivery_test

import (
	"testing"

	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
)

// Lane.Broken is the number that a refusal or a stranded event names as its cause.
func TestBroken(t *testing.T) {
	for _, c := range []struct {
		on     []fsm.Switch
		script string
		want   uint64
		why    string
	}{
		{nil, "open S M", 0, "all is well"},
		{nil, "open S M ? rejected", 0, "not ended yet: a repair may mend it"},
		{nil, "open S M ? rejected skip:1", 1, "the message counted on it"},
		{nil, "open S ? rejected skip:1", 1, "nothing waits, but what comes would count on it"},
		{nil, "open S ? rejected skip:1 S", 1, "the next success is accepted, no more"},
		{nil, "open S ? rejected skip:1 S ? ok", 0, "the next success made up for it"},
		{nil, "open S ? rejected skip:1 S M ? ok ? ok", 0, "likewise"},
		{nil, "open S M D ? rejected skip:1 ? skip:2", 1, "what is stranded broke nothing itself"},
		{nil, "open S ? rejected mark:1", 0, "it took effect"},
		{nil, "open S ? rejected skip:1 end", 0, "a round that is over is over for its own reason"},
		{nil, "open S ? rejected skip:1 F ? ok open", 0, "another round begins afresh"},
		{nil, "open Q Q ?", 0, "superseded: the newer one has the same effect"},
		{nil, "open Q ? rejected", 1, "the visitor knows of no queue"},
		{nil, "open Q S ? rejected", 0, "the success needs no queue update"},
		{nil, "open S ? ok M ? rejected", 0, "a message has no effect on the state"},
		{nil, "open S ? ok M ? rejected M D", 0, "nor on what is behind it"},
		{nil, "open S ? ok D ? rejected skip:2", 2, "the conversation was to be over"},
		{nil, "open S ? ok D ? rejected skip:2 M ? ok", 2, "a message makes up for nothing"},
		{nil, "open S ? end open Q rejected", 0, "nor one of the round after it"},
		{nil, "open F ? end rejected", 0, "an attempt left over from a round that is over breaks nothing"},

		{[]fsm.Switch{fsm.AgentTransfer}, "open S M S M ? rejected skip:1", 1, "the first message counted on it, the second not"},
		{[]fsm.Switch{fsm.BackToQueue}, "open S ? ok Q S M ? rejected", 2,
			"without it the second success is stranded, though all ends in the same state"},
		{[]fsm.Switch{fsm.BackToQueue, fsm.AgentTransfer}, "open S ? ok Q S M ? rejected", 0, "a transfer is as good as a return"},
	} {
		table, err := fsm.Compile(fsm.Rows(), c.on...)
		if err != nil {
			t.Fatal(err)
		}
		m, err := delivery.New(table, delivery.DefaultPolicy(none))
		if err != nil {
			t.Fatal(err)
		}
		s := &script{m: m, table: table, now: start}
		if seen := s.do(c.script); s.l.Broken != c.want {
			t.Errorf("%s: %s: %d, want %d; seen: %s", c.script, c.why, s.l.Broken, c.want, seen)
		}
	}
}

// An event that took effect breaks nothing, whatever a second one of its kind would do.
func TestAcknowledgedBreaksNothing(t *testing.T) {
	rows := fsm.Rows()
	for i, r := range rows {
		if r.From == fsm.Queued && r.Kind == letters["Q"] {
			rows[i].To = fsm.Pending
		}
	}
	s := newScript(must(delivery.New(must(fsm.Compile(rows)), delivery.DefaultPolicy(none))))
	if s.do("open Q ? ok"); s.l.Acknowledged != fsm.Queued || s.l.Broken != 0 {
		t.Errorf("%+v", s.l)
	}
}

// The strands of wider tables: the cause is named though the states come out the same.
func TestCascadeOfWiderTables(t *testing.T) {
	for _, c := range []struct {
		on                fsm.Switch
		script, want, why string
	}{
		{fsm.BackToQueue, "open S ? ok Q S M ? rejected ? skip:3 ? ok", "send 1; 1 acknowledged; send 2; 2 rejected; nothing; " +
			"park at 3: stranded by 2; 3 stranded by 2; send 4; 4 acknowledged", "the agent never left"},
		{fsm.AgentTransfer, "open S M S M ? rejected skip:1 ? skip:2 ? ok ?", "send 1; park at 1: rejected; 1 skipped; nothing; " +
			"park at 2: stranded by 1; 2 stranded by 1; send 3; 3 acknowledged; send 4", "the second agent came, the first did not"},
	} {
		table, err := fsm.Compile(fsm.Rows(), c.on)
		if err != nil {
			t.Fatal(err)
		}
		m, err := delivery.New(table, delivery.DefaultPolicy(none))
		if err != nil {
			t.Fatal(err)
		}
		s := &script{m: m, table: table, now: start}
		if got := s.do(c.script); got != c.want {
			t.Errorf("%s: %s\n got %s\nwant %s", c.script, c.why, got, c.want)
		}
	}
}
