package delivery_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/internal/delivery"
)

// subject is an event of one kind, brought to the point where its attempt is under way.
type subject struct {
	underWay string
	spent    string // and its budget of unknown attempts is used up but for one; if it has none, nine are gone
	old      string // and it grew too old during the attempt
}

var subjects = map[string]subject{
	"Q": {"open Q ?", "unknown +5s ?", "+61s"},
	"S": {"open S ?", strings.Repeat("unknown +60s ? ", 9), "+31m"},
	"M": {"open S ? ok M ?", "unknown +5s ? unknown +10s ?", "+11m"},
	"F": {"open F ?", strings.Repeat("unknown +60s ? ", 9), "+31m"},
	"D": {"open S ? ok D ?", strings.Repeat("unknown +60s ? ", 9), "+31m"},
}

// row is what follows one outcome of the attempt, and then Next: with the scope closed if it was refused.
type row struct {
	kind, outcome string
	young, spent  string // the round is live, the event young: budget left, budget spent
	old, oldSpent string // likewise, too old
	ended         string // the visitor has ended the round, whatever budget and age
	reopened      string // and opened another, in which a queue update waits
	why           string
}

// The numbers: M and D are event 2, behind the success that they need; the queue update of the new round
// comes right after them.
var rows = []row{
	{"Q", "ok", "1 acknowledged; nothing", "1 acknowledged; nothing", "1 acknowledged; nothing", "1 acknowledged; nothing",
		"1 acknowledged; nothing", "1 acknowledged; send 2",
		"an answer that came counts, however late"},
	{"Q", "notsent", "wait 125ms", "wait 125ms", "1 expired; nothing", "1 expired; nothing",
		"1 cancelled; nothing", "1 cancelled; wait 125ms",
		"not sent costs time alone; a queue update is worth nothing after a minute"},
	{"Q", "scope", "hold", "hold", "hold", "hold", "1 cancelled; nothing", "1 cancelled; hold",
		"a refused key loses nothing; the attempt itself does not age the event [D9]"},
	{"Q", "later", "wait 125ms", "wait 125ms", "1 expired; nothing", "1 expired; nothing",
		"1 cancelled; nothing", "1 cancelled; wait 125ms",
		"refused for now costs time alone"},
	{"Q", "rejected", "1 rejected; nothing", "1 rejected; nothing", "1 rejected; nothing", "1 rejected; nothing",
		"1 rejected; nothing", "1 rejected; send 2",
		"nothing later needs a queue update: drop it, go on"},
	{"Q", "unknown", "wait 5s", "1 expired; nothing", "1 expired; nothing", "1 expired; nothing",
		"1 cancelled; nothing", "1 cancelled; wait 5s",
		"a queue update is sent again once"},

	{"S", "ok", "1 acknowledged; nothing", "1 acknowledged; nothing", "1 acknowledged; nothing", "1 acknowledged; nothing",
		"1 acknowledged; nothing", "1 acknowledged; send 2",
		"an answer that came counts, however late"},
	{"S", "notsent", "wait 125ms", "wait 125ms", "nothing; park at 1: too old", "nothing; park at 1: too old",
		"1 cancelled; nothing", "1 cancelled; wait 125ms",
		"everything later needs the success: never dropped"},
	{"S", "scope", "hold", "hold", "hold", "hold", "1 cancelled; nothing", "1 cancelled; hold",
		"a refused key loses nothing"},
	{"S", "later", "wait 125ms", "wait 125ms", "nothing; park at 1: too old", "nothing; park at 1: too old",
		"1 cancelled; nothing", "1 cancelled; wait 125ms",
		"refused for now costs time alone"},
	{"S", "rejected", "park at 1: rejected; nothing", "park at 1: rejected; nothing", "park at 1: rejected; nothing",
		"park at 1: rejected; nothing", "1 rejected; nothing", "1 rejected; send 2",
		"everything later needs it, unless its round is over: then nobody has to look"},
	{"S", "unknown", "wait 5s", "wait 1m0s", "nothing; park at 1: too old", "nothing; park at 1: too old",
		"1 cancelled; nothing", "1 cancelled; wait 5s",
		"sent again any number of times while young; another round waits for the settle time alone"},

	{"M", "ok", "2 acknowledged; nothing", "2 acknowledged; nothing", "2 acknowledged; nothing", "2 acknowledged; nothing",
		"2 acknowledged; nothing", "2 acknowledged; send 3",
		"an answer that came counts, however late"},
	{"M", "notsent", "wait 125ms", "wait 125ms", "2 expired; nothing", "2 expired; nothing",
		"2 cancelled; nothing", "2 cancelled; wait 125ms",
		"after ten minutes a message answers nobody: dead-letter"},
	{"M", "scope", "hold", "hold", "hold", "hold", "2 cancelled; nothing", "2 cancelled; hold",
		"a refused key loses nothing"},
	{"M", "later", "wait 125ms", "wait 125ms", "2 expired; nothing", "2 expired; nothing",
		"2 cancelled; nothing", "2 cancelled; wait 125ms",
		"refused for now costs time alone"},
	{"M", "rejected", "2 rejected; nothing", "2 rejected; nothing", "2 rejected; nothing", "2 rejected; nothing",
		"2 rejected; nothing", "2 rejected; send 3",
		"one message less: dead-letter, go on"},
	{"M", "unknown", "wait 5s", "park at 2: unknown; nothing", "2 expired; nothing", "park at 2: unknown; nothing",
		"2 cancelled; nothing", "2 cancelled; wait 5s",
		"the visitor may see three copies at most; then a person decides"},

	{"F", "ok", "1 acknowledged; nothing", "1 acknowledged; nothing", "1 acknowledged; nothing", "1 acknowledged; nothing",
		"1 acknowledged; nothing", "1 acknowledged; send 2",
		"an answer that came counts, however late"},
	{"F", "notsent", "wait 125ms", "wait 125ms", "nothing; park at 1: too old", "nothing; park at 1: too old",
		"1 cancelled; nothing", "1 cancelled; wait 125ms",
		"the visitor waits for it: never dropped"},
	{"F", "scope", "hold", "hold", "hold", "hold", "1 cancelled; nothing", "1 cancelled; hold",
		"a refused key loses nothing"},
	{"F", "later", "wait 125ms", "wait 125ms", "nothing; park at 1: too old", "nothing; park at 1: too old",
		"1 cancelled; nothing", "1 cancelled; wait 125ms",
		"refused for now costs time alone"},
	{"F", "rejected", "park at 1: rejected; nothing", "park at 1: rejected; nothing", "park at 1: rejected; nothing",
		"park at 1: rejected; nothing", "1 rejected; nothing", "1 rejected; send 2",
		"the visitor still waits: a person has to look"},
	{"F", "unknown", "wait 5s", "wait 1m0s", "nothing; park at 1: too old", "nothing; park at 1: too old",
		"1 cancelled; nothing", "1 cancelled; wait 5s",
		"a second copy does no harm"},

	{"D", "ok", "2 acknowledged; nothing", "2 acknowledged; nothing", "2 acknowledged; nothing", "2 acknowledged; nothing",
		"2 acknowledged; nothing", "2 acknowledged; send 3",
		"an answer that came counts, however late"},
	{"D", "notsent", "wait 125ms", "wait 125ms", "nothing; park at 2: too old", "nothing; park at 2: too old",
		"2 cancelled; nothing", "2 cancelled; wait 125ms",
		"the visitor believes that an agent is there: never dropped"},
	{"D", "scope", "hold", "hold", "hold", "hold", "2 cancelled; nothing", "2 cancelled; hold",
		"a refused key loses nothing"},
	{"D", "later", "wait 125ms", "wait 125ms", "nothing; park at 2: too old", "nothing; park at 2: too old",
		"2 cancelled; nothing", "2 cancelled; wait 125ms",
		"refused for now costs time alone"},
	{"D", "rejected", "park at 2: rejected; nothing", "park at 2: rejected; nothing", "park at 2: rejected; nothing",
		"park at 2: rejected; nothing", "2 rejected; nothing", "2 rejected; send 3",
		"the visitor believes that an agent is there: a person has to look"},
	{"D", "unknown", "wait 5s", "wait 1m0s", "nothing; park at 2: too old", "nothing; park at 2: too old",
		"2 cancelled; nothing", "2 cancelled; wait 5s",
		"a second copy does no harm"},
}

// cells writes the rows out: 30 rows of 2 budgets, 2 ages and 3 states of the round.
func cells() []example {
	var all []example
	for _, r := range rows {
		s := subjects[r.kind]
		next := " ?"
		if r.outcome == "scope" {
			next = " ?scope"
		}
		add := func(spent, age, round, want string) {
			all = append(all, example{
				script: strings.Join([]string{s.underWay, spent, age, round, "|", r.outcome, next}, " "),
				want:   want, why: r.why,
			})
		}
		for _, live := range []struct{ spent, age, want string }{
			{"", "", r.young}, {s.spent, "", r.spent}, {"", s.old, r.old}, {s.spent, s.old, r.oldSpent},
		} {
			add(live.spent, live.age, "", live.want)
			add(live.spent, live.age, "end", r.ended)
			add(live.spent, live.age, "end open Q", r.reopened)
		}
	}
	return all
}

// example is a script, what has to be observed, and why.
type example struct {
	options           delivery.Options
	script, want, why string
}

// fails runs an example on a machine made with its options.
func (e example) fails(machine func(delivery.Options) *delivery.Machine) error {
	if e.why == "" {
		return fmt.Errorf("%s: no reason is given", e.script)
	}
	if got := run(machine(e.options), e.script); got != e.want {
		return fmt.Errorf("%s: %s\n got %s\nwant %s", strings.Join(strings.Fields(e.script), " "), e.why, got, e.want)
	}
	return nil
}

func check(t *testing.T, examples []example) {
	t.Helper()
	for _, e := range examples {
		if err := e.fails(func(o delivery.Options) *delivery.Machine { return machine(t, o) }); err != nil {
			t.Error(err)
		}
	}
}

// Every kind, outcome, budget, age and state of the round.
func TestCells(t *testing.T) {
	all := cells()
	if len(all) != 5*6*2*2*3 {
		t.Errorf("%d cells, want 360", len(all))
	}
	check(t, all)
}
