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
		{"everything at once", nil, nil, &webhook.Config{MaxBody: -1, ReadTimeout: -1, ReceiveTimeout: -1},
			[]string{"no receiver", "NoVerification()", "MaxBody is -1", "ReadTimeout", "ReceiveTimeout"}},
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
	cfg := &webhook.Config{Fallback: http.NotFoundHandler()}
	h := must(webhook.NewHandler(&recorder{}, webhook.NoVerification(), cfg))(t)
	if cfg.Fallback == nil || cfg.MaxBody != 0 || cfg.ReadTimeout != 0 || cfg.ReceiveTimeout != 0 || cfg.Logger != nil {
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
