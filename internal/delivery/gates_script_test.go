package delivery_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/escalationkit/escalation/internal/delivery"
)

// passes runs a script on the gates of a few bots, each of which is a letter, and returns what was observed:
//
//	a        Begin for bot a; passes that allow an attempt are numbered 1, 2, 3, …
//	1:ok     Report of pass 1, with the outcomes of the lane's scripts, and an invalid one
//	1:nokey 1:given 1:cancelled
//	resume:a +5s |
func passes(g *delivery.Gates, text string) string {
	var seen []string
	see := func(format string, args ...any) { seen = append(seen, fmt.Sprintf(format, args...)) }
	now, begun := start, []delivery.Pass{}
	for word := range strings.FieldsSeq(text) {
		number, what, _ := strings.Cut(word, ":")
		switch {
		case word == "|":
			seen = nil
		case number == "resume":
			see("%v", g.Resume(what))
		case word[0] == '+':
			now = now.Add(duration(word[1:]))
		case what == "":
			p := g.Begin(word, now)
			if !p.At.IsZero() {
				see("%s %v", gateNames[p.Gate], p.At.Sub(now))
				if c := g.Cancel(p, now); c.BotClosed || c.BotOpened || c.AllClosed || c.AllOpened || !c.At.Equal(p.At) || c.Gate != p.Gate {
					see("A PASS THAT ALLOWED NOTHING CHANGED SOMETHING")
				}
				break
			}
			begun = append(begun, p)
			see("%s%d", map[bool]string{true: "probe "}[p.Probe], len(begun))
			if p.Gate != delivery.Open {
				see("%s", gateNames[p.Gate])
			}
		default:
			i := must(strconv.Atoi(number)) - 1
			if i >= len(begun) {
				see("no pass %s", number)
				break
			}
			p := begun[i]
			var c delivery.Change
			switch what {
			case "nokey":
				c = g.NoKey(p, now)
			case "given":
				c = g.GiveUp(p, now)
			case "cancelled":
				c = g.Cancel(p, now)
			case "invalid":
				c = g.Report(p, 99, now)
			default:
				c = g.Report(p, lookUp(outcomes, what), now)
			}
			for _, turn := range []struct {
				was  bool
				name string
			}{{c.BotClosed, "bot closed"}, {c.BotOpened, "bot opened"}, {c.AllClosed, "all closed"}, {c.AllOpened, "all opened"}} {
				if turn.was {
					see("%s", turn.name)
				}
			}
			if c.Gate != delivery.Open {
				see("%s %v", gateNames[c.Gate], c.At.Sub(now))
			} else if !c.At.IsZero() {
				see("OPEN, YET ASK AGAIN")
			}
		}
	}
	return strings.Join(seen, "; ")
}

var gateNames = map[delivery.Gate]string{delivery.ScopeClosed: "scope", delivery.BreakerOpen: "breaker", delivery.ScopeProbe: "of the scope"}

// gated is a script of passes.
type gated struct{ script, want, why string }

func (e gated) fails(p delivery.GatePolicy) error {
	g, err := delivery.NewGates(p)
	if err != nil {
		return err
	}
	if got := passes(g, e.script); got != e.want {
		return fmt.Errorf("%s: %s\n got %s\nwant %s", e.script, e.why, got, e.want)
	}
	return nil
}
