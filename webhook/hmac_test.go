package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/webhook"
)

// sign makes a request with a hex signature.
func sign(header, secret, body string) webhook.Request {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return webhook.Request{Header: http.Header{header: {hex.EncodeToString(mac.Sum(nil))}}, Body: []byte(body)}
}

// The signatures were not made by the code under test: those of the key "Jefe" over "what do ya want …"
// and of the long key are test cases 2 and 6 of RFC 4231; those over "body-3", chosen because its
// base64 holds both letters in which the alphabets differ, came from another implementation.
const (
	rfcBody    = "what do ya want for nothing?"
	rfcHex     = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
	longBody   = "Test Using Larger Than Block-Size Key - Hash Key First"
	longHex    = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
	otherBody  = "body-3"
	otherHex   = "646a4a68a486f2cfdb182db860ed3a3a7abe001fe0b474eb5ee537f02ef59ac6"
	otherStd   = "ZGpKaKSG8s/bGC24YO06Onq+AB/gtHTrXuU38C71msY="
	otherURL   = "ZGpKaKSG8s_bGC24YO06Onq-AB_gtHTrXuU38C71msY="
	otherStd43 = "ZGpKaKSG8s/bGC24YO06Onq+AB/gtHTrXuU38C71msY"
	otherURL43 = "ZGpKaKSG8s_bGC24YO06Onq-AB_gtHTrXuU38C71msY"
)

func TestHMACSHA256(t *testing.T) {
	longKey := strings.Repeat("\xaa", 131)
	const ok, malformed, mismatch = webhook.Reason(""), webhook.ReasonMalformed, webhook.ReasonMismatch
	jefe := []string{"Jefe"}
	cases := []struct {
		why     string
		enc     webhook.Encoding
		secrets []string
		body    string
		values  []string
		want    webhook.Reason
	}{
		{"RFC 4231 case 2", webhook.Hex, jefe, rfcBody, []string{rfcHex}, ok},
		{"RFC 4231 case 6: a key over one block", webhook.Hex, []string{longKey}, longBody, []string{longHex}, ok},
		{"hex in upper case", webhook.Hex, jefe, rfcBody, []string{strings.ToUpper(rfcHex)}, ok},
		{"one bit off", webhook.Hex, jefe, rfcBody, []string{"4" + rfcHex[1:]}, mismatch},
		{"one byte of the body off", webhook.Hex, jefe, rfcBody + " ", []string{rfcHex}, mismatch},
		{"an empty body is not the signed one", webhook.Hex, jefe, "", []string{rfcHex}, mismatch},
		{"another key", webhook.Hex, []string{"jefe"}, rfcBody, []string{rfcHex}, mismatch},
		{"hex cut by a byte", webhook.Hex, jefe, rfcBody, []string{rfcHex[:62]}, malformed},
		{"hex of odd length", webhook.Hex, jefe, rfcBody, []string{rfcHex[:63]}, malformed},
		{"hex with something behind it", webhook.Hex, jefe, rfcBody, []string{rfcHex + "00"}, malformed},
		{"not hex", webhook.Hex, jefe, rfcBody, []string{"g" + rfcHex[1:]}, malformed},
		{"a prefix that was not configured", webhook.Hex, jefe, rfcBody, []string{"sha256=" + rfcHex}, malformed},
		{"no header", webhook.Hex, jefe, rfcBody, nil, webhook.ReasonMissing},
		{"an empty header", webhook.Hex, jefe, rfcBody, []string{""}, webhook.ReasonMissing},
		{"right twice", webhook.Hex, jefe, rfcBody, []string{rfcHex, rfcHex}, webhook.ReasonRepeated},

		{"prefixed", webhook.HexPrefixed, jefe, rfcBody, []string{"sha256=" + rfcHex}, ok},
		{"the prefix is missing", webhook.HexPrefixed, jefe, rfcBody, []string{rfcHex}, malformed},
		{"the prefix names another hash", webhook.HexPrefixed, jefe, rfcBody, []string{"sha1=" + rfcHex}, malformed},
		{"the prefix in upper case", webhook.HexPrefixed, jefe, rfcBody, []string{"SHA256=" + rfcHex}, malformed},
		{"the prefix alone", webhook.HexPrefixed, jefe, rfcBody, []string{"sha256="}, malformed},
		{"prefixed and wrong", webhook.HexPrefixed, jefe, otherBody, []string{"sha256=" + rfcHex}, mismatch},

		{"base64", webhook.Base64, jefe, otherBody, []string{otherStd}, ok},
		{"base64 without padding", webhook.Base64, jefe, otherBody, []string{otherStd43}, ok},
		{"base64 of the other alphabet", webhook.Base64, jefe, otherBody, []string{otherURL}, malformed},
		{"base64 with too much padding", webhook.Base64, jefe, otherBody, []string{otherStd + "="}, malformed},
		{"base64 with a line end, which package base64 would skip", webhook.Base64, jefe, otherBody, []string{otherStd43 + "\n"}, malformed},
		{"base64 with stray bits in its last letter", webhook.Base64, jefe, otherBody, []string{otherStd43[:42] + "Z="}, malformed},
		{"base64 and wrong", webhook.Base64, jefe, rfcBody, []string{otherStd}, mismatch},
		{"hex where base64 is meant", webhook.Base64, jefe, otherBody, []string{otherHex}, malformed},

		{"base64url", webhook.Base64URL, jefe, otherBody, []string{otherURL}, ok},
		{"base64url without padding", webhook.Base64URL, jefe, otherBody, []string{otherURL43}, ok},
		{"base64url of the other alphabet", webhook.Base64URL, jefe, otherBody, []string{otherStd}, malformed},

		{"rotation: the old key", webhook.Hex, []string{"Jefe", "new"}, rfcBody, []string{rfcHex}, ok},
		{"rotation: the new key", webhook.Hex, []string{"old", "Jefe"}, rfcBody, []string{rfcHex}, ok},
		{"rotation: neither", webhook.Hex, []string{"old", "new"}, rfcBody, []string{rfcHex}, mismatch},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			needReason(t, c.why)
			v := must(webhook.HMACSHA256("x-signature", c.enc, c.secrets...))(t)
			err := v.Verify(webhook.Request{Header: http.Header{"X-Signature": c.values}, Body: []byte(c.body)})
			if c.want == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			if check, reason := refusal(t, err); check != webhook.CheckHMACSHA256 || reason != c.want {
				t.Errorf("got %s %s, want %s %s", check, reason, webhook.CheckHMACSHA256, c.want)
			}
			if !errors.Is(err, webhook.ErrUnverified) {
				t.Error("not ErrUnverified")
			}
		})
	}
}
