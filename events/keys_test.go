package events_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/events"
)

// TestKeys: what encoding/json would silently merge, a decoder that guards a session must refuse.
// Members go in front of a good message, and of the data of a good envelope.
func TestKeys(t *testing.T) {
	for _, c := range []struct {
		why     string
		members string
		want    []found // Field relative to the payload
	}{
		{"the last of two equal keys would win", `"text":"first",`, []found{{events.CodeBodyKeys, "text"}}},
		{"even with the same value", `"text":"hi",`, []found{{events.CodeBodyKeys, "text"}}},
		{"a second type could end a session", `"eventType":"widgetEndSession",`, []found{{events.CodeBodyKeys, "eventType"}}},
		{"a second id could hit another conversation", `"platformConversationId":"2",`, []found{{events.CodeBodyKeys, "platformConversationId"}}},
		{"another case of a key is the same key to many parsers", `"EVENTTYPE":"widgetEndSession",`, []found{{events.CodeBodyKeys, "eventType"}}},
		{"one letter is enough", `"platformConversationID":"2",`, []found{{events.CodeBodyKeys, "platformConversationId"}}},
		{"escapes do not hide a duplicate", `"\u0074ext":"first",`, []found{{events.CodeBodyKeys, "text"}}},
		{"an unknown key twice", `"new":1,"new":2,`, []found{{events.CodeBodyKeys, "new"}}},
		{"an unknown key in two cases", `"new":1,"New":2,`, []found{{events.CodeBodyKeys, "New"}}},
		{"the empty key twice", `"":1,"":2,`, []found{{events.CodeBodyKeys, ""}}},
		{"two keys that fold together only by the Kelvin sign", `"key":1,"\u212aey":2,`, []found{{events.CodeBodyKeys, "\u212aey"}}},
		{"or only by the long s", `"sun":1,"\u017fun":2,`, []found{{events.CodeBodyKeys, "\u017fun"}}},
		{"a long duplicate is cut in the error", `"` + strings.Repeat("n", 50) + `":1,"` + strings.Repeat("n", 50) + `":2,`,
			[]found{{events.CodeBodyKeys, strings.Repeat("n", 37) + "…"}}},
		{"a duplicate cannot forge a line of a log", `"a\nb":1,"a\nb":2,`, []found{{events.CodeBodyKeys, "a?b"}}},
		{"a NUL ends a key early for some parsers", `"text\u0000x":"first",`, []found{{events.CodeBodyKeys, ""}}},
	} {
		t.Run(c.why, func(t *testing.T) {
			demandReason(t, c.why)
			_, _, err := events.DecodeRequest([]byte(`{` + c.members + `"platformConversationId":"1","eventType":"message","text":"hi"}`))
			diff(t, "outbound", c.want, problems(t, err))
			_, _, err = events.DecodeEnvelope([]byte(`{"botId":"b","data":{` + c.members + `"platformConversationId":"1","eventType":"widgetMessage","text":"hi"}}`))
			below := found{c.want[0].Code, strings.TrimSuffix("data."+c.want[0].Field, ".")}
			if strings.HasPrefix(c.members, `""`) {
				below.Field = "data." // the field's name is empty
			}
			diff(t, "inbound", []found{below}, problems(t, err))
		})
	}
}

// TestLoneKeyInAnotherCase: not a duplicate, but two parsers would still disagree on it.
func TestLoneKeyInAnotherCase(t *testing.T) {
	for _, c := range []struct {
		why, body string
		want      []found
	}{
		{"an optional field in capitals is not drift", `{"platformConversationId":"1","eventType":"escalationSuccess","AGENT":"J"}`,
			[]found{{events.CodeBodyKeys, "AGENT"}}},
		{"the type misspelt is missing as well", `{"platformConversationId":"1","eventtype":"message","text":"hi"}`,
			[]found{{events.CodeBodyKeys, "eventtype"}, {events.CodeEventType, "eventType"}}},
		{"the id misspelt is missing as well", `{"platformConversationID":"1","eventType":"escalationFailed"}`,
			[]found{{events.CodeBodyKeys, "platformConversationID"}, {events.CodeConversationID, "platformConversationId"}}},
		{"the long s folds to s, as encoding/json has it", `{"platformConver` + "ſ" + `ationId":"1","eventType":"escalationFailed"}`,
			[]found{{events.CodeBodyKeys, "platformConver" + "ſ" + "ationId"}, {events.CodeConversationID, "platformConversationId"}}},
		{"written as an escape it is the same letter", `{"platformConver\u017fationId":"1","eventType":"escalationFailed"}`,
			[]found{{events.CodeBodyKeys, "platformConver" + "ſ" + "ationId"}, {events.CodeConversationID, "platformConversationId"}}},
	} {
		t.Run(c.why, func(t *testing.T) {
			_, unknown, err := events.DecodeRequest([]byte(c.body))
			diff(t, "problems", c.want, problems(t, err))
			diff(t, "unknown", []string(nil), unknown)
		})
	}
	for _, c := range []struct {
		why, body string
		want      []found
	}{
		{"around data", `{"botid":"b","data":{"platformConversationId":"1","eventType":"widgetEndSession"}}`,
			[]found{{events.CodeBodyKeys, "botid"}, {events.CodeBotID, "botId"}}},
		{"data itself", `{"botId":"b","Data":{"platformConversationId":"1","eventType":"widgetEndSession"}}`,
			[]found{{events.CodeBodyKeys, "Data"}, {events.CodeFieldType, "data"}}},
		{"within data", `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetEscalate","escalateto":"x"}}`,
			[]found{{events.CodeBodyKeys, "data.escalateto"}}},
	} {
		t.Run(c.why, func(t *testing.T) {
			_, _, err := events.DecodeEnvelope([]byte(c.body))
			diff(t, "problems", c.want, problems(t, err))
		})
	}
}

// TestUnknownFieldsAreReported: the vendor may add fields; that is news, not an error.
func TestUnknownFieldsAreReported(t *testing.T) {
	const news = `"a":null,"b":1e999,"c":true,"d":[{"x":[[]]}],"e":{"text":1,"text":2},"f":"\u0000","":"","` + "é\u200b" + `":"",`
	_, unknown, err := events.DecodeRequest([]byte(`{` + news + `"platformConversationId":"1","eventType":"escalationFailed"}`))
	diff(t, "outbound problems", []found(nil), problems(t, err))
	diff(t, "outbound, in order", []string{"a", "b", "c", "d", "e", "f", "", "é\u200b"}, unknown)

	_, unknown, err = events.DecodeEnvelope([]byte(`{"ts":1,"botId":"b","data":{` + news + `"platformConversationId":"1","eventType":"widgetEndSession"},"v":2}`))
	diff(t, "inbound problems", []found(nil), problems(t, err))
	diff(t, "inbound, in order", []string{"ts", "data.a", "data.b", "data.c", "data.d", "data.e", "data.f", "data.", "data.é\u200b", "v"}, unknown)

	deep := strings.Repeat(`{"x":[`, 4000) + `"]}"` + strings.Repeat(`]}`, 4000)
	_, unknown, err = events.DecodeRequest([]byte(`{"deep" : ` + deep + ` , "n" : -1 ,"platformConversationId":"1","eventType":"escalationFailed","last":0}`))
	diff(t, "nested problems", []found(nil), problems(t, err))
	diff(t, "nested, before a number, at the end", []string{"deep", "n", "last"}, unknown)

	_, unknown, err = events.DecodeRequest([]byte(`{"new":1,"platformConversationId":"1","eventType":"agentTyping"}`))
	diff(t, "refused", []found{{events.CodeEventType, "eventType"}}, problems(t, err))
	diff(t, "reported beside a refusal", []string{"new"}, unknown)
}

// TestManyKeys: a body full of keys takes time in proportion. Comparing every pair of these keys
// would take minutes, so the bound is far from both.
func TestManyKeys(t *testing.T) {
	var body strings.Builder
	body.WriteString(`{"platformConversationId":"1","eventType":"escalationFailed"`)
	keys := 0
	for ; body.Len() < events.MaxBodyBytes-20; keys++ {
		fmt.Fprintf(&body, `,"%x":0`, keys)
	}
	body.WriteString("}")
	start := time.Now()
	_, unknown, err := events.DecodeRequest([]byte(body.String()))
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "unknown keys", keys, len(unknown))
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("%d keys took %v", keys, took)
	}
}
