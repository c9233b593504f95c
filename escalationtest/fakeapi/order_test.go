package fakeapi_test

import (
	"strings"
	"testing"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// marks plays a script and writes, for each of its events, "." if it was in order and otherwise the first letter of the reason:
// o out of order, a after the visitor left, n no round. In a script "+" begins a round and "-" is the visitor leaving.
func marks(t *testing.T, cfg *fakeapi.Config, script string) (string, *fakeapi.Server) {
	t.Helper()
	s := newServer(t, cfg)
	var out strings.Builder
	for _, step := range script {
		switch step {
		case '+':
			s.BeginRound("c1")
			continue
		case '-':
			s.VisitorLeft("c1")
			continue
		}
		before := len(s.Violations())
		if w := serve(s, events[step], nil); w.Code != 200 {
			t.Fatalf("%c answered %d", step, w.Code)
		}
		if vs := s.Violations(); len(vs) > before {
			out.WriteString(vs[before].Reason.String()[:1])
		} else {
			out.WriteByte('.')
		}
	}
	return out.String(), s
}

func TestOrderJudge(t *testing.T) {
	for _, c := range []struct{ why, script, want string }{
		{"the whole of a good round", "QQQSMMMD", "........"},
		{"the queue step is optional", "SMD", "..."},
		{"an agent may leave without a word", "SD", ".."},
		{"failing at once", "F", "."},
		{"failing from the queue", "QQF", "..."},
		{"a message needs an agent", "M", "o"},
		{"a message needs an agent, the queue is none", "QM", ".o"},
		{"an event out of order does not count: the next is judged without it", "QMSMD", ".o..."},
		{"no queue once connected", "SQM", ".o."},
		{"a second agent while one is connected", "SSM", ".o."},
		{"a second agent between messages", "SMSM", "..o."},
		{"failed means never connected", "SFM", ".o."},
		{"nobody can leave who never came", "D", "o"},
		{"nobody can leave from the queue", "QD", ".o"},
		{"nothing after the end", "SDMQSFD", "..ooooo"},
		{"nothing after failure", "FQSMFD", ".ooooo"},
		{"a new round starts afresh", "SMD+QSMD", "......."},
		{"a round begun cuts the one before", "QS+QS", "...."},
		{"the first event begins a round that BeginRound then replaces", "S+M", ".o"},
		{"nothing after the visitor left", "SM-MD", "..aa"},
		{"not even what would have been in order", "-Q", "a"},
		{"leaving twice is leaving once", "S--M", ".a"},
		{"a visitor can come back", "S-+SM", "..."},
	} {
		if c.why == "" {
			t.Fatalf("case %q does not say why", c.script)
		}
		t.Run(c.why, func(t *testing.T) {
			got, s := marks(t, nil, c.script)
			if got != c.want {
				t.Errorf("%s: %s, want %s; %v", c.script, got, c.want, s.Violations())
			}
			if n := strings.Count(c.script, "+") + strings.Count(c.script, "-"); len(s.Widget("c1")) != len(c.script)-n {
				t.Errorf("%d lines: what is out of order must be shown too", len(s.Widget("c1")))
			}
		})
	}
}

func TestRequireRound(t *testing.T) {
	cfg := &fakeapi.Config{RequireRound: true}
	for _, c := range []struct{ script, want string }{
		{"QS", "nn"},
		{"+QS", ".."},
		{"Q+QS", "n.."},
		{"-Q", "n"},
	} {
		if got, s := marks(t, cfg, c.script); got != c.want {
			t.Errorf("%s: %s, want %s; %v", c.script, got, c.want, s.Violations())
		}
	}
}

// legal is the same order once more, as a hand-written machine, to judge the judge.
func legal(state, letter byte) (byte, bool) {
	switch string([]byte{state, letter}) {
	case "-Q", "qQ":
		return 'q', true
	case "-S", "qS":
		return 'c', true
	case "cM":
		return 'c', true
	case "-F", "qF", "cD":
		return 'e', true
	}
	return state, false
}

func TestOrderJudgeAgainstAMachine(t *testing.T) {
	const alphabet, depth = "QSMFD", 5
	total := 1
	for range depth {
		total *= len(alphabet)
	}
	for i := range total {
		s := newServer(t, nil)
		state, want := byte('-'), 0
		var word []byte
		for n, rest := 0, i; n < depth; n, rest = n+1, rest/len(alphabet) {
			letter := alphabet[rest%len(alphabet)]
			word = append(word, letter)
			next, ok := legal(state, letter)
			state = next
			serve(s, events[rune(letter)], nil)
			if !ok {
				want++
			}
		}
		if got := len(s.Violations()); got != want {
			t.Fatalf("%s: %d violations, want %d", word, got, want)
		}
	}
}

func TestViolationSaysWhatHappened(t *testing.T) {
	_, s := marks(t, nil, "QQSMMS")
	vs := s.Violations()
	if len(vs) != 1 {
		t.Fatalf("%v", vs)
	}
	want := fakeapi.Violation{N: 6, BotID: "bot-1", ConversationID: "c1", Round: 1,
		EventType: "escalationSuccess", Reason: fakeapi.OutOfOrder, After: "QSM"}
	if vs[0] != want {
		t.Errorf("got  %+v\nwant %+v", vs[0], want)
	}
	if got, want := vs[0].String(), `request 6: escalationSuccess out of order in round 1 of conversation "c1"; before it came escalationQueueUpdate, escalationSuccess, message`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRepeatIsToldApart(t *testing.T) {
	for _, c := range []struct {
		why    string
		first  fakeapi.Fault
		second string
		want   bool
	}{
		{"the client was told 500 and sends again", fakeapi.Fault{Status: 500, Process: fakeapi.ProcessAnyway}, success, true},
		{"the client was told 200 in an odd way", fakeapi.Fault{Body: []byte("<html>")}, success, true},
		{"the client was told 200 plainly", fakeapi.Fault{}, success, false},
		{"the client was told 500 and sends something else", fakeapi.Fault{Status: 500, Process: fakeapi.ProcessAnyway},
			`{"platformConversationId":"c1","eventType":"escalationSuccess","agent":"Jane"}`, false},
	} {
		s := newServer(t, nil)
		must(t, s.Next(c.first))
		serve(s, success, nil)
		serve(s, c.second, nil)
		if vs := s.Violations(); len(vs) != 1 || vs[0].Repeat != c.want {
			t.Errorf("%s: %v", c.why, vs)
		} else if strings.HasSuffix(vs[0].String(), "a repeat") != c.want {
			t.Errorf("%s: %s", c.why, vs[0])
		}
	}
}
