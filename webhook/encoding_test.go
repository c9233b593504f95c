package webhook_test

import (
	"strings"
	"testing"

	"github.com/escalationkit/escalation/webhook"
)

func TestEncodingText(t *testing.T) {
	want := map[webhook.Encoding]string{
		webhook.Hex: "hex", webhook.HexPrefixed: "hex-prefixed", webhook.Base64: "base64", webhook.Base64URL: "base64url",
	}
	for enc, name := range want {
		if !enc.Valid() || enc.String() != name {
			t.Errorf("%d: valid %v, name %q, want %q", enc, enc.Valid(), enc, name)
		}
		text, err := enc.MarshalText()
		var back webhook.Encoding
		if err != nil || back.UnmarshalText(text) != nil || back != enc {
			t.Errorf("%v does not survive the round trip: %q, %v, %v", enc, text, err, back)
		}
	}
	for _, enc := range []webhook.Encoding{0, 5, 255} {
		if _, err := enc.MarshalText(); enc.Valid() || err == nil {
			t.Errorf("%v passes as valid", enc)
		}
	}
	for _, text := range []string{"", "HEX", "base32"} {
		enc := webhook.Base64
		err := enc.UnmarshalText([]byte(text))
		if err == nil || enc != webhook.Base64 {
			t.Errorf("%q was read as %v", text, enc)
		}
		if text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats %q", text)
		}
	}
}
