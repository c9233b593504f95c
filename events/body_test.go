package events_test

import (
	"strings"
	"testing"

	"github.com/escalationkit/escalation/events"
)

// TestBodiesRefusedAsAWhole: these faults count in either direction. A body that is fine in one
// direction is used as the stem of most cases, so that only the named fault can be the cause.
func TestBodiesRefusedAsAWhole(t *testing.T) {
	const (
		out = `{"platformConversationId":"1","eventType":"message","text":"hi"}`
		in  = `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetMessage","text":"hi"}}`
	)
	both := func(edit func(body string) string) []string { return []string{edit(out), edit(in)} }
	insert := func(old, new string) []string {
		return both(func(s string) string { return strings.Replace(s, old, new, 1) })
	}
	cases := []struct {
		why    string
		bodies []string
		want   events.Code
	}{
		{"an empty body is no JSON value", []string{""}, events.CodeBodyJSON},
		{"white space alone is no JSON value", []string{" \r\n\t"}, events.CodeBodyJSON},
		{"null is JSON but no object", []string{"null"}, events.CodeBodyJSON},
		{"a string is no object", []string{`"message"`}, events.CodeBodyJSON},
		{"a number is no object", []string{"12"}, events.CodeBodyJSON},
		{"an array of bodies is no object", both(func(s string) string { return "[" + s + "]" }), events.CodeBodyJSON},
		{"an empty array is no object", []string{" []"}, events.CodeBodyJSON},
		{"a body cut short may lack its end", both(func(s string) string { return s[:len(s)-1] }), events.CodeBodyJSON},
		{"a second object could be a second event", both(func(s string) string { return s + s }), events.CodeBodyJSON},
		{"a stray bracket after the object", both(func(s string) string { return s + "}" }), events.CodeBodyJSON},
		{"a NUL after the object ends a C string early", both(func(s string) string { return s + "\x00" }), events.CodeBodyJSON},
		{"a comma before the end is not JSON", both(func(s string) string { return s[:len(s)-1] + ",}" }), events.CodeBodyJSON},
		{"single quotes are not JSON", both(func(s string) string { return strings.ReplaceAll(s, `"`, "'") }), events.CodeBodyJSON},
		{"a comment is not JSON", both(func(s string) string { return s + "// hi" }), events.CodeBodyJSON},
		{"a byte order mark is no white space", both(func(s string) string { return "\ufeff" + s }), events.CodeBodyJSON},
		{"a no-break space is no white space", both(func(s string) string { return "\u00a0" + s }), events.CodeBodyJSON},
		{"a raw NUL may not stand in a string", insert("hi", "h\x00i"), events.CodeBodyJSON},
		{"a raw line break may not stand in a string", insert("hi", "h\ni"), events.CodeBodyJSON},
		{"an unknown escape is not JSON", insert("hi", `h\xi`), events.CodeBodyJSON},
		{"a half escape is not JSON", insert("hi", `\u00`), events.CodeBodyJSON},
		{"NaN is not JSON", insert(`"hi"`, "NaN"), events.CodeBodyJSON},
		{"UTF-16 is not UTF-8", both(utf16LE), events.CodeBodyUTF8},
		{"a stray byte would turn into U+FFFD", insert("hi", "h\xffi"), events.CodeBodyUTF8},
		{"a character cut short would turn into U+FFFD", insert("hi", "h\xe6\xbc"), events.CodeBodyUTF8},
		{"an overlong slash is a way round filters", insert("hi", "\xc0\xaf"), events.CodeBodyUTF8},
		{"an encoded surrogate is no character", insert("hi", "\xed\xa0\x80"), events.CodeBodyUTF8},
		{"a stray byte in a key", insert(`{`, "{\"\xff\":1,"), events.CodeBodyUTF8},
		{"a stray byte in an unknown field", insert(`{`, "{\"new\":\"\xff\","), events.CodeBodyUTF8},
		{"nesting beyond encoding/json's bound", []string{strings.Repeat("[", 100_000)}, events.CodeBodyJSON},
		{"balanced nesting beyond that bound", insert(`{`, `{"new":`+strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)+","), events.CodeBodyJSON},
		{"one byte over the limit, white space though it is", both(func(s string) string {
			return s + strings.Repeat(" ", events.MaxBodyBytes+1-len(s))
		}), events.CodeBodySize},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			demandReason(t, c.why)
			for _, body := range c.bodies {
				want := []found{{c.want, ""}}
				req, unknown, err := events.DecodeRequest([]byte(body))
				diff(t, "outbound problems", want, problems(t, err))
				diff(t, "outbound rest", events.Request{}, req)
				diff(t, "outbound unknown", []string(nil), unknown)
				env, unknown, err := events.DecodeEnvelope([]byte(body))
				diff(t, "inbound problems", want, problems(t, err))
				diff(t, "inbound rest", events.Envelope{}, env)
				diff(t, "inbound unknown", []string(nil), unknown)
			}
		})
	}
}

func TestBodiesAccepted(t *testing.T) {
	const stem = `{"platformConversationId":"1","eventType":"message","text":"hi"`
	for _, c := range []struct{ why, body string }{
		{"white space around the object means nothing", " \t\r\n" + stem + "}\n\n"},
		{"white space within the object means nothing", strings.NewReplacer(":", " : ", ",", "\n,\t").Replace(stem) + " }"},
		{"escapes in a key spell the same key", strings.Replace(stem, "text", `\u0074e\u0078t`, 1) + "}"},
		{"escapes in a value spell the same value", strings.Replace(stem, "hi", `\u0068\u0069`, 1) + "}"},
		{"exactly the limit is allowed", stem + "}" + strings.Repeat(" ", events.MaxBodyBytes-len(stem)-1)},
	} {
		t.Run(c.why, func(t *testing.T) {
			req, unknown, err := events.DecodeRequest([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			diff(t, "decoded", events.Request{ConversationID: "1", Event: events.Message{Text: "hi"}}, req)
			diff(t, "unknown", []string(nil), unknown)
		})
	}
}

// utf16LE writes plain ASCII as UTF-16 with a byte order mark.
func utf16LE(s string) string {
	out := []byte{0xff, 0xfe}
	for i := range len(s) {
		out = append(out, s[i], 0)
	}
	return string(out)
}
