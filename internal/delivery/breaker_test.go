package delivery_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/internal/delivery"
)

var verdicts = map[string]delivery.Verdict{
	"neutral": delivery.Neutral, "good": delivery.Good, "bad": delivery.Bad, "unused": delivery.Unused,
}

// breaks runs a script on a closed breaker and returns what was observed. The words are:
//
//	?         Allow; attempts that may begin are numbered 1, 2, 3, …
//	1:bad     Report of attempt 1
//	resume +5s |
//
// A change between closed and open is observed where it happens.
func breaks(p delivery.BreakerPolicy, text string) string {
	var b delivery.Breaker
	var seen []string
	now, tickets := start, []uint64{}
	for word := range strings.FieldsSeq(text) {
		was := b
		number, verdict, _ := strings.Cut(word, ":")
		switch {
		case word == "|":
			seen = nil
		case word == "resume":
			b = p.Resume(b)
		case word[0] == '+':
			now = now.Add(duration(word[1:]))
		case word == "?":
			var permit delivery.Permit
			b, permit = p.Allow(b, now)
			if !permit.OK {
				seen = append(seen, fmt.Sprintf("no %v", permit.At.Sub(now)))
				break
			}
			tickets = append(tickets, permit.Ticket)
			seen = append(seen, map[bool]string{false: "", true: "probe "}[permit.Probe]+strconv.Itoa(len(tickets)))
		default:
			b = p.Report(b, tickets[must(strconv.Atoi(number))-1], lookUp(verdicts, verdict), now)
		}
		if b.Open() != was.Open() {
			seen = append(seen, map[bool]string{false: "closed", true: "open"}[b.Open()])
		}
	}
	return strings.Join(seen, "; ")
}

const opened = "? ? ? ? ? 1:bad 2:bad 3:bad 4:bad 5:bad | "

func TestBreaker(t *testing.T) {
	five := delivery.BreakerPolicy{Threshold: 5, Min: time.Second, Max: 30 * time.Second}
	one := delivery.BreakerPolicy{Threshold: 1, Min: time.Second, Max: 30 * time.Second}
	for _, c := range []struct {
		policy            delivery.BreakerPolicy
		script, want, why string
	}{
		{five, "? ? ? ? ? ? 1:bad 2:bad 3:bad 4:bad | 5:bad ?", "open; no 1s", "five in a row, whoever's they are"},
		{five, "? ? ? ? ? ? 1:bad 2:bad 3:bad 4:bad ?", "1; 2; 3; 4; 5; 6; 7", "four are not five"},
		{five, "? ? ? ? ? ? 1:bad 2:bad 3:bad 4:bad | 5:good 6:bad ?", "7", "not in a row"},
		{five, "? ? ? ? ? ? 1:bad 2:bad 3:bad 4:bad | 5:neutral 6:bad ?", "open; no 1s", "what says nothing breaks no row"},
		{five, "? ? ? ? ? ? 1:bad 2:bad 3:bad 4:bad | 5:unused 6:bad ?", "open; no 1s", "nor does what never was"},
		{one, "? ? 1:bad ?", "1; 2; open; no 1s", "one is enough for a key"},
		{one, "? 1:neutral 1:unused ? 2:good ?", "1; 2; 3", "nothing else opens it"},

		{five, opened + "? +999ms ? +1ms ? ? +1h ?", "no 1s; no 1ms; probe 6; no 1s; no 1s", "one probe, however long it takes"},
		{five, opened + "+1s ? 6:good ? ?", "probe 6; closed; 7; 8", "a probe that gets through closes it"},
		{five, opened + "+1s ? 6:good ? ? ? ? ? 7:bad 8:bad 9:bad 10:bad | 11:bad +1s ?", "open; probe 12", "it takes five to open it again, and the wait begins anew"},
		{five, opened + "+1s ? 6:bad ? +2s ? 7:bad ? +4s ? 8:bad ? +8s ? 9:bad ? +16s ? 10:bad ? +30s ? 11:bad ?",
			"probe 6; no 2s; probe 7; no 4s; probe 8; no 8s; probe 9; no 16s; probe 10; no 30s; probe 11; no 30s", "the wait doubles, up to 30 s"},
		{five, opened + "+1s ? 6:bad +2s ? 7:good ? ? ? ? ? 8:bad 9:bad 10:bad 11:bad 12:bad | ?", "no 1s", "once closed the wait is short again"},
		{five, opened + "+1s ? 6:bad +2s ? +5s 7:neutral ? +2s ? 8:bad ?", "probe 6; probe 7; no 2s; probe 8; no 4s",
			"a probe that says nothing is given back: the same wait, counted from then"},
		{five, opened + "+1s ? 6:neutral +1s ? 7:neutral +1s ?", "probe 6; probe 7; probe 8", "a probe that crashes each time wedges nothing"},
		{five, opened + "+1s ? 6:unused ? 7:bad ?", "probe 6; probe 7; no 2s", "a probe never made is due still"},
		{five, opened + "+5s ? 6:unused +1s ? ?", "probe 6; probe 7; no 1s", "likewise"},

		{five, "? ? ? ? ? ? ? 1:bad 2:bad 3:bad 4:bad 5:bad | 6:bad ? +1s ? 7:bad ? 8:bad ?", "no 1s; probe 8; no 1s; no 2s",
			"a late failure makes no wait longer and is not the probe's"},
		{five, "? ? ? ? ? ? ? 1:bad 2:bad 3:bad 4:bad 5:bad | +1s ? 6:neutral ? 7:unused ? 8:good", "probe 8; no 1s; no 1s; closed",
			"nor is the probe given back by another"},
		{five, "? ? ? ? ? ? ? 1:bad 2:bad 3:bad 4:bad 5:bad | ? 6:good ?", "no 1s; closed; 8", "a late success is a success"},
		{five, "? ? ? ? ? ? ? 1:bad 2:bad 3:bad 4:bad 5:bad | +1s ? 6:good 8:bad ?", "probe 8; closed; 9",
			"also while a probe is under way, whose failure is then old"},
		{one, "? ? ? 1:bad | +1s ? 4:good 2:bad 3:bad ?", "probe 4; closed; 5", "what was begun before it opened does not open it again"},
		{one, "? ? 1:bad | 2:good ? 3:bad ? 2:good 3:good", "closed; 3; open; no 1s; closed", "each opening has its own late ones"},
		{one, "? 1:bad | +1s ? 2:bad +2s ? 2:neutral 2:unused 2:bad ? +1h ?", "probe 2; probe 3; no 2s; no 2s", "the probe before is not this one"},

		{one, "resume ? 1:bad | ?", "no 1s", "there is nothing to resume in a closed one"},
		{one, "? 1:bad +1s ? 2:bad +2s ? 3:bad | ? resume ? ? 4:bad ?", "no 4s; probe 4; no 1s; no 2s", "resumed: a probe at once, and the waits anew"},
		{one, "? 1:bad +1s ? | resume ? 2:bad ? 3:good ?", "probe 3; no 1s; closed; 4", "the probe before it was resumed has no more say"},
		{one, "? 1:bad +1s ? | resume ? 2:good 3:bad ?", "probe 3; closed; 4", "unless it is good"},
		{one, "? 1:bad +1s ? | resume resume ? ?", "probe 3; no 1s", "once is enough"},

		{one, "? 1:bad +-1h ? +1s ?", "1; open; no 1s; probe 2", "a clock that was put back makes no wait longer"},
		{one, "? 1:bad +24h ? ?", "1; open; probe 2; no 1s", "nor do the days pile up probes"},
		{delivery.BreakerPolicy{Threshold: 1, Min: 2, Max: 3}, "? 1:bad ? +2ns ? 2:bad ?", "1; open; no 2ns; probe 2; no 3ns", "never above the maximum"},
	} {
		if got := breaks(c.policy, c.script); got != c.want {
			t.Errorf("%s: %s\n got %s\nwant %s", c.script, c.why, got, c.want)
		}
	}
}
