package doctor_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/doctor"
	"github.com/escalationkit/escalation/cmd/escalation/internal/post"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/webhook"
)

const key = "9f8e7d"

// heard is what a server got.
type heard struct{ path, auth, bot, secret, body string }

// server answers each request with what answer says of it, and tells what it got.
func server(t *testing.T, answer func(h heard, w http.ResponseWriter)) (url string, got func() []heard) {
	t.Helper()
	var mu sync.Mutex
	var all []heard
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h := heard{r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Botid"), r.Header.Get("X-Secret"), string(body)}
		mu.Lock()
		all = append(all, h)
		mu.Unlock()
		answer(h, w)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []heard {
		mu.Lock()
		defer mu.Unlock()
		return append([]heard(nil), all...)
	}
}

func probeAPI(t *testing.T, s doctor.Settings) []string {
	t.Helper()
	return brief(doctor.ProbeAPI(t.Context(), s, doctor.Check(s), post.NewSender(20*time.Second, nil)))
}

func probeWebhook(t *testing.T, s doctor.Settings, sign func(http.Header, []byte)) []string {
	t.Helper()
	return brief(doctor.ProbeWebhook(t.Context(), s, doctor.Check(s), sign, post.NewSender(20*time.Second, nil)))
}

func TestProbeAPI(t *testing.T) {
	for _, c := range []struct {
		why           string
		without, with int  // the answers without and with the key
		html          bool // they are pages
		want          string
		sent          int // requests
	}{
		{"the key is taken, the body is not", 401, 400, false, "ok api: … accepted key and bot id", 2},
		{"another word for no key", 403, 400, false, "ok api: … accepted key and bot id", 2},
		{"the key is not taken", 401, 401, false, "wrong api: answers 401 … does not say which", 2},
		{"a key of another bot", 401, 403, false, "wrong api: answers 403", 2},
		{"the body comes first, so nothing is known of the key", 400, 400, false, "note api: … nothing is known of the key", 2},
		{"the body comes first, and then the key is found wrong", 400, 401, false, "wrong api: answers 401", 2},
		{"an empty body is taken", 401, 200, false, "note api: … accepted key and bot id … nobody was shown anything", 2},
		{"no such bot, perhaps", 401, 404, false, "wrong api: answers 404 once it knows the key … bot id", 2},
		{"busy once it knows the key", 401, 429, false, "warning api: answers 429 … nothing is known of the key", 2},
		{"something else", 401, 418, false, "warning api: answers 418", 2},
		{"no such endpoint", 404, 400, false, "wrong api: answers 404: there is no such endpoint … key was not sent", 1},
		{"a site that takes no POST", 405, 400, false, "wrong api: answers 405 … key was not sent", 1},
		{"a redirect", 302, 400, false, "wrong api: answers 302 and sends callers elsewhere (https://other.example/login?to=…) … key was not sent", 1},
		{"a login page", 200, 400, true, "wrong api: answers 200 with an HTML page … key was not sent", 1},
		{"a page that refuses", 401, 400, true, "wrong api: answers 401 with an HTML page … key was not sent", 1},
		{"takes anything", 200, 400, false, "warning api: answers 200 to a request without a key … key was not sent", 1},
		{"broken", 502, 400, false, "warning api: is there, but answers 502 … key was not sent", 1},
		{"busy", 429, 400, false, "warning api: is there, but answers 429 … key was not sent", 1},
		{"something else at first", 418, 400, false, "warning api: answers 418 … key was not sent", 1},
	} {
		t.Run(c.why, func(t *testing.T) {
			url, got := server(t, func(h heard, w http.ResponseWriter) {
				w.Header().Set("Content-Type", map[bool]string{true: "Text/HTML; charset=utf-8", false: "application/json"}[c.html])
				w.Header().Set("Location", "https://other.example/login?to=secret")
				if h.auth == "" {
					w.WriteHeader(c.without)
				} else {
					w.WriteHeader(c.with)
				}
			})
			findings := probeAPI(t, doctor.Settings{BaseURL: url + "/base/", Key: key, BotID: "b1"})
			if !matches(findings, []string{c.want}) {
				t.Errorf("got %q, want %q", findings, c.want)
			}
			const path = "/base/agent/converse/send-message-to-widget"
			want := []heard{{path, "", "b1", "", "{}"}, {path, key, "b1", "", "{}"}}[:c.sent]
			if diff := cmp.Diff(want, got(), cmp.AllowUnexported(heard{})); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

// TestProbeAPIOfTheFake asks the fake platform, which answers as the documentation says, and looks at what it has seen.
func TestProbeAPIOfTheFake(t *testing.T) {
	fake, err := fakeapi.New("b1", key, &fakeapi.Config{BasePath: "/ai-agents/api"})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(fake)
	defer s.Close()
	base := s.URL + "/ai-agents/api"
	for _, c := range []struct {
		why  string
		s    doctor.Settings
		want string
	}{
		{"right", doctor.Settings{BaseURL: base, Key: key, BotID: "b1"}, "ok api: … accepted key and bot id"},
		{"wrong key", doctor.Settings{BaseURL: base, Key: "other", BotID: "b1"}, "wrong api: answers 401"},
		{"wrong bot", doctor.Settings{BaseURL: base, Key: key, BotID: "b2"}, "wrong api: answers 401"},
		{"wrong path", doctor.Settings{BaseURL: s.URL, Key: key, BotID: "b1"}, "wrong api: answers 404"},
	} {
		if got := probeAPI(t, c.s); !matches(got, []string{c.want}) {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
	for _, r := range fake.Requests() {
		if r.Processed || r.ConversationID != "" {
			t.Errorf("request %d reached a visitor: %+v", r.N, r)
		}
	}
}

func TestNothingIsSentWithSettingsThatAreWrong(t *testing.T) {
	url, got := server(t, func(_ heard, w http.ResponseWriter) { w.WriteHeader(200) })
	for _, c := range []struct {
		why  string
		s    doctor.Settings
		want string
	}{
		{"no key", doctor.Settings{BaseURL: url, BotID: "b1"}, "skipped api: not asked: key is not given"},
		{"no bot", doctor.Settings{BaseURL: url, Key: key}, "skipped api: not asked: bot-id is not given"},
		{"no URL", doctor.Settings{Key: key, BotID: "b1"}, "skipped api: not asked: base-url is not given"},
		{"a key with a line end", doctor.Settings{BaseURL: url, Key: key + "\n", BotID: "b1"}, "skipped api: not asked: key is wrong"},
		{"a URL with a query", doctor.Settings{BaseURL: url + "?", Key: key, BotID: "b1"}, "skipped api: not asked: base-url is wrong"},
	} {
		if got := probeAPI(t, c.s); !matches(got, []string{c.want}) {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
	for _, c := range []struct {
		why  string
		s    doctor.Settings
		want string
	}{
		{"no URL", doctor.Settings{}, "skipped webhook: not asked: webhook-url is not given"},
		{"a fragment", doctor.Settings{WebhookURL: url + "#x"}, "skipped webhook: not asked: webhook-url is wrong"},
		{"a secret that no header carries", doctor.Settings{WebhookURL: url, Secret: "s\n", SecretInHeader: true}, "skipped webhook: not asked: secret is wrong"},
	} {
		if got := probeWebhook(t, c.s, nil); !matches(got, []string{c.want}) {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
	if n := len(got()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestProbeWebhook(t *testing.T) {
	for _, c := range []struct {
		why    string
		status int
		html   bool
		want   string
	}{
		{"taken", 200, false, "ok webhook: answers 200"},
		{"taken without words", 204, false, "ok webhook: answers 204"},
		{"a page of a tunnel", 200, true, "warning webhook: answers 200 with an HTML page"},
		{"a redirect", 308, false, "wrong webhook: answers 308 and sends callers elsewhere (https://other.example/login?to=…)"},
		{"wants a secret", 401, false, "wrong webhook: answers 401 … -> give --secret"},
		{"nothing there", 404, false, "wrong webhook: answers 404"},
		{"nothing there any more", 410, false, "wrong webhook: answers 410: there is nothing at this path"},
		{"no POST", 405, false, "wrong webhook: answers 405"},
		{"too often", 429, false, "warning webhook: answers 429: it limits how often it is called"},
		{"strict about events", 400, false, "warning webhook: is reached, but answers 400"},
		{"broken", 503, false, "wrong webhook: answers 503"},
		{"odd", 999, false, "warning webhook: answers 999"},
	} {
		t.Run(c.why, func(t *testing.T) {
			url, got := server(t, func(_ heard, w http.ResponseWriter) {
				if c.html {
					w.Header().Set("Content-Type", "text/html")
				}
				w.Header().Set("Location", "https://other.example/login?to=secret")
				w.WriteHeader(c.status)
			})
			if findings := probeWebhook(t, doctor.Settings{WebhookURL: url + "/hook", BotID: "b1"}, nil); !matches(findings, []string{c.want}) {
				t.Errorf("got %q, want %q", findings, c.want)
			}
			want := []heard{{"/hook", "", "", "", `{"botId":"b1","channel":"chat","data":{"eventType":"escalationDoctorProbe","platformConversationId":"escalation-doctor"}}`}}
			if diff := cmp.Diff(want, got(), cmp.AllowUnexported(heard{})); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

// TestProbeWebhookOfTheLibrary asks a webhook as package webhook makes it.
func TestProbeWebhookOfTheLibrary(t *testing.T) {
	verifier, err := webhook.SharedSecret("X-Secret", "s3cret")
	if err != nil {
		t.Fatal(err)
	}
	receiver := webhook.ReceiverFunc(func(_ context.Context, env events.Envelope) error {
		t.Errorf("an event came in: %+v", env)
		return nil
	})
	strict, err := webhook.NewHandler(receiver, verifier, nil)
	if err != nil {
		t.Fatal(err)
	}
	open, err := webhook.NewHandler(receiver, webhook.NoVerification(), nil)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(secret string) func(http.Header, []byte) {
		return func(h http.Header, _ []byte) { h.Set("X-Secret", secret) }
	}
	for _, c := range []struct {
		why  string
		crm  http.Handler
		sign func(http.Header, []byte)
		want []string
	}{
		{"refuses what is not signed and takes what is", strict, sign("s3cret"), []string{"ok webhook: answers 200"}},
		{"another secret", strict, sign("other"), []string{"wrong webhook: answers 401 … -> compare secret, header and encoding"}},
		{"no secret where one is wanted", strict, nil, []string{"wrong webhook: answers 401 … -> give --secret"}},
		{"looks at no secret", open, sign("s3cret"), []string{"warning webhook: answers 200 to a webhook without secret", "ok webhook: answers 200"}},
		{"wants none", open, nil, []string{"ok webhook: answers 200"}},
	} {
		s := httptest.NewServer(c.crm)
		if got := probeWebhook(t, doctor.Settings{WebhookURL: s.URL}, c.sign); !matches(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
		s.Close()
	}
}

// late answers 200 after a while, in the time of a bubble.
type late time.Duration

func (l late) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(time.Duration(l)):
		return &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func TestProbeOfASlowWebhook(t *testing.T) {
	for _, c := range []struct {
		why  string
		late late
		want []string
	}{
		{"soon enough", late(3 * time.Second), []string{"ok webhook: answers 200 in 3s"}},
		{"late", late(3*time.Second + 1), []string{"ok webhook: answers 200", "warning webhook: took 3s to answer"}},
		{"too late", late(11 * time.Second), []string{"wrong webhook: no answer from crm.example.com within 10s -> let the CRM answer 200 first"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := doctor.Settings{WebhookURL: "https://crm.example.com/hook"}
			got := brief(doctor.ProbeWebhook(t.Context(), s, doctor.Check(s), nil, post.NewSender(10*time.Second, c.late)))
			if !matches(got, c.want) {
				t.Errorf("%s: got %q, want %q", c.why, got, c.want)
			}
		})
	}
}

func TestProbesOfNobody(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	want := "cannot be reached: connection refused: nothing listens on " + strings.TrimPrefix(s.URL, "http://")
	if got := probeAPI(t, doctor.Settings{BaseURL: s.URL, Key: key, BotID: "b1"}); !matches(got, []string{"wrong api: " + want + " … the key was not sent"}) {
		t.Errorf("%q", got)
	}
	if got := probeWebhook(t, doctor.Settings{WebhookURL: s.URL}, nil); !matches(got, []string{"wrong webhook: " + want}) {
		t.Errorf("%q", got)
	}
}

// TestProbeOfAWebhookThatBreaks: it is there, and what became of it stands in its log.
func TestProbeOfAWebhookThatBreaks(t *testing.T) {
	url, got := server(t, func(heard, http.ResponseWriter) { panic(http.ErrAbortHandler) })
	want := "wrong webhook: " + strings.TrimPrefix(url, "http://") + " closed the connection without an answer -> look into the CRM's log: it may have crashed on the probe"
	if findings := probeWebhook(t, doctor.Settings{WebhookURL: url}, nil); !matches(findings, []string{want}) {
		t.Errorf("got %q, want %q", findings, want)
	}
	if n := len(got()); n != 1 {
		t.Errorf("%d probes", n)
	}
}
