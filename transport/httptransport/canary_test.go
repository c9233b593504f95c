package httptransport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/transport/httptransport"
)

// verbs are all the verbs that fmt knows, and two it does not.
var verbs = []string{
	"%v", "%+v", "%#v", "%s", "%+s", "%q", "%+q", "%#q", "%x", "%X", "% x", "%#x", "%d", "%+d", "%b", "%o", "%O",
	"%c", "%U", "%e", "%g", "%f", "%t", "%p", "%T", "%w", "%z", "%20v", "%-20.3s",
}

// shown returns x printed in every way a program might.
func shown(x any) string {
	var b bytes.Buffer
	for _, verb := range verbs {
		fmt.Fprintf(&b, verb+"\n", x)
		fmt.Fprintf(&b, verb+"\n", &x)
		fmt.Fprintf(&b, verb+"\n", []any{x})
		fmt.Fprintf(&b, verb+"\n", struct{ inner any }{x})
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Info("it", "x", x)
	}
	if encoded, err := json.Marshal(x); err == nil {
		b.Write(encoded)
	}
	return b.String()
}

// wantNoCanary checks that x shows neither key nor text nor conversation, in hexadecimal either.
func wantNoCanary(t *testing.T, x any) {
	t.Helper()
	text := shown(x)
	for _, canary := range []string{keyCanary, textCanary, conversationCanary} {
		for _, form := range []string{
			canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), strings.Trim(fmt.Sprint([]byte(canary)), "[]"),
		} {
			if strings.Contains(text, form) {
				t.Errorf("%T shows %q as %q", x, canary, form)
			}
		}
	}
}

// plainProvider is a provider as people write them: a struct with the key as text.
type plainProvider struct{ key string }

func (p plainProvider) Credentials(context.Context, string) (httptransport.Credentials, error) {
	return httptransport.Credentials{BotID: "bot-1", Key: httptransport.NewSecret(p.key)}, nil
}

func (p plainProvider) Refresh(context.Context, string, httptransport.Credentials) (httptransport.Credentials, error) {
	return httptransport.Credentials{}, errors.New("no other key")
}

// TestNothingShowsTheCanaries prints everything this package hands out, and reads its log.
func TestNothingShowsTheCanaries(t *testing.T) {
	var logged bytes.Buffer
	creds := httptransport.Credentials{BotID: "bot-1", Key: httptransport.NewSecret(keyCanary), OrganizationID: "org"}
	wantNoCanary(t, creds)
	wantNoCanary(t, static(t, "bot-1", keyCanary))
	for _, status := range []int{200, 202, 302, 400, 401, 404, 429, 500, 503} {
		url, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Location", "/"+textCanary)
			w.Header().Set("Retry-After", textCanary)
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, "%s %s", body, r.Header.Get("Authorization"))
		})
		tr := open(t, plainProvider{keyCanary}, httptransport.Config{
			BaseURL: url, Logger: slog.New(slog.NewTextHandler(&logged, nil)),
		})
		res := tr.Send(t.Context(), message())
		if res.Status != status {
			t.Errorf("status %d, want %d: %v", res.Status, status, res.Err)
		}
		wantNoCanary(t, tr)
		wantNoCanary(t, res)
		for err := res.Err; err != nil; err = errors.Unwrap(err) {
			wantNoCanary(t, err)
		}
	}
	wantNoCanary(t, logged.String())
	if !strings.Contains(logged.String(), "status=202") {
		t.Errorf("no warning for an acknowledgement other than 200: %q", logged.String())
	}
}

// TestErrorsShowNoCanary: errors made before anything is sent.
func TestErrorsShowNoCanary(t *testing.T) {
	_, err := httptransport.Static("bot-1", keyCanary+"\n")
	if err == nil {
		t.Fatal("a key with a line break was taken")
	}
	wantNoCanary(t, err)
	_, err = httptransport.New(static(t, "bot-1", keyCanary), &httptransport.Config{
		BaseURL: "https://user:" + keyCanary + "@example.com/?key=" + keyCanary,
	})
	if err == nil {
		t.Fatal("a base URL with a password was taken")
	}
	wantNoCanary(t, err)

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the visitor of " + conversationCanary + " left"))
	tr := open(t, static(t, "bot-1", keyCanary), httptransport.Config{BaseURL: "http://127.0.0.1:1"})
	res := tr.Send(ctx, message())
	wantNoCanary(t, res)
	if !errors.Is(res.Err, context.Canceled) {
		t.Errorf("err is %v", res.Err)
	}
}
