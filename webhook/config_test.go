package webhook_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/webhook"
)

func TestNewHandlerChecksEverything(t *testing.T) {
	recv, v := &recorder{}, webhook.NoVerification()
	id := func(name string) *webhook.Config { return &webhook.Config{DeliveryIDHeader: name} }
	secret := must(webhook.SharedSecret("X-Hook-Secret", "alpha"))(t)
	mac := must(webhook.HMACSHA256("x-sig", webhook.Hex, "alpha"))(t)
	both := must(webhook.All(webhook.NoVerification(), must(webhook.All(secret, mac))(t)))(t)
	cases := []struct {
		why  string
		recv webhook.Receiver
		v    webhook.Verifier
		cfg  *webhook.Config
		want []string // none: no error
	}{
		{"nil config", recv, v, nil, nil},
		{"zero config", recv, v, &webhook.Config{}, nil},
		{"the smallest body", recv, v, &webhook.Config{MaxBody: 1}, nil},
		{"the largest body", recv, v, &webhook.Config{MaxBody: events.MaxBodyBytes}, nil},
		{"no receiver", nil, v, nil, []string{"no receiver"}},
		{"a nil function is no receiver", webhook.ReceiverFunc(nil), v, nil, []string{"no receiver"}},
		{"no verifier: what to write if that is meant", recv, nil, nil, []string{"pass NoVerification()"}},
		{"a nil function is no verifier", recv, webhook.VerifierFunc(nil), nil, []string{"pass NoVerification()"}},
		{"a body that the codec would refuse", recv, v, &webhook.Config{MaxBody: events.MaxBodyBytes + 1}, []string{"MaxBody"}},
		{"a receiver that can tell repeats", &ledger{}, v, id("X-Delivery-Id"), nil},
		{"no header: nothing to tell repeats by, so any receiver will do", recv, v, id(""), nil},
		{"a header beside those that are verified", &ledger{}, both, id("X-Delivery-Id"), nil},
		{"a receiver that cannot tell repeats", recv, v, id("X-Delivery-Id"), []string{"*webhook_test.recorder", "OnceReceiver"}},
		{"a function that cannot either", webhook.ReceiverFunc(recv.Receive), v, id("X-Delivery-Id"), []string{"webhook.ReceiverFunc", "OnceReceiver"}},
		{"a nil function with an id is no receiver", webhook.OnceReceiverFunc(nil), v, id("X-Delivery-Id"), []string{"no receiver"}},
		{"a nil function with an id that nobody needs", webhook.OnceReceiverFunc(nil), v, nil, []string{"no receiver"}},
		{"a name with a space", &ledger{}, v, id("X-Delivery-Id "), []string{"not a valid header name"}},
		{"a name with a colon", &ledger{}, v, id("X-Delivery-Id:"), []string{"not a valid header name"}},
		{"a name that is not ASCII", &ledger{}, v, id("X-Zustellung-№"), []string{"not a valid header name"}},
		{"one value for every delivery of a sender", &ledger{}, v, id("user-agent"), []string{"does not name deliveries"}},
		{"net/http never shows it", &ledger{}, v, id("Host"), []string{"does not name deliveries"}},
		{"a key would be stored as an id", &ledger{}, v, id("AUTHORIZATION"), []string{"does not name deliveries"}},
		{"the secret would be stored as an id", &ledger{}, secret, id("x-hook-secret"), []string{"the verifier reads"}},
		{"equal words have equal signatures", &ledger{}, mac, id("X-Sig"), []string{"the verifier reads"}},
		{"the same, within All within All", &ledger{}, both, id("X-Sig"), []string{"the verifier reads"}},
		{"and its other header", &ledger{}, both, id("X-Hook-Secret"), []string{"the verifier reads"}},
		{"everything at once", nil, nil, &webhook.Config{MaxBody: -1, ReadTimeout: -1, ReceiveTimeout: -1, DeliveryIDHeader: "?:"},
			[]string{"no receiver", "NoVerification()", "MaxBody is -1", "ReadTimeout", "ReceiveTimeout", "DeliveryIDHeader"}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			needReason(t, c.why)
			h, err := webhook.NewHandler(c.recv, c.v, c.cfg)
			if (err == nil) != (len(c.want) == 0) || (h == nil) != (err != nil) {
				t.Fatalf("got %v, %v", h, err)
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
		})
	}
}

func TestConfigIsCopied(t *testing.T) {
	cfg := &webhook.Config{Fallback: http.NotFoundHandler(), DeliveryIDHeader: "x-delivery-id"}
	h := must(webhook.NewHandler(&ledger{}, webhook.NoVerification(), cfg))(t)
	if cfg.Fallback == nil || cfg.DeliveryIDHeader != "x-delivery-id" || cfg.MaxBody != 0 || cfg.ReadTimeout != 0 || cfg.ReceiveTimeout != 0 || cfg.Logger != nil {
		t.Errorf("the caller's struct was written to: %+v", cfg)
	}
	cfg.MaxBody, cfg.ReceiveTimeout = 1, time.Nanosecond
	if res, _ := serve(h, post(bodyEnd)); res.StatusCode != 200 {
		t.Errorf("a later change of the caller's struct took effect: %d", res.StatusCode)
	}
}

func TestDefaults(t *testing.T) {
	log, out := logger()
	before := slog.Default()
	slog.SetDefault(log)
	defer slog.SetDefault(before)
	h := must(webhook.NewHandler(&recorder{}, webhook.NoVerification(), nil))(t)
	padded := func(n int) string { return bodyEnd + strings.Repeat(" ", n-len(bodyEnd)) }
	if res, _ := serve(h, post(padded(64<<10))); res.StatusCode != 200 {
		t.Errorf("64 KiB: %d", res.StatusCode)
	}
	if res, _ := serve(h, post(padded(64<<10+1))); res.StatusCode != 413 {
		t.Errorf("one byte more: %d", res.StatusCode)
	}
	if !strings.Contains(out.String(), "status=413") {
		t.Errorf("the default logger was not used: %s", out)
	}
}

// What stands where a header's name belongs may be a secret.
func TestErrorsDoNotRepeatTheDeliveryIDHeader(t *testing.T) {
	for _, name := range []string{"canary 7", "Canary\n", "authorization"} {
		_, err := webhook.NewHandler(&ledger{}, webhook.NoVerification(), &webhook.Config{DeliveryIDHeader: name})
		if err == nil || strings.Contains(strings.ToLower(err.Error()), strings.ToLower(name)) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
