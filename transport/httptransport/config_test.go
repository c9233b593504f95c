package httptransport_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/transport/httptransport"
)

func TestNilConfigMeansDefaults(t *testing.T) {
	previous := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { slog.SetDefault(previous) })
	tr, err := httptransport.New(static(t, "bot-1", keyCanary), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := tr.Endpoint(); got != "https://api.ultimate.ai/agent/converse/send-message-to-widget" {
		t.Errorf("the endpoint is %s", got)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(verb, tr); got != "httptransport.Transport("+tr.Endpoint()+")" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	if err := errors.Join(tr.Close(), tr.Close()); err != nil {
		t.Error(err)
	}
}

// TestAllProblemsAtOnce: nobody likes to mend a config one error at a time.
func TestAllProblemsAtOnce(t *testing.T) {
	cfg := &httptransport.Config{
		BaseURL: "http://example.com", AttemptTimeout: -time.Second, Client: &http.Client{Timeout: -1},
	}
	_, err := httptransport.New(nil, cfg)
	var ce *httptransport.ConfigError
	var be *httptransport.BaseURLError
	if !errors.As(err, &ce) || !errors.As(err, &be) {
		t.Fatalf("err is %v", err)
	}
	for _, part := range []string{"Provider is nil", "loopback", "AttemptTimeout is negative", "Config.Client"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if cfg.Logger != nil || cfg.Now != nil || cfg.AttemptTimeout != -time.Second {
		t.Errorf("the caller's config was written to: %+v", cfg)
	}
}

// TestRetiringHostIsWarnedOfOnce: the vendor has announced the end of *.ultimate.ai.
func TestRetiringHostIsWarnedOfOnce(t *testing.T) {
	for base, warnings := range map[string]int{
		"":                                1,
		"https://api.ultimate.ai":         1,
		"https://EU.Ultimate.AI./x":       1,
		"https://ultimate.ai":             1,
		"https://notultimate.ai":          0,
		"https://ultimate.ai.example.com": 0,
		"https://your-subdomain.zendesk.com/ai-agents/api":   0,
		"https://your-subdomain.zendesk.com/api.ultimate.ai": 0,
	} {
		var logged bytes.Buffer
		tr := open(t, static(t, "bot-1", keyCanary), httptransport.Config{
			BaseURL: base, Logger: slog.New(slog.NewTextHandler(&logged, nil)),
			Client: &http.Client{Transport: tripper(func(req *http.Request) (*http.Response, error) { return answer(req, 200), nil })},
		})
		for range 3 {
			tr.Send(t.Context(), message())
		}
		if n := strings.Count(logged.String(), "level=WARN"); n != warnings {
			t.Errorf("%q: %d warnings, want %d: %s", base, n, warnings, logged.String())
		}
	}
}
