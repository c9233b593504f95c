package delivery_test

import (
	"testing"

	"github.com/escalationkit/escalation/fsm"
)

// What opens, ends and interrupts a round.
func TestRounds(t *testing.T) {
	check(t, []example{
		{none, "state Q S M F D", "none/none; Q refused in none; S refused in none; M refused in none; F refused in none; D refused in none",
			"never opened"},
		{none, "end state recover ?", "none/none; nothing", "nothing to end"},
		{none, "open state open state", "pending/pending; pending/pending", "a repeat changes nothing"},
		{none, "open Q ? ok open state", "send 1; 1 acknowledged; queued/queued", "likewise"},
		{none, "open S M open ? ok state", "send 1; 1 acknowledged; connected/connected", "a repeat cancels nothing"},
		{none, "open Q S M M D state Q", "pending/ended; Q refused in ended", "accepted runs ahead of acknowledged"},
		{none, "open F state Q S M D", "pending/failed; Q refused in failed; S refused in failed; M refused in failed; D refused in failed",
			"the accepted state guards"},
		{none, "open M D S S Q F", "M refused in pending; D refused in pending; S refused in connected; Q refused in connected; F refused in connected",
			"likewise"},
		{none, "open S M M end state ? Q", "1 cancelled; 2 cancelled; 3 cancelled; ended/ended; nothing; Q refused in ended", "the visitor's end [D5]"},
		{none, "open S M ? end ? ok state", "send 1; 2 cancelled; nothing; 1 acknowledged; ended/ended", "an attempt under way may land"},
		{none, "open S M ? end end recover ?", "send 1; 2 cancelled; 1 cancelled; nothing", "a repeated end, then a crash"},
		{none, "open S ? ok D ? ok end state", "send 1; 1 acknowledged; send 2; 2 acknowledged; ended/ended", "ended by the agent: the visitor's end is late"},
		{none, "open F ? ok end state", "send 1; 1 acknowledged; failed/failed", "failed stays failed"},
		{none, "open F ? ok open state S ?", "send 1; 1 acknowledged; pending/pending; send 2", "numbers run on through the rounds [D1]"},
		{none, "open S ? rejected end state ? open S ?", "send 1; park at 1: rejected; 1 cancelled; ended/ended; nothing; send 2", "the end frees a parked lane"},
		{none, "open S ? rejected open state", "send 1; park at 1: rejected; pending/connected", "a repeat does not; what may be repaired still counts [D8]"},

		{none, "open S ? ok D open state", "send 1; 1 acknowledged; connected/ended", "an end not yet attempted did not arrive: a repeat"},
		{none, "open S ? ok D ? notsent open state", "send 1; 1 acknowledged; send 2; connected/ended", "not sent did not arrive"},
		{none, "open S ? ok D ? open state ok state", "send 1; 1 acknowledged; send 2; pending/pending; 2 acknowledged; pending/pending",
			"the widget asks again: the end must have arrived"},
		{none, "open S ? ok D ? unknown open state ? S ?", "send 1; 1 acknowledged; send 2; 2 cancelled; pending/pending; nothing; wait 5s",
			"may have arrived, and then did"},
		{none, "open F ? unknown open state", "send 1; 1 cancelled; pending/pending", "likewise for a failure"},
		{none, "open F ? open Q S open state ? unknown ? +5s ?",
			"send 1; pending/connected; nothing; 1 cancelled; wait 5s; send 2", "the end left over from the first round says nothing about the second"},
		{none, "open S ? ok D ? unknown +5s ? rejected open state", "send 1; 1 acknowledged; send 2; send 2; park at 2: rejected; 2 cancelled; pending/pending",
			"rejected because the first copy had arrived"},
		{none, "open F ? unknown +5s ? rejected skip:1 ? open state S ?",
			"send 1; send 1; park at 1: rejected; 1 skipped; nothing; pending/pending; send 2", "skipped, yet the first copy may have arrived"},
		{none, "open F ? unknown +5s ? rejected skip:1 open S open state",
			"send 1; send 1; park at 1: rejected; 1 skipped; pending/connected", "that holds for one round: a repeat of the new request changes nothing"},
		{none, "open S ? ok D ? unknown +31m ? skip:2 M open state", "send 1; 1 acknowledged; send 2; nothing; park at 2: too old; 2 skipped; " +
			"3 cancelled; pending/pending", "what the agent wrote since then was for nobody"},
		{none, "open S ? ok D ? unknown +31m ? skip:2 M ? ok open state", "send 1; 1 acknowledged; send 2; nothing; park at 2: too old; 2 skipped; " +
			"send 3; 3 acknowledged; pending/pending", "an acknowledged message is no proof that the round lives"},
		{none, "open F ? unknown +5s ? rejected skip:1 S ? ok open state", "send 1; send 1; park at 1: rejected; 1 skipped; send 2; " +
			"2 acknowledged; pending/pending", "nor is a success"},
		{none, "open F ? unknown +5s ? rejected skip:1 F ? ok open open state", "send 1; send 1; park at 1: rejected; 1 skipped; send 2; " +
			"2 acknowledged; pending/pending", "the failure that followed ends the doubt with the round"},
		{none, "open F ? unknown +5s ? rejected skip:1 end open open S open state", "send 1; send 1; park at 1: rejected; 1 skipped; " +
			"pending/connected", "and so does the visitor's end"},
		{none, "open F ? rejected skip:1 open S open state", "send 1; park at 1: rejected; 1 skipped; pending/connected", "rejected did not arrive: a repeat"},
		{none, "open F +31m ? skip:1 S open state", "nothing; park at 1: too old; 1 skipped; pending/connected", "never attempted: a repeat"},
		{none, "open S M ? unknown +5s ? rejected skip:1 open state", "send 1; send 1; park at 1: rejected; 1 skipped; pending/pending",
			"a success ends nothing"},
		{none, "open F ? end open S unknown open state", "send 1; 1 cancelled; pending/connected", "nor does an end left over from a round that is over"},

		{none, "open S ? ok M ? unknown open state", "send 1; 1 acknowledged; send 2; connected/connected", "a message ends nothing"},
		{none, "open S ? ok D ? end open Q end open S ? unknown ? +5s ?",
			"send 1; 1 acknowledged; send 2; 3 cancelled; nothing; 2 cancelled; wait 5s; send 4", "one attempt outlives two rounds"},
		{none, "open S ? end open S M ? ok ? ok state", "send 1; nothing; 1 acknowledged; send 2; 2 acknowledged; connected/connected",
			"what lands late moves no state of the new round"},

		{none, "open S ? recover ? +5s ? recover ?", "send 1; wait 5s; send 1; wait 10s", "a crash in mid-attempt is an unknown outcome [D3]"},
		{none, "open S M recover ?", "send 1", "with no attempt under way a crash is none"},
		{none, "open S ? ok M ? recover +5s ? recover +10s ? recover", "send 1; 1 acknowledged; send 2; send 2; send 2; park at 2: unknown",
			"and it counts [D7]"},
		{none, "open Q ? recover +5s ? recover ?", "send 1; send 1; 1 expired; nothing", "likewise"},
		{none, "ok rejected unknown scope later state open S unknown ok rejected ?", "none/none; send 1", "an answer to nothing changes nothing"},
	})
}

// Lane.MaybeOver lasts from the resolution that left the doubt to the end of the round.
func TestMaybeOver(t *testing.T) {
	const given = "open F ? unknown +5s ? rejected skip:1 "
	for _, c := range []struct {
		script string
		round  int
		state  fsm.State
		want   bool
		why    string
	}{
		{"open F ? unknown +5s ? rejected", 1, fsm.Pending, false, "parked: Open looks at the head itself"},
		{given, 1, fsm.Pending, true, "given up, and may have arrived"},
		{given + "Q +61s ?", 1, fsm.Pending, true, "what else is given up takes no doubt away"},
		{given + "F ? rejected skip:2", 1, fsm.Pending, true, "nor does an end that did not arrive"},
		{given + "Q ? ok S ? ok M ? ok", 1, fsm.Connected, true, "nor what is acknowledged"},
		{given + "F ? ok", 1, fsm.Failed, false, "the round is over"},
		{given + "S ? ok D ? ok", 1, fsm.Ended, false, "likewise"},
		{given + "end", 1, fsm.Ended, false, "likewise"},
		{given + "open", 2, fsm.Pending, false, "another round"},
		{"open F ? unknown +5s ? rejected mark:1", 1, fsm.Failed, false, "it did arrive: the round is over"},
		{"open F ? unknown +5s ? rejected abort:1", 1, fsm.Ended, false, "the round is over"},
	} {
		s := newScript(machine(t, none))
		seen := s.do(c.script)
		if s.l.MaybeOver != c.want || s.l.Round != c.round || s.l.Acknowledged != c.state {
			t.Errorf("%s: %s: %v in round %d, %v; seen: %s", c.script, c.why, s.l.MaybeOver, s.l.Round, s.l.Acknowledged, seen)
		}
	}
}
