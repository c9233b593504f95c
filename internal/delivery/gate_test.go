package delivery_test

import "testing"

// While a scope is closed nothing ages [D9]; while the breaker is open everything does.
func TestGates(t *testing.T) {
	check(t, []example{
		{none, "open Q ? scope ?scope +24h ?scope +24h ?", "send 1; hold; hold; send 1", "two days of a bad key cost nothing"},
		{none, "open Q +60s ? +30s scope ?scope +24h ?", "send 1; hold; send 1", "nor does the attempt that was refused"},
		{none, "open Q +50s ?scope +1h ? scope ?scope +1h ? notsent +10s ? notsent@0 +1ns ?",
			"hold; send 1; hold; send 1; send 1; 1 expired; nothing", "what it had before the pause it has after it, no more"},
		{none, "open Q +50s ?scope +1h ? +11s unknown ?", "hold; send 1; 1 expired; nothing", "an attempt that was not refused does cost its time"},
		{none, "open Q +61s ?scope +1h ?", "hold; 1 expired; nothing", "what was too old before the pause stays so"},
		{none, "open Q ?scope +1h S ?scope +1h ? notsent +1m +1ns ?",
			"hold; hold; send 1; 1 expired; send 2", "accepted behind it during the pause"},
		{none, "open S ? scope ?scope +1h M +1h ? ok +10m ?", "send 1; hold; send 1; 1 acknowledged; send 2",
			"accepted during the pause: its age begins when the scope opens"},
		{none, "open S ? scope ?scope +1h M +1h ? ok +10m +1ns ?", "send 1; hold; send 1; 1 acknowledged; 2 expired; nothing",
			"but it gets no more than its whole age"},
		{none, "open S ? ok M ? scope ?scope M +1h ? ok +9m ? ok", "send 1; 1 acknowledged; send 2; hold; send 2; 2 acknowledged; send 3; 3 acknowledged",
			"everything behind the head is held with it"},
		{none, "open Q ? unknown ?scope +1h ?", "send 1; hold; send 1", "closed by another lane of the same bot"},
		{none, "open Q ? unknown ? +2s ?scope +1s ? +2s ?", "send 1; wait 5s; hold; wait 2s; send 1", "settle time runs on in a pause"},
		{none, "open Q ?scope +1h ?breaker +60s ?breaker +1ns ?breaker", "hold; hold 1m0.000000001s; hold 1ns; 1 expired; nothing",
			"an open breaker is not a closed scope"},
		{none, "open Q +20s ?scope +-1h ? notsent@0 +40s ? notsent@0 +1ns ?", "hold; send 1; send 1; 1 expired; nothing",
			"a clock that was put back during the pause gives and takes no time"},
		{none, "open S ? unknown +5s ? +-10s notsent ?", "send 1; send 1; wait 10s", "nor does it shorten a wait"},
		{none, "open Q ?scope +1h ?probe scope ?scope +1h ?probe ok", "hold; send 1; hold; send 1; 1 acknowledged", "one probe after another, until one is taken"},
		{none, "open Q ?scope +1h ?probe +30s unknown ?scope +1h ?probe +5s notsent ?scope +1h ? notsent@0 +25s ? notsent@0 +1ns ?",
			"hold; send 1; hold; send 1; hold; send 1; send 1; 1 expired; nothing", "a probe that says nothing about the scope costs its time"},
		{none, "open Q ? unknown ?probe +4s ?probe +1s ?probe", "send 1; wait 5s; wait 1s; send 1", "a probe waits for the settle time like any attempt"},
		{none, "open Q ? later:5m ?probe +5m ? notsent@0 +60s ? notsent@0 +1ns ?", "send 1; wait 5m0s; send 1; send 1; 1 expired; nothing",
			"and does not age until then, though that is later than its age"},
		{none, "open Q +61s ?probe", "1 expired; nothing", "what was too old before the pause is not worth a probe"},
		{none, "open Q S ? later:2m +61s ?probe +2h ?", "send 1; wait 59s; 1 expired; send 2", "nor does what is behind it"},
		{none, "open S M ?scope +1h ?probe rejected ?probe skip:1 ?probe", "hold; send 1; park at 1: rejected; nothing; 1 skipped; nothing; park at 2: stranded by 1",
			"a probe that ends with the key taken"},
		{none, "open S ?scope end open Q +61s ?", "hold; 1 cancelled; 2 expired; nothing", "the pause of a round that is over is forgotten"},
		{none, "open Q ? end scope open Q +61s ?", "send 1; 1 cancelled; 2 expired; nothing", "likewise, if it began after the end"},
		{none, "open Q ? end open Q +1h scope ?scope +1h ?", "send 1; 1 cancelled; hold; send 2",
			"refused on behalf of a round that is over: the scope is the same"},
		{none, "open S ? ok M M ? scope retry:2 mark:2 skip:2", "send 1; 1 acknowledged; send 2; " +
			"refused: the conversation is not parked; refused: the conversation is not parked; refused: the conversation is not parked",
			"a held lane is not parked"},
		{none, "open S ?breaker +30m ?breaker +1ns ?breaker", "hold 30m0.000000001s; hold 1ns; nothing; park at 1: too old",
			"an outage is told when it has lasted too long"},
		{none, "open S ?breaker +29m ? ok", "hold 30m0.000000001s; send 1; 1 acknowledged", "and is over when the breaker closes"},
		{none, "open S ? unknown ?breaker +5s ?breaker", "send 1; wait 5s; hold 29m55.000000001s", "first the wait, then the breaker"},
		{none, "? ?scope ?breaker open ? ?scope ?breaker", "nothing; nothing; nothing; nothing; nothing; nothing", "nothing waits for a gate"},
		{none, "open S ? ? ?scope ?breaker", "send 1; nothing; nothing; nothing", "one attempt at a time [D2]"},
	})
}
