package check

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/fsm"
)

// hostile is a verdict whose strings try to look like something else.
var hostile = Verdict{
	Line: 7, Conversation: "1\n8\x1b[2J", Kind: "a\u202e<b>", Outcome: Refused, State: fsm.Pending,
	Rules: []string{"sequence"}, Message: "unknown field \x1b]0;title\a",
}

func TestTextCannotBeForged(t *testing.T) {
	var out bytes.Buffer
	if err := NewText(&out, "two words", "b").Print("two words", hostile); err != nil {
		t.Fatal(err)
	}
	want := `"two words":7       refused  "a\u202e<b>"           conversation "1\n8\x1b[2J"  state pending    unknown field ?]0;title? (allowed: none)` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestJSONEscapesWhatItMust(t *testing.T) {
	var out bytes.Buffer
	if err := NewJSON(&out).Print("", hostile); err != nil {
		t.Fatal(err)
	}
	want := `{"line":7,"conversation":"1\n8\u001b[2J","kind":"a` + "\u202e" + `<b>","verdict":"refused","state":"pending",` +
		`"rules":["sequence"],"allowed":[],"message":"unknown field \u001b]0;title\u0007"}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestColumnsLineUp(t *testing.T) {
	var out bytes.Buffer
	p := NewText(&out)
	for _, v := range []Verdict{
		{Line: 9, Conversation: "1", Kind: "message", Outcome: Allowed, State: fsm.Connected},
		{Line: 10, Outcome: Invalid, Message: "m"},
		{Line: 1234567, Conversation: "1", Kind: "widgetEscalate", Outcome: Allowed, State: fsm.Ended},
	} {
		if err := p.Print("", v); err != nil {
			t.Fatal(err)
		}
	}
	want := "9       allowed  message                conversation 1  state connected\n" +
		"10      invalid  -                      m\n" +
		"1234567  allowed  widgetEscalate         conversation 1  state ended\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestPrintersReturnTheWritersError(t *testing.T) {
	full := errors.New("disk full")
	for _, p := range []Printer{NewText(errorWriter{full}), NewJSON(errorWriter{full})} {
		if err := p.Print("", hostile); !errors.Is(err, full) {
			t.Errorf("%T: %v", p, err)
		}
	}
}

type errorWriter struct{ err error }

func (w errorWriter) Write([]byte) (int, error) { return 0, w.err }
