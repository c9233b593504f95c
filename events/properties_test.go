package events_test

import (
	"testing"

	"github.com/escalationkit/escalation/escalationtest/gen"
	"github.com/escalationkit/escalation/events"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// What is encoded decodes to the same value, without drift; what is refused yields no body.

func TestRequestRoundTrip(t *testing.T) { rapid.Check(t, requestRoundTrip) }
func FuzzRequestRoundTrip(f *testing.F) { f.Fuzz(rapid.MakeFuzz(requestRoundTrip)) }

func requestRoundTrip(t *rapid.T) {
	want := gen.AnyRequest().Draw(t, "request")
	body, err := want.Encode()
	if invalid := want.Validate(); err != nil || invalid != nil {
		if body != nil || cmp.Diff(invalid, err) != "" {
			t.Fatalf("Validate: %v; Encode: %v with a body of %d bytes", invalid, err, len(body))
		}
		return
	}
	got, unknown, err := events.DecodeRequest(body)
	if err != nil || len(unknown) > 0 || got != want {
		t.Fatalf("%s: %v, unknown %q (-want +got):\n%s", body, err, unknown, cmp.Diff(want, got))
	}
	judge(t, body, requestFields(got), nil)
}

func TestEnvelopeRoundTrip(t *testing.T) { rapid.Check(t, envelopeRoundTrip) }
func FuzzEnvelopeRoundTrip(f *testing.F) { f.Fuzz(rapid.MakeFuzz(envelopeRoundTrip)) }

func envelopeRoundTrip(t *rapid.T) {
	want := gen.AnyEnvelope().Draw(t, "envelope")
	body, err := want.Encode()
	if invalid := want.Validate(); err != nil || invalid != nil {
		if body != nil || cmp.Diff(invalid, err) != "" {
			t.Fatalf("Validate: %v; Encode: %v with a body of %d bytes", invalid, err, len(body))
		}
		return
	}
	got, unknown, err := events.DecodeEnvelope(body)
	if err != nil || len(unknown) > 0 || got != want {
		t.Fatalf("%s: %v, unknown %q (-want +got):\n%s", body, err, unknown, cmp.Diff(want, got))
	}
	judge(t, body, envelopeFields(got), nil)
}

// A kind has a text if and only if it is valid, and sets keep their members.

func TestKindTextRoundTrip(t *testing.T) { rapid.Check(t, kindTextRoundTrip) }
func FuzzKindTextRoundTrip(f *testing.F) { f.Fuzz(rapid.MakeFuzz(kindTextRoundTrip)) }

func kindTextRoundTrip(t *rapid.T) {
	k := gen.AnyKind().Draw(t, "kind")
	text, err := k.MarshalText()
	if (err == nil) != k.Valid() {
		t.Fatalf("%v: valid %v, MarshalText %v", k, k.Valid(), err)
	}
	if back, err := events.ParseKind(string(text)); k.Valid() && (back != k || err != nil) {
		t.Fatalf("%v came back as %v, %v", k, back, err)
	}
	set := gen.KindSet().Draw(t, "set")
	if back := events.NewKindSet(set.Kinds()...); back != set || set.Len() != len(set.Kinds()) {
		t.Fatalf("%v came back as %v; Len %d", set, back, set.Len())
	}
	if with := events.NewKindSet(append(set.Kinds(), k)...); with.Has(k) != k.Valid() {
		t.Fatalf("%v in %v: %v", k, with, with.Has(k))
	}
}

// Whatever arrives, decoding gives a value or a refusal, and an accepted body agrees with what a
// plain JSON parser makes of it.

func TestAnyBody(t *testing.T) { rapid.Check(t, anyBody) }
func FuzzAnyBody(f *testing.F) { f.Fuzz(rapid.MakeFuzz(anyBody)) }

func anyBody(t *rapid.T) {
	checkRequest(t, spoiltBody(rapid.Map(gen.Request(), encoded)).Draw(t, "outbound"))
	checkEnvelope(t, spoiltBody(rapid.Map(gen.Envelope(), encoded)).Draw(t, "inbound"))
	body := looseObject().Draw(t, "object")
	checkRequest(t, body)
	checkEnvelope(t, append(append([]byte(`{"botId":"b","data":`), body...), '}'))
	garbage := rapid.SliceOf(rapid.Byte()).Draw(t, "garbage")
	checkRequest(t, garbage)
	checkEnvelope(t, garbage)
}

// encoded drops the error: the valid generators are tested where they live, and an empty body is a
// fair input here.
func encoded[B interface{ Encode() ([]byte, error) }](b B) []byte {
	body, _ := b.Encode()
	return body
}

// spoiltBody changes a good body in a few places: bytes dropped, doubled or replaced.
func spoiltBody(good *rapid.Generator[[]byte]) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		body := append([]byte(nil), good.Draw(t, "body")...)
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			at := rapid.IntRange(0, len(body)).Draw(t, "at")
			cut := min(rapid.IntRange(0, 3).Draw(t, "cut"), len(body)-at)
			put := rapid.SampledFrom(fragments).Draw(t, "put")
			body = append(append(append([]byte(nil), body[:at]...), put...), body[at+cut:]...)
		}
		return body
	})
}

// looseObject makes objects from known and nearly known keys with values of every JSON type.
func looseObject() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		body := []byte("{")
		for i := range rapid.IntRange(0, 6).Draw(t, "members") {
			if i > 0 {
				body = append(body, ',')
			}
			body = append(body, rapid.SampledFrom(looseKeys).Draw(t, "key")...)
			body = append(body, ':')
			body = append(body, rapid.SampledFrom(looseValues).Draw(t, "value")...)
		}
		return append(body, '}')
	})
}

var (
	fragments = []string{"", "", `"`, `\`, ",", ":", "{", "}", "[]", "null", "1", "\x00", "\xff", " ", "a", `\u0000`, `\ud800`,
		`\ude00`, `"text":"x",`, `"new":1,`, `"EventType":"message",`, "😀"}
	looseKeys = []string{`"platformConversationId"`, `"platformConversationId"`, `"eventType"`, `"eventType"`, `"eventType"`, `"text"`, `"text"`,
		`"agent"`, `"agentAvatar"`, `"queuePosition"`, `"waitingTime"`, `"escalateTo"`, `"new"`, `""`, `"Text"`, `"\u0074ext"`, `"a\u0000"`, `"botId"`, `"data"`}
	looseValues = []string{`"1"`, `"x"`, `""`, `"\u0000"`, `"\ud83d\ude00"`, `"\ud83d"`, `null`, `true`, `1e9`, `[]`, `{}`, `{"a":{"a":1}}`, `"message"`,
		`"escalationSuccess"`, `"escalationQueueUpdate"`, `"escalationFailed"`, `"agentDisconnect"`, `"widgetMessage"`, `"widgetEscalate"`, `"widgetEndSession"`, `"sendMessage"`}
)
