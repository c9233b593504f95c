package delivery_test

import (
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/internal/delivery"
)

var (
	hold = delivery.Options{HoldMessages: true}
	halt = delivery.Options{HaltOnRejected: true}
	soon = delivery.Options{Settle: 2 * time.Second}
)

// optional holds the cells that an option changes, and some beside them that it must not.
var optional = []example{
	{hold, "open S ? ok M ? | unknown ?", "park at 2: unknown; nothing", "at most once: a person decides before a second copy"},
	{hold, "open S ? ok M ? | recover ?", "park at 2: unknown; nothing", "a crash in mid-attempt is an unknown outcome"},
	{hold, "open S ? ok M ? | notsent ?", "wait 125ms", "not sent is no copy"},
	{hold, "open S ? ok M ? | later ?", "wait 125ms", "refused is no copy"},
	{hold, "open S ? ok M ? | rejected ?", "2 rejected; nothing", "holding is about unknown outcomes"},
	{hold, "open S ? ok M ? end | unknown ?", "2 cancelled; nothing", "in a round that is over nobody has to decide"},
	{hold, "open S ? unknown ?", "send 1; wait 5s", "holding is about messages"},
	{hold, "open Q ? unknown ?", "send 1; wait 5s", "holding is about messages"},
	{hold, "open S ? ok M ? unknown | retry:2 ? +5s ? unknown", "wait 5s; send 2; park at 2: unknown",
		"a repair buys one more copy, not three"},
	{halt, "open S ? ok M ? | rejected ?", "park at 2: rejected; nothing", "no message may go missing"},
	{halt, "open S ? ok M ? | unknown ?", "wait 5s", "halting is about rejections"},
	{halt, "open S ? ok M ? end | rejected ?", "2 rejected; nothing", "in a round that is over nobody has to look"},
	{halt, "open Q ? rejected ?", "send 1; 1 rejected; nothing", "halting is about messages"},
}

// newer holds the cells of a queue update behind whose attempt a newer one was accepted.
var newer = []example{
	{none, "open Q ? Q | ok ?", "1 acknowledged; send 2", "it got there: both are sent"},
	{none, "open Q ? Q | notsent ?", "1 superseded by 2; wait 125ms", "the newer one says it better"},
	{none, "open Q ? Q | scope ?scope", "1 superseded by 2; hold", "the newer one says it better"},
	{none, "open Q ? Q | later ?", "1 superseded by 2; wait 125ms", "the newer one says it better"},
	{none, "open Q ? Q | rejected ?", "1 rejected; send 2", "refused for good is what happened"},
	{none, "open Q ? Q | unknown ?", "1 superseded by 2; wait 5s", "no second copy; the first may be under way still"},
	{none, "open Q ? unknown +5s ? Q | unknown ?", "1 superseded by 2; wait 5s", "superseded, not expired, at the end of the budget too"},
	{none, "open Q ? +61s Q | unknown ?", "1 superseded by 2; wait 5s", "superseded, not expired, when too old too"},
	{none, "open Q Q Q ?", "1 superseded by 2; 2 superseded by 3; send 3", "a burst shrinks to its last"},
	{none, "open Q Q Q ?scope", "1 superseded by 2; 2 superseded by 3; hold", "no gate has a say in what is not sent"},
	{none, "open Q S ?", "send 1", "only a queue update supersedes one"},
	{none, "open S M M ? ok ?", "send 1; 1 acknowledged; send 2", "messages supersede nothing"},
}

var none delivery.Options

// ages: an attempt may begin at the last instant and not a nanosecond later.
var ages = []example{
	{none, "open Q +60s ?", "send 1", "a minute is not too old"},
	{none, "open Q +60s +1ns ?", "1 expired; nothing", "more than a minute is"},
	{none, "open S ? ok M +10m ?", "send 1; 1 acknowledged; send 2", "ten minutes are not too old"},
	{none, "open S ? ok M +10m +1ns ?", "send 1; 1 acknowledged; 2 expired; nothing", "more are"},
	{none, "open S +30m ?", "send 1", "half an hour is not too old"},
	{none, "open S +30m +1ns ?", "nothing; park at 1: too old", "more is"},
	{none, "open F +30m ?", "send 1", "half an hour is not too old"},
	{none, "open F +30m +1ns ?", "nothing; park at 1: too old", "more is"},
	{none, "open S ? ok D +30m ?", "send 1; 1 acknowledged; send 2", "half an hour is not too old"},
	{none, "open S ? ok D +30m +1ns ?", "send 1; 1 acknowledged; nothing; park at 2: too old", "more is"},
	{none, "open S ? ok M M +10m +1ns M ?", "send 1; 1 acknowledged; 2 expired; 3 expired; send 4", "each has its own age"},
	{none, "open Q ? later:90s | ? +60s ? +1ns ?", "wait 1m0.000000001s; wait 1ns; 1 expired; nothing",
		"what expires while it waits is told at once, not after the wait"},
	{none, "open Q ? later:60s | ? +60s ?", "wait 1m0s; send 1", "an attempt at the last instant"},
	{none, "open Q ? later:90s +60s +1ns ? S | ? +30s ?", "wait 29.999999999s; send 2",
		"an answer of come back later is about the place, not about the event"},
}

// waits are the retry times.
var waits = []example{
	{none, "open S ? unknown ? +5s ? unknown ? +10s ? unknown ? +20s ? unknown ? +40s ? unknown ? +60s ? unknown ?",
		"send 1; wait 5s; send 1; wait 10s; send 1; wait 20s; send 1; wait 40s; send 1; wait 1m0s; send 1; wait 1m0s",
		"after an unknown outcome: 5 s, doubling to 60 s"},
	{none, "open S ?" + unknowns(28) + " | unknown ?", "wait 1m0s", "a success is never given up for its count, young as it still is"},
	{none, "open F ?" + unknowns(28) + " | unknown ?", "wait 1m0s", "nor a failure"},
	{none, "open S ? ok D ?" + unknowns(28) + " | unknown ?", "wait 1m0s", "nor an end"},
	{soon, "open S ? unknown ? +2s ? unknown ? +4s ? unknown ? +8s ? unknown ? +16s ? unknown ? +24s ? unknown ?",
		"send 1; wait 2s; send 1; wait 4s; send 1; wait 8s; send 1; wait 16s; send 1; wait 24s; send 1; wait 24s",
		"another settle time, doubling to twelve of it"},
	{soon, "open Q ? unknown +2s ? unknown S ? +2s ?", "send 1; send 1; 1 expired; wait 2s; send 2", "what comes after waits for it too"},
	{none, "open S ? unknown | +5s +-1ns ? +1ns ?", "wait 1ns; send 1", "not a nanosecond early"},
	{none, "open Q ? unknown +5s ? unknown S ? +5s ?", "send 1; send 1; 1 expired; wait 5s; send 2",
		"what comes after waits for the settle time alone"},
	{none, "open S ? ok M M ? unknown +5s ? unknown +10s ? unknown | mark:2 ? +5s ?", "2 acknowledged; wait 5s; send 3",
		"a repair does not cut the settle time short"},
	{none, "open S ? unknown notsent ? +5s ? notsent@0 ?", "send 1; wait 5s; send 1; send 1",
		"an answer when nothing is under way is none; a draw of 0 waits for nothing"},
	{none, "open S ? unknown end open Q ? +5s ?", "send 1; 1 cancelled; wait 5s; send 2", "the settle time outlives the round"},

	{none, "open S ? notsent ? +125ms ? notsent ? +250ms ? notsent ? +500ms ? notsent ? +1s ? notsent ? +2s ? notsent ?",
		"send 1; wait 125ms; send 1; wait 250ms; send 1; wait 500ms; send 1; wait 1s; send 1; wait 2s; send 1; wait 4s",
		"half of 250 ms, doubling: the draw is 0.5"},
	{none, "open S ? notsent +1m ? notsent +1m ? notsent +1m ? notsent +1m ? notsent +1m ? notsent +1m ? notsent | ? " +
		"+1m ? notsent ? +1m ? notsent ?", "wait 8s; send 1; wait 15s; send 1; wait 15s", "half of 16 s, 30 s, 30 s: the bound ends at 30 s"},
	{none, "open S ? notsent@0.999 ?", "send 1; wait 249.75ms", "0.999 of 250 ms"},
	{none, "open S ? notsent@0 ?", "send 1; send 1", "full jitter begins at nothing"},
	{none, "open S ? later@0.999 +1m ? later@0.999 ?", "send 1; send 1; wait 499.5ms", "refused for now doubles too"},
	{none, "open S ? notsent +1m ? later +1m ? unknown ? +5s ? notsent ?", "send 1; send 1; send 1; wait 5s; send 1; wait 500ms",
		"the two rows of waits count apart"},
	{none, "open S ? notsent +1m ? notsent +1m ? ok M ? notsent ?",
		"send 1; send 1; send 1; 1 acknowledged; send 2; wait 125ms", "every event counts its own"},

	{none, "open S ? notsent +1m ? notsent +1m ? notsent +1m ? notsent +1m ? notsent +1m ? notsent +1m ? notsent +1m ? | " +
		"notsent@0.9999999999999999 ?", "wait 29.999999999s", "30 s to the nanosecond"},

	{none, "open S ? later:90s ?", "send 1; wait 1m30s", "the longer of what the API asked and what was drawn"},
	{none, "open S ? later:100ms ?", "send 1; wait 125ms", "likewise"},
	{none, "open S ? later:-5s@0 ?", "send 1; send 1", "a wait below zero is none"},
	{none, "open S ? later:5m ?", "send 1; wait 5m0s", "five minutes are the most that the API may ask for"},
	{none, "open S ? later:24h ?", "send 1; wait 5m0s", "and no transport can ask for more"},
	{none, "open S ? unknown:90s ?", "send 1; wait 5s", "only a refusal may ask for a wait"},
	{none, "open S ? ok M M ? later:90s end open S ?", "send 1; 1 acknowledged; send 2; 2 cancelled; 3 cancelled; wait 1m30s",
		"it asked the whole conversation to wait, not one round"},
}

func unknowns(n int) string { return strings.Repeat(" unknown +60s ?", n) }

func TestOptions(t *testing.T)          { check(t, optional) }
func TestNewerQueueUpdate(t *testing.T) { check(t, newer) }
func TestAges(t *testing.T)             { check(t, ages) }
func TestWaits(t *testing.T)            { check(t, waits) }
