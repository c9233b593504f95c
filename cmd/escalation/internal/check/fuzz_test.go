package check

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/escalationkit/escalation/fsm"
)

// FuzzRead proves for any input: one verdict for every line that is not blank, all fields consistent,
// states that change on allowed lines only, and output that is one JSON value and one text line each.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"",
		"{}\n\n \r\nnull",
		`{"platformConversationId":"1","eventType":"escalationSuccess"}` + "\n" + `{"platformConversationId":"1","eventType":"message","text":"t"}`,
		`{"platformConversationId":"1","eventType":"message"}` + "\n" + `{"platformConversationId":"1","eventType":"agentDisconnect"}`,
		`{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetEscalate"}}` + "\n" +
			`{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetEndSession","x":1}}`,
		`{"data":{"eventType":"isTeamOnline"}}` + "\r\n" + `{"d\u0061ta":[]}` + "\n" + `{"data":1,"Data":2}`,
		"\xEF\xBB\xBF{\"platformConversationId\":\"\\u0000\",\"eventType\":\"\\ud800\"}\n\xff",
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	set := strict(f)
	f.Fuzz(func(t *testing.T, input []byte, requireOpen bool) {
		initial := fsm.Pending
		if requireOpen {
			initial = fsm.None
		}
		want := numbersOfLines(input)
		states := map[string]fsm.State{}
		for v, err := range New(set, requireOpen).Read(bytes.NewReader(input)) {
			if err != nil {
				t.Fatal(err)
			}
			if len(want) == 0 || v.Line != want[0] {
				t.Fatalf("verdict on line %d, want one on %v", v.Line, want)
			}
			want = want[1:]
			before, known := states[v.Conversation]
			if !known {
				before = initial
			}
			checkVerdict(t, v, before)
			states[v.Conversation] = v.State
			checkPrinted(t, v)
		}
		if len(want) > 0 {
			t.Fatalf("no verdicts on lines %v", want)
		}
	})
}

// numbersOfLines counts in its own way.
func numbersOfLines(input []byte) []int {
	var numbers []int
	for i, line := range bytes.Split(bytes.TrimPrefix(input, []byte("\uFEFF")), []byte("\n")) {
		if len(bytes.Trim(line, " \t\r")) > 0 {
			numbers = append(numbers, i+1)
		}
	}
	return numbers
}

func checkVerdict(t *testing.T, v Verdict, before fsm.State) {
	t.Helper()
	switch {
	case v.Outcome != Allowed && v.Outcome != Refused && v.Outcome != Invalid:
		t.Errorf("no outcome: %+v", v)
	case (v.Outcome == Allowed) != (len(v.Rules) == 0):
		t.Errorf("outcome and rules disagree: %+v", v)
	case v.Outcome != Allowed && v.Message == "":
		t.Errorf("no reason: %+v", v)
	case v.Outcome != Allowed && v.Conversation != "" && v.State != before:
		t.Errorf("state moved from %v: %+v", before, v)
	case v.Outcome != Invalid && v.Kind == "":
		t.Errorf("no kind: %+v", v)
	}
	seen := map[string]bool{}
	for _, id := range v.Rules {
		if id == "" || seen[id] {
			t.Errorf("rule %q: %+v", id, v)
		}
		seen[id] = true
	}
}

func checkPrinted(t *testing.T, v Verdict) {
	t.Helper()
	var out bytes.Buffer
	if err := NewJSON(&out).Print("", v); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || bytes.Count(out.Bytes(), []byte("\n")) != 1 {
		t.Errorf("not one JSON line: %q: %v", out.Bytes(), err)
	}
	if len(got) != 8 || got["conversation"] != v.Conversation || got["rules"] == nil || got["allowed"] == nil {
		t.Errorf("%q does not say what %+v says", out.Bytes(), v)
	}
	out.Reset()
	if err := NewText(&out).Print("", v); err != nil {
		t.Fatal(err)
	}
	if bytes.Count(out.Bytes(), []byte("\n")) != 1 || bytes.ContainsAny(out.Bytes(), "\x1b\r\x00\a") {
		t.Errorf("not one clean text line: %q", out.Bytes())
	}
}
