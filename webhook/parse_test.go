package webhook_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/webhook"
)

func TestParse(t *testing.T) {
	v := must(webhook.HMACSHA256("X-Sig", webhook.Hex, "alpha"))(t)
	body := `{"botId":"bot-1","later":1,"data":{"platformConversationId":"123456789","eventType":"widgetMessage","text":"hi","mood":{}}}`
	env, unknown, err := webhook.Parse(sign("X-Sig", "alpha", body), v)
	if err != nil {
		t.Fatal(err)
	}
	want := events.Envelope{BotID: "bot-1", ConversationID: "123456789", Event: events.WidgetMessage{Text: "hi"}}
	if diff := cmp.Diff(want, env); diff != "" {
		t.Errorf("envelope (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"later", "data.mood"}, unknown); diff != "" {
		t.Errorf("unknown fields (-want +got):\n%s", diff)
	}
}

func TestParseNeedsVerifier(t *testing.T) {
	for _, v := range []webhook.Verifier{nil, webhook.VerifierFunc(nil)} {
		env, _, err := webhook.Parse(webhook.Request{Body: []byte(bodyEnd)}, v)
		if err == nil || !strings.Contains(err.Error(), "NoVerification()") || env != (events.Envelope{}) {
			t.Errorf("%T: got %v, %v", v, env, err)
		}
		if errors.Is(err, webhook.ErrUnverified) {
			t.Error("the host's mistake would be answered as the sender's")
		}
	}
}

// What was not verified is not decoded, so its content cannot matter.
func TestParseVerifiesFirst(t *testing.T) {
	v := must(webhook.SharedSecret("X-A", "alpha"))(t)
	for _, body := range []string{"", "{", bodyEnd, `{"data":{"eventType":"isTeamOnline"}}`} {
		env, unknown, err := webhook.Parse(webhook.Request{Header: http.Header{}, Body: []byte(body)}, v)
		if !errors.Is(err, webhook.ErrUnverified) || unknown != nil || env != (events.Envelope{}) {
			t.Errorf("%q: got %v, %v, %v", body, env, unknown, err)
		}
		if name, ok := webhook.Foreign(err); ok || name != "" {
			t.Errorf("%q: unverified, yet taken for an event of another API", body)
		}
	}
	sly := webhook.VerifierFunc(func(webhook.Request) error {
		return &events.InvalidError{Problems: []events.Problem{{Code: events.CodeEventType}}, EventType: "isTeamOnline"}
	})
	if _, _, err := webhook.Parse(webhook.Request{}, sly); !errors.Is(err, webhook.ErrUnverified) {
		t.Errorf("got %v", err)
	} else if _, ok := webhook.Foreign(err); ok {
		t.Error("a verifier's own InvalidError was taken for an event of another API")
	}
}

func TestForeign(t *testing.T) {
	cases := []struct {
		why, body, want string // want empty: not foreign
	}{
		{"a Chat API event", `{"botId":"b","data":{"eventType":"isTeamOnline"}}`, "isTeamOnline"},
		{"whatever else it lacks", `{"data":{"eventType":"sendMessage","platformConversationId":7}}`, "sendMessage"},
		{"our own name in another case is another name", `{"data":{"eventType":"WidgetEscalate"}}`, "WidgetEscalate"},
		{"an outbound event does not belong here", `{"data":{"eventType":"escalationSuccess"}}`, "escalationSuccess"},
		{"a long name is cut to 40 bytes", `{"data":{"eventType":"` + strings.Repeat("x", 300) + `"}}`, strings.Repeat("x", 37) + "…"},
		{"one of ours, valid", bodyEnd, ""},
		{"one of ours, invalid", `{"data":{"eventType":"widgetEndSession"}}`, ""},
		{"no event type", `{"botId":"b","data":{}}`, ""},
		{"an empty event type", `{"botId":"b","data":{"eventType":""}}`, ""},
		{"an event type that is no string", `{"botId":"b","data":{"eventType":1}}`, ""},
		{"the key in another case", `{"botId":"b","data":{"EventType":"isTeamOnline"}}`, ""},
		{"two event types", `{"botId":"b","data":{"eventType":"isTeamOnline","eventType":"isTeamOnline"}}`, ""},
		{"not JSON", `isTeamOnline`, ""},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			needReason(t, c.why)
			_, _, err := webhook.Parse(webhook.Request{Body: []byte(c.body)}, webhook.NoVerification())
			if name, ok := webhook.Foreign(err); name != c.want || ok != (c.want != "") {
				t.Errorf("got %q, %v, want %q; error %v", name, ok, c.want, err)
			}
		})
	}
	if _, ok := webhook.Foreign(nil); ok {
		t.Error("nil is no foreign event")
	}
}

// Flipping anything in a signed request makes Parse refuse it.
func TestTamperingIsRefused(t *testing.T) { rapid.Check(t, tamperingIsRefused) }

func FuzzTamperingIsRefused(f *testing.F) { f.Fuzz(rapid.MakeFuzz(tamperingIsRefused)) }

func tamperingIsRefused(t *rapid.T) {
	secret := rapid.StringN(1, 200, -1).Draw(t, "secret")
	v, err := webhook.HMACSHA256("X-Sig", webhook.Hex, "another", secret)
	if err != nil {
		t.Fatal(err)
	}
	r := sign("X-Sig", secret, bodyMessage)
	if _, _, err := webhook.Parse(r, v); err != nil {
		t.Fatalf("untouched: %v", err)
	}
	at := rapid.IntRange(0, len(r.Body)-1).Draw(t, "at")
	r.Body[at] ^= rapid.ByteRange(1, 255).Draw(t, "flip")
	if _, _, err := webhook.Parse(r, v); !errors.Is(err, webhook.ErrUnverified) {
		t.Fatalf("byte %d changed: %v", at, err)
	}
}

// Parse never panics, and what it accepts is a valid event that encodes to itself.
func FuzzParse(f *testing.F) {
	for _, body := range []string{bodyEscalate, bodyMessage, bodyEnd, "", "{}", `{"data":null}`,
		`{"botId":"b","x":[],"data":{"platformConversationId":"\u0041","eventType":"widgetMessage","text":"<\ud83d\ude00>"}}`,
		`{"data":{"eventType":"isTeamOnline","a":{"b":[1,{}]}}}`} {
		f.Add([]byte(body), "alpha")
		f.Add([]byte(body), "")
	}
	secret := must(webhook.SharedSecret("X-A", "alpha"))(f)
	f.Fuzz(func(t *testing.T, body []byte, value string) {
		env, unknown, err := webhook.Parse(webhook.Request{Header: http.Header{"X-A": {value}}, Body: body}, secret)
		if (value == "alpha") == errors.Is(err, webhook.ErrUnverified) {
			t.Fatalf("secret %q: %v", value, err)
		}
		if err != nil {
			webhook.Foreign(err)
			return
		}
		again, err := env.Encode()
		if err != nil {
			t.Fatalf("accepted, but cannot be encoded: %v", err)
		}
		back, none, err := events.DecodeEnvelope(again)
		if err != nil || back != env || none != nil {
			t.Fatalf("%+v (unknown %q) came back as %+v (unknown %q), %v", env, unknown, back, none, err)
		}
	})
}
