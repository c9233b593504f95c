package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/webhook"
)

// leakyVerifier and leakyReceiver are what a careless host might write.
type leakyVerifier struct{ Secret string }

func (v leakyVerifier) Verify(r webhook.Request) error {
	if r.Header.Get(secretHeader) != v.Secret {
		return fmt.Errorf("want %s in %v, body %s", v.Secret, r.Header, r.Body)
	}
	return nil
}

type leakyReceiver struct{ Secret string }

func (r leakyReceiver) Receive(_ context.Context, env events.Envelope) error {
	return fmt.Errorf("cannot store %+v with %s", env, r.Secret)
}

func (r leakyReceiver) ReceiveOnce(_ context.Context, env events.Envelope, id string) error {
	return fmt.Errorf("cannot store %+v under %s with %s", env, id, r.Secret)
}

type leakyFallback struct{ Secret string }

func (leakyFallback) ServeHTTP(http.ResponseWriter, *http.Request) {}

// Everything that could be seen from outside is gathered and searched for the marks of secrets, texts
// and ids.
func TestNothingLeaks(t *testing.T) {
	const secret, text, id, given = "canary-secret", "canary-text", "canary-conversation", "canary-given"
	deliveries := [][]string{{"canary-delivery"}, {"canary delivery"}, {"canary-1", "canary-2"}, {strings.Repeat("canary", 50)}}
	var seen strings.Builder
	show := func(values ...any) {
		for _, v := range values {
			fmt.Fprintf(&seen, "%v\n%+v\n%#v\n%s\n%q\n%d\n%x\n", v, v, v, v, v, v, v)
			if encoded, err := json.Marshal(v); err == nil {
				seen.Write(encoded)
			}
		}
	}
	shared := must(webhook.SharedSecret(secretHeader, secret, secret+"-2"))(t)
	mac := must(webhook.HMACSHA256("X-Sig", webhook.HexPrefixed, secret))(t)
	all := must(webhook.All(shared, mac, leakyVerifier{secret}))(t)
	for _, v := range []webhook.Verifier{shared, mac, all} {
		show(v)
	}
	for _, args := range [][]string{{secret + "\n", ""}, {" " + secret, ""}} {
		_, err := webhook.SharedSecret("", args...)
		show(err)
	}
	_, err := webhook.HMACSHA256("", 9, secret, "")
	show(err)

	log, out := logger()
	body := `{"botId":"b","data":{"platformConversationId":"` + id + `","eventType":"widgetMessage","text":"` + text + `"}}`
	for _, v := range []webhook.Verifier{shared, mac, all, leakyVerifier{secret}, webhook.NoVerification()} {
		for _, recv := range []webhook.Receiver{leakyReceiver{secret}, &ledger{down: errors.New(text)}} {
			h := must(webhook.NewHandler(recv, v, &webhook.Config{Logger: log, Fallback: leakyFallback{secret}, DeliveryIDHeader: idHeader}))(t)
			show(h)
			for _, payload := range []string{body, body + "x", strings.Replace(body, "botId", "bot_id", 1),
				strings.Replace(body, `"text"`, `"odd":1,"odd"`, 1), strings.Replace(body, `"text"`, `"odd"`, 1),
				strings.Replace(body, "widgetMessage", "widgetEscalate", 1), strings.Replace(body, `:"`+text, `:"\ud800`+text, 1)} {
				for _, value := range []string{given, secret} {
					for _, delivery := range deliveries {
						res, answer := serve(h, post(payload, header(secretHeader, value), header("X-Sig", "sha256="+given),
							header(idHeader, delivery...)))
						show(res.Header, answer)
					}
				}
				_, _, err := webhook.Parse(webhook.Request{Header: http.Header{secretHeader: {given}}, Body: []byte(payload)}, v)
				seen.WriteString("\n" + fmt.Sprint(err) + "\n")
			}
		}
	}
	seen.WriteString(out.String())
	for line := range strings.Lines(seen.String()) {
		for _, mark := range []string{"canary", fmt.Sprintf("%x", "canary"), "99 97 110 97 114 121"} {
			if strings.Contains(line, mark) {
				t.Errorf("leaked: %s", line)
			}
		}
	}
	for _, line := range []string{"not taken in", "not verified", "problem=repeated", "problem=malformed", `problem="too long"`} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("the log does not say %s: too quiet for this test to mean anything", line)
		}
	}
}
