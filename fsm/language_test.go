package fsm_test

import (
	"regexp"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

var letters = map[byte]events.Kind{'Q': queueUpdate, 'S': success, 'M': message, 'F': failed, 'D': disconnect}

// walk counts the outbound sequences of up to n more events after word, and reports every one about
// which table and language disagree. One illegal event makes every longer sequence illegal.
func walk(t *testing.T, table *fsm.Table, language *regexp.Regexp, s fsm.State, word string, n int) int {
	if n == 0 {
		return 0
	}
	asked := 0
	for letter, kind := range letters {
		longer := word + string(letter)
		next, err := table.Step(s, kind)
		if legal := language.MatchString(longer); legal != (err == nil) {
			t.Errorf("%s: the language says %v, the table %v", longer, legal, err)
		}
		asked++
		if err == nil {
			asked += walk(t, table, language, next, longer, n-1)
		}
	}
	return asked
}

// The legal outbound sequences of a round form a regular language, written here without a look at
// the table. The walk is exhaustive up to its length, which is longer than any memory the machine has.
func TestLanguageOfARound(t *testing.T) {
	for _, c := range []struct {
		name     string
		on       []fsm.Switch
		language string // of the prefixes
	}{
		{"default", nil, `^Q*(F|SM*D?)?$`},
		{"agent transfer", []fsm.Switch{fsm.AgentTransfer}, `^Q*(F|S[SM]*D?)?$`},
		{"back to queue", []fsm.Switch{fsm.BackToQueue}, `^Q*(SM*Q+)*(F|SM*D?)?$`},
		{"both", fsm.Switches(), `^Q*(S[SM]*Q+)*(F|S[SM]*D?)?$`},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := walk(t, compile(t, fsm.Rows(), c.on...), regexp.MustCompile(c.language), fsm.Pending, "", 8)
			if asked < 100 {
				t.Errorf("asked only %d questions", asked)
			}
		})
	}
}

// The visitor's end cuts a round off wherever it is, and nothing outbound is legal from there on.
func TestVisitorsEndCutsARoundOff(t *testing.T) {
	for _, word := range []string{"", "Q", "QQ", "S", "QS", "SM", "QSMM"} {
		s := fsm.Pending
		for i := range word {
			next, err := fsm.Default().Step(s, letters[word[i]])
			if err != nil {
				t.Fatalf("%s: %v", word, err)
			}
			s = next
		}
		s, err := fsm.Default().Step(s, endSession)
		if err != nil || s != fsm.Ended {
			t.Errorf("%s, then the visitor's end: %v, %v", word, s, err)
		}
		if got := fsm.Default().Permitted(s) & events.OutboundKinds(); got != 0 {
			t.Errorf("%s, then the visitor's end, still allows %v", word, got)
		}
	}
}
