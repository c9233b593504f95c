package fakeapi_test

import (
	"strings"
	"testing"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// TestSequencesOfTheSpec plays every sequence of the spec's test vectors: the fake must object to just those events that the
// spec refuses, excuse none of them, and come to the same state.
func TestSequencesOfTheSpec(t *testing.T) {
	var file struct {
		Start     string
		Sequences []struct{ Letters, Verdicts, End string }
	}
	readJSON(t, "vectors.json", &file)
	if file.Start != "pending" || len(file.Sequences) != 4680 {
		t.Fatalf("%d sequences from %s", len(file.Sequences), file.Start)
	}
	silent := func(string) (string, bool) { return "", false }
	for _, v := range file.Sequences {
		s, err := fakeapi.New("bot-1", "key-1", &fakeapi.Config{RequireRound: true, Answer: silent})
		must(t, err)
		must(t, s.Escalate("c1", ""))
		var got strings.Builder
		faults := 0
		for i, letter := range v.Letters {
			switch letter {
			case 'E':
				_ = s.Escalate("c1", "") // while a round is live the bot is quiet, which changes nothing, as in the spec
			case 'V':
				must(t, s.Write("c1", "Hello"))
			case 'X':
				_ = s.Leave("c1") // and nobody can leave without a live round
			default:
				serve(s, events[letter], nil)
			}
			if n := sequenceFaults(s); n > faults {
				faults = n
				got.WriteByte('-')
			} else {
				got.WriteByte('+')
			}
			if got.String()[i] != v.Verdicts[i] {
				break
			}
		}
		if got.String() != v.Verdicts || s.State("c1").String() != v.End {
			t.Errorf("%s: %s, %s; want %s, %s\n%s", v.Letters, got.String(), s.State("c1"), v.Verdicts, v.End, s.Report("c1"))
		}
		must(t, s.Close())
	}
}

func sequenceFaults(s *fakeapi.Server) (n int) {
	for _, f := range s.Findings() {
		if f.Rule == fakeapi.RuleSequence && f.Fault() {
			n++
		}
	}
	return n
}
