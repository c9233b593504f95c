package events_test

import (
	"testing"

	"github.com/escalationkit/escalation/events"
)

// TestEscapedSurrogates: encoding/json turns half of a pair into U+FFFD without a word, so the text that
// is stored would not be the text that was sent.
func TestEscapedSurrogates(t *testing.T) {
	refused := []found{{events.CodeBodyUTF8, ""}}
	for _, c := range []struct {
		why  string
		text string // within the quotes
		want string // the text as decoded, where it is accepted
		bad  []found
	}{
		{"a whole pair is one character", `\ud83d\ude00`, "😀", nil},
		{"hex digits in capitals", `\uD83D\uDE00`, "😀", nil},
		{"the lowest pair", `\ud800\udc00`, "\U00010000", nil},
		{"the highest pair", `\udbff\udfff`, "\U0010ffff", nil},
		{"two pairs in a row", `\ud83d\ude00\ud83d\ude00`, "😀😀", nil},
		{"just below the surrogates", `\ud7ff`, "\ud7ff", nil},
		{"just above the surrogates", `\ue000`, "\ue000", nil},
		{"an honest replacement character", `\ufffd`, "\ufffd", nil},
		{"an escaped backslash before u is no escape", `\\ud83d`, `\ud83d`, nil},
		{"two escaped backslashes before u", `\\\\ud83d`, `\\ud83d`, nil},
		{"escapes of one letter in between", `\n\"\/\\ud83d`, "\n\"/\\ud83d", nil},
		{"a raw character outside the basic plane", "😀", "😀", nil},
		{"a high half at the end", `\ud83d`, "", refused},
		{"a high half before a letter", `\ud83dx`, "", refused},
		{"a high half before six letters", `\ud83dabcdef`, "", refused},
		{"a high half before another escape", `\ud83d\n`, "", refused},
		{"a high half before an escape that is no half", `\ud83d\u0041`, "", refused},
		{"a high half before a high half", `\ud83d\ud83d`, "", refused},
		{"a high half before a pair", `\ud83d\ud83d\ude00`, "", refused},
		{"a high half before an escaped backslash", `\ud83d\\ude00`, "", refused},
		{"a high half before what looks like the low one, but for the backslash", `\ud83dxude00`, "", refused},
		{"a high half before what looks like the low one, but for the u", `\ud83d\nde00`, "", refused},
		{"a high half in capitals", `\uDABC`, "", refused},
		{"a high half after an escaped backslash", `\\\ud83d`, "", refused},
		{"a low half alone", `\ude00`, "", refused},
		{"a low half after a pair", `\ud83d\ude00\ude00`, "", refused},
		{"the halves the wrong way round", `\ude00\ud83d`, "", refused},
		{"the first surrogate", `\ud800`, "", refused},
		{"the last surrogate", `\udfff`, "", refused},
	} {
		t.Run(c.why, func(t *testing.T) {
			demandReason(t, c.why)
			req, _, err := events.DecodeRequest([]byte(`{"platformConversationId":"1","eventType":"message","text":"` + c.text + `"}`))
			diff(t, "outbound", c.bad, problems(t, err))
			env, _, err := events.DecodeEnvelope([]byte(`{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetMessage","text":"` + c.text + `"}}`))
			diff(t, "inbound", c.bad, problems(t, err))
			if c.bad == nil {
				diff(t, "outbound text", events.Outbound(events.Message{Text: c.want}), req.Event)
				diff(t, "inbound text", events.Inbound(events.WidgetMessage{Text: c.want}), env.Event)
			}
		})
	}
	for _, c := range []struct{ why, body string }{
		{"in a key", `{"\ud83d":1,"platformConversationId":"1","eventType":"escalationFailed"}`},
		{"in an unknown field", `{"new":"\ud83d","platformConversationId":"1","eventType":"escalationFailed"}`},
		{"deep in an unknown field", `{"new":[{"x":["\ude00"]}],"platformConversationId":"1","eventType":"escalationFailed"}`},
		{"two halves in two strings", `{"a":"\ud83d","b":"\ude00","platformConversationId":"1","eventType":"escalationFailed"}`},
	} {
		t.Run(c.why, func(t *testing.T) {
			_, _, err := events.DecodeRequest([]byte(c.body))
			diff(t, "problems", refused, problems(t, err))
		})
	}
}

// TestTextUntouched: ids and texts come back as they were, bytes for bytes; nothing is normalised.
func TestTextUntouched(t *testing.T) {
	for _, c := range []struct{ why, text string }{
		{"composed and decomposed letters are different ids", "é"},
		{"and the other form", "e\u0301"},
		{"space at the ends belongs to the value", "  x\t"},
		{"a zero in front is no number's business", "0012"},
		{"markup is the widget's business", `<b>"hi"</b> & 'co'`},
		{"line and paragraph separators", "\u2028\u2029"},
		{"control characters other than NUL", "\x01\x1b[31m\x7f\u0085"},
		{"a byte order mark within a value", "\ufeffx"},
		{"a right-to-left override", "\u202egnp.exe"},
		{"the last code point, a non-character", "\U0010ffff"},
	} {
		t.Run(c.why, func(t *testing.T) {
			want := events.Request{ConversationID: c.text, Event: events.Message{Text: c.text}}
			body, err := want.Encode()
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := events.DecodeRequest(body)
			if err != nil {
				t.Fatal(err)
			}
			diff(t, "decoded", want, got)
		})
	}
}
