package fakeapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

func TestWebhooksOverRealHTTP(t *testing.T) {
	type call struct {
		Method, URI, Type, Signature, Body string
	}
	var calls []call // one conversation: one at a time
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		calls = append(calls, call{r.Method, r.RequestURI, r.Header.Get("Content-Type"), r.Header.Get("X-Sig") + user + password, string(body)})
		w.WriteHeader(202)
		fmt.Fprint(w, strings.Repeat("x", 5000))
	}))
	defer front.Close()
	s := newServer(t, nil)
	must(t, s.SetWebhook(&fakeapi.Webhook{
		URL:     strings.Replace(front.URL, "://", "://me:pass@", 1) + "/hook?a=b",
		Channel: "web",
		Sign: func(h http.Header, body []byte) {
			h.Set("X-Sig", fmt.Sprint(len(body)))
			clear(body) // a careless signer
		},
	}))
	must(t, s.Escalate("c1", "support"))
	must(t, s.Write("c1", `<b> & "ü"`))
	must(t, s.Leave("c1"))
	must(t, s.WaitWebhooks(bounded(t), 3))
	head := `{"botId":"bot-1","channel":"web","data":{"platformConversationId":"c1","eventType":`
	var want []call
	for _, body := range []string{
		head + `"widgetEscalate","escalateTo":"support"}}`,
		head + `"widgetMessage","text":"<b> & \"ü\""}}`,
		head + `"widgetEndSession"}}`,
	} {
		want = append(want, call{"POST", "/hook?a=b", "application/json", fmt.Sprint(len(body)) + "mepass", body})
	}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Error(diff)
	}
	for i, r := range s.Webhooks() {
		if r.N != i+1 || r.Of != r.N || r.Status != 202 || r.Err != "" || !r.Ended || r.Dropped || r.Round != 1 || string(r.Body) != want[i].Body ||
			len(r.Answer) != 4096 || r.Sent.IsZero() || r.Took <= 0 || r.BotID != "bot-1" || r.ConversationID != "c1" {
			t.Errorf("%+v", r)
		}
	}
}

// What the URL says of a user does not stand in the way of a signature in the same place.
func TestSignatureInPlaceOfTheUser(t *testing.T) {
	s, c := newPair(t, nil)
	var got string
	c.answer = func(r *http.Request, _ string) (*http.Response, error) {
		got = r.Header.Get("Authorization")
		return status(200), nil
	}
	sign, err := fakeapi.SharedSecretSigner("Authorization", "secret")
	must(t, err)
	must(t, s.SetWebhook(&fakeapi.Webhook{URL: "http://me:pass@crm.test/", Transport: c, Sign: sign}))
	must(t, s.Escalate("c1", ""))
	must(t, s.WaitWebhooks(bounded(t), 1))
	if got != "secret" {
		t.Errorf("Authorization is %q", got)
	}
}

func TestWebhookConfigIsChecked(t *testing.T) {
	for _, w := range []fakeapi.Webhook{
		{}, {URL: "/webhook"}, {URL: "ftp://crm.test"}, {URL: "http://"}, {URL: "http://crm.test/secret-canary\x7f"},
		{URL: "http://crm.test", Timeout: -1},
	} {
		_, err := fakeapi.New("bot-1", "key-1", &fakeapi.Config{Webhook: &w, Lag: -1, Keep: -1})
		if err == nil || strings.Count(err.Error(), "fakeapi: ") != 3 || strings.Contains(err.Error(), "canary") {
			t.Errorf("%+v: %v", w, err)
		}
		s := newServer(t, nil)
		if err := s.SetWebhook(&w); err == nil {
			t.Errorf("%+v: taken", w)
		}
	}
}

// The state is changed before the CRM can hear of it: it may answer by a request, at once.
func TestTheRoundHasBegunWhenTheCRMIsTold(t *testing.T) {
	s, c := newPair(t, &fakeapi.Config{RequireRound: true})
	c.answer = func(_ *http.Request, body string) (*http.Response, error) {
		if body == escalated {
			serve(s, success, nil)
		}
		return status(200), nil
	}
	for i := range 100 {
		must(t, s.Escalate("c1", ""))
		must(t, s.WaitWidget(bounded(t), "c1", i+1))
		must(t, s.Leave("c1"))
	}
	if vs := s.Violations(); len(vs) != 0 {
		t.Errorf("%v", vs)
	}
}

// Of a burst into many conversations, each conversation's webhooks arrive in order and one at a time, and no more of all
// of them than the promised bound; the conversations go on side by side.
func TestBurstKeepsTheOrderOfEachConversation(t *testing.T) {
	const conversations, each = 200, 20
	synctest.Test(t, func(t *testing.T) {
		var all, most atomic.Int32
		var busy sync.Map
		s, c := newPair(t, nil)
		c.answer = func(_ *http.Request, body string) (*http.Response, error) {
			id := body[:strings.Index(body, `","eventType"`)]
			if _, twice := busy.LoadOrStore(id, true); twice {
				t.Errorf("two at once: %s", body)
			}
			if n := all.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second) // of the bubble's clock: everything that can run beside this does
			all.Add(-1)
			busy.Delete(id)
			return status(200), nil
		}
		var wg sync.WaitGroup
		for i := range conversations {
			id := fmt.Sprintf("c%d", i)
			wg.Go(func() {
				must(t, s.Escalate(id, ""))
				for n := range each {
					must(t, s.Write(id, fmt.Sprint(n)))
				}
			})
		}
		wg.Wait()
		must(t, s.WaitWebhooks(t.Context(), conversations*(each+1)))
		if most.Load() != 64 {
			t.Errorf("%d webhooks at once, want 64", most.Load())
		}
		next := map[string]int{}
		for _, body := range c.got() {
			id := body[:strings.Index(body, `","eventType"`)]
			want := `widgetEscalate"`
			if n := next[id]; n > 0 {
				want = fmt.Sprintf(`"text":"%d"`, n-1)
			}
			if !strings.Contains(body, want) {
				t.Fatalf("%s, want %s", body, want)
			}
			next[id]++
		}
	})
}

func TestWebhookFailures(t *testing.T) {
	for _, c := range []struct {
		why    string
		answer func(*http.Request, string) (*http.Response, error)
		status int
		err    string
	}{
		{"a refusal is an answer", func(*http.Request, string) (*http.Response, error) { return status(500), nil }, 500, ""},
		{"no connection", func(*http.Request, string) (*http.Response, error) { return nil, errors.New("refused") }, 0, "refused"},
		{"a transport that breaks its contract", func(*http.Request, string) (*http.Response, error) { return nil, nil }, 0, "the transport returned no answer"},
		{"it hangs", func(r *http.Request, _ string) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, 0, "no whole answer within 3s"},
		{"it hangs within the body", func(r *http.Request, _ string) (*http.Response, error) {
			resp := status(200)
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("half"), hanging{r.Context()}))
			return resp, nil
		}, 200, "no whole answer within 3s"},
	} {
		t.Run(c.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, other := newPair(t, nil)
				other.answer = c.answer
				hook := other.reached()
				hook.Timeout = 3 * time.Second
				must(t, s.SetWebhook(hook))
				must(t, s.Escalate("c1", ""))
				must(t, s.Write("c1", "Hi"))
				must(t, s.WaitWebhooks(t.Context(), 2)) // the second is sent all the same
				for _, r := range s.Webhooks() {
					if r.Status != c.status || r.Err != c.err || !r.Ended {
						t.Errorf("%+v", r)
					}
				}
			})
		})
	}
}

// hanging is the rest of a body that never comes.
type hanging struct{ ctx context.Context }

func (h hanging) Read([]byte) (int, error) {
	<-h.ctx.Done()
	return 0, h.ctx.Err()
}

// What authenticates the webhook must not go where the CRM points to.
func TestRedirectOfTheCRMIsNotFollowed(t *testing.T) {
	for _, location := range []string{"", "/other", "://"} {
		var stolen atomic.Int32
		thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
		defer thief.Close()
		if location == "" {
			location = thief.URL
		}
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/other" {
				stolen.Add(1)
			}
			w.Header().Set("Location", location)
			w.WriteHeader(307)
		}))
		defer front.Close()
		s := newServer(t, nil)
		must(t, s.SetWebhook(&fakeapi.Webhook{URL: front.URL}))
		must(t, s.Escalate("c1", ""))
		must(t, s.WaitWebhooks(bounded(t), 1))
		if r := s.Webhooks()[0]; r.Status != 307 || r.Err != "" || stolen.Load() != 0 {
			t.Errorf("to %s: %+v, followed %d times", location, r, stolen.Load())
		}
	}
}

// A proxy of the environment is for other things than for tests.
func TestWebhooksTakeNoProxy(t *testing.T) {
	former := http.DefaultTransport
	defer func() { http.DefaultTransport = former }()
	http.DefaultTransport = &http.Transport{Proxy: func(*http.Request) (*url.URL, error) {
		return nil, errors.New("a proxy is asked for")
	}}
	front := httptest.NewServer(http.NotFoundHandler())
	defer front.Close()
	s := newServer(t, nil)
	must(t, s.SetWebhook(&fakeapi.Webhook{URL: front.URL}))
	must(t, s.Escalate("c1", ""))
	must(t, s.WaitWebhooks(bounded(t), 1))
	if r := s.Webhooks()[0]; r.Status != 404 || r.Err != "" {
		t.Errorf("%+v", r)
	}
}

func TestErrorsDoNotShowTheAddress(t *testing.T) {
	front := httptest.NewServer(nil)
	front.Close()
	s := newServer(t, nil)
	must(t, s.SetWebhook(&fakeapi.Webhook{URL: front.URL + "/canary?token=canary"}))
	must(t, s.Escalate("c1", ""))
	must(t, s.WaitWebhooks(bounded(t), 1))
	if r := s.Webhooks()[0]; r.Err == "" || strings.Contains(r.Err, "canary") {
		t.Errorf("%q", r.Err)
	}
}

func TestWebhooksWithoutAPlaceToGo(t *testing.T) {
	s := newServer(t, nil)
	must(t, s.Escalate("c1", ""))
	must(t, s.Write("c1", "Hi"))
	must(t, s.WaitWebhooks(t.Context(), 2))
	for i, r := range s.Webhooks() {
		if want := []string{escalated, wrote("Hi")}[i]; string(r.Body) != want || r.Err != "no webhook configured" || r.Status != 0 || !r.Sent.IsZero() {
			t.Errorf("%+v", r)
		}
	}
	if err := s.Redeliver(t.Context(), 1); err == nil {
		t.Error("redelivered to nowhere")
	}
	c := new(crm)
	must(t, s.SetWebhook(c.reached()))
	must(t, s.Redeliver(t.Context(), 2))
	must(t, s.SetWebhook(nil))
	must(t, s.Leave("c1"))
	if diff := cmp.Diff([]string{wrote("Hi")}, c.got()); diff != "" {
		t.Error(diff)
	}
}

func TestRedeliver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newPair(t, nil)
		must(t, s.Escalate("c1", ""))
		must(t, s.Write("c1", "Hi"))
		must(t, s.WaitWebhooks(t.Context(), 2))
		must(t, s.Redeliver(t.Context(), 1))
		c.answer = func(*http.Request, string) (*http.Response, error) { return status(503), nil }
		must(t, s.Redeliver(t.Context(), 3)) // a repeat of a repeat
		if diff := cmp.Diff([]string{escalated, wrote("Hi"), escalated, escalated}, c.got()); diff != "" {
			t.Error(diff)
		}
		var got [][3]int
		for _, r := range s.Webhooks() {
			got = append(got, [3]int{r.N, r.Of, r.Status})
		}
		if diff := cmp.Diff([][3]int{{1, 1, 200}, {2, 2, 200}, {3, 1, 200}, {4, 1, 503}}, got); diff != "" {
			t.Error(diff)
		}

		for _, n := range []int{0, 5, -1} {
			if err := s.Redeliver(t.Context(), n); err == nil {
				t.Errorf("redelivered %d", n)
			}
		}
		c.answer = func(*http.Request, string) (*http.Response, error) { return nil, errors.New("refused") }
		if err := s.Redeliver(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("%v", err)
		}
		c.answer = func(r *http.Request, _ string) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		result := make(chan error)
		go func() { result <- s.Redeliver(ctx, 1) }()
		synctest.Wait()
		cancel(enough)
		if err := <-result; !errors.Is(err, enough) {
			t.Errorf("%v", err)
		}
		go func() { result <- s.Redeliver(context.Background(), 1) }()
		synctest.Wait()
		begun := time.Now()
		must(t, s.Close())
		if all := s.Webhooks(); !all[len(all)-1].Ended {
			t.Error("Close did not wait")
		}
		if err := <-result; !errors.Is(err, fakeapi.ErrClosed) || time.Since(begun) != 0 {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		if err := s.Redeliver(t.Context(), 1); !errors.Is(err, fakeapi.ErrClosed) {
			t.Errorf("%v", err)
		}
	})
}
