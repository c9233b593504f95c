package fakeapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// Whatever a webhook waits for, Close ends it, and nothing happens any more afterwards.
func TestCloseEndsEveryWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen, twice, begun := map[string]string{}, 0, time.Now()
		s, c := newPair(t, &fakeapi.Config{OnWebhook: func(r fakeapi.WebhookRecord) {
			what := fmt.Sprintf("%s %d", r.ConversationID, r.N)
			if _, known := seen[what]; known {
				twice++
			}
			seen[what] = r.Err
		}})
		c.answer = func(r *http.Request, _ string) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		hold := new(fakeapi.Hold)
		for _, w := range []struct {
			id    string
			fault fakeapi.WebhookFault
		}{
			{"held", fakeapi.WebhookFault{Hold: hold}},
			{"delayed", fakeapi.WebhookFault{Delay: time.Minute}},
			{"to be overtaken", fakeapi.WebhookFault{AfterNext: true}},
			{"under way", fakeapi.WebhookFault{Copies: 1}}, // the copy is not begun
		} {
			must(t, s.NextWebhook(w.fault))
			must(t, s.Escalate(w.id, ""))
		}
		must(t, s.Write("under way", "behind it"))
		for i := range 64 { // one more than there are senders, with the one above
			must(t, s.Escalate(fmt.Sprint(i), ""))
		}
		synctest.Wait()
		must(t, s.Close())
		if took := time.Since(begun); took != 0 {
			t.Errorf("Close took %v", took)
		}
		hold.Release()
		time.Sleep(time.Hour)
		synctest.Wait()

		want := map[string]string{"held 1": "", "delayed 2": "", "to be overtaken 3": "", "under way 4": "", "under way 5": ""}
		for i := range 64 {
			want[fmt.Sprintf("%d %d", i, 6+i)] = ""
		}
		for what := range want {
			want[what] = "fakeapi: server closed"
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Error(diff)
		}
		if twice != 0 {
			t.Errorf("%d were told twice", twice)
		}
		if got := len(c.got()); got != 64 {
			t.Errorf("%d webhooks were under way, want 64", got)
		}
		for _, r := range s.Webhooks() {
			if !r.Ended || r.Err != "fakeapi: server closed" || r.Status != 0 {
				t.Errorf("%+v", r)
			}
		}
	})
}

func TestCloseLeavesNoGoroutineOfTheWebhooks(t *testing.T) {
	client.CloseIdleConnections()
	before := runtime.NumGoroutine()
	for range 5 {
		release := make(chan struct{})
		front := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if strings.Contains(string(body), "hang") {
				select {
				case <-r.Context().Done():
				case <-release:
				}
			}
		}))
		s, err := fakeapi.New("bot-1", "key-1", &fakeapi.Config{Webhook: &fakeapi.Webhook{URL: front.URL}, Lag: time.Hour})
		must(t, err)
		must(t, s.Start())
		for i := range 10 {
			must(t, s.Escalate(fmt.Sprint("c", i), ""))
			must(t, s.Write(fmt.Sprint("c", i), "hello"))
		}
		must(t, s.WaitWebhooks(bounded(t), 20))
		for i := range 10 {
			must(t, s.Write(fmt.Sprint("c", i), "hang"))
		}
		_, _, _, err = post(bounded(t), s.URL(), message)
		must(t, err)
		must(t, s.Close())
		close(release)
		front.Close()
	}
	client.CloseIdleConnections()
	until(t, func() bool { return runtime.NumGoroutine() <= before })
}

// The connections to a CRM that lives on are closed.
func TestCloseClosesItsConnections(t *testing.T) {
	var open atomic.Int32
	front := httptest.NewUnstartedServer(http.NotFoundHandler())
	front.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		switch st {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Add(-1)
		}
	}
	front.Start()
	defer front.Close()
	s := newServer(t, &fakeapi.Config{Webhook: &fakeapi.Webhook{URL: front.URL}})
	must(t, s.Escalate("c1", ""))
	must(t, s.WaitWebhooks(bounded(t), 1))
	if open.Load() != 1 {
		t.Errorf("%d connections are open", open.Load())
	}
	must(t, s.Close())
	until(t, func() bool { return open.Load() == 0 })
}

// A request whose body comes only after Close has not arrived before it, and one that is answered only then is told to
// nobody: another server serves the handler here.
func TestRequestsOverlappingClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		cfg := watched(func(what string) { told = append(told, what) })
		cfg.Lag = time.Second
		s := newServer(t, cfg)
		body := make(chan string)
		code := make(chan int, 2)
		go func() { code <- serve(s, "", func(r *http.Request) { r.Body = slow(body) }).Code }()
		blocked := &blockedWriter{ResponseRecorder: httptest.NewRecorder(), gate: make(chan struct{})}
		go func() {
			s.ServeHTTP(blocked, request(t.Context(), "http://fake.test", success, nil))
			code <- blocked.Code
		}()
		synctest.Wait()
		must(t, s.Close())
		body <- message
		close(body)
		if got := <-code; got != 503 {
			t.Errorf("answered %d", got)
		}
		close(blocked.gate)
		if got := <-code; got != 200 {
			t.Errorf("answered %d", got)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if diff := cmp.Diff([]string{"request 1 escalationSuccess 200 answered"}, told); diff != "" {
			t.Error(diff)
		}
		if len(s.Requests()) != 1 || len(s.Widget("c1")) != 0 {
			t.Errorf("%d records, %d lines", len(s.Requests()), len(s.Widget("c1")))
		}
	})
}

// A blockedWriter takes an answer only when its gate is open.
type blockedWriter struct {
	*httptest.ResponseRecorder
	gate chan struct{}
}

func (w *blockedWriter) WriteHeader(code int) {
	<-w.gate
	w.ResponseRecorder.WriteHeader(code)
}

// Close in the middle of everything: nothing hangs, and what was recorded has ended when it returns.
func TestCloseInAStorm(t *testing.T) {
	for range 5 {
		var closed sync.WaitGroup
		var calls atomic.Int64
		cfg := watched(func(string) { calls.Add(1) })
		cfg.Lag, cfg.Keep = time.Microsecond, 20
		s, c := newPair(t, cfg)
		must(t, s.Start())
		stop := make(chan struct{})
		hold := new(fakeapi.Hold)
		c.answer = func(r *http.Request, body string) (*http.Response, error) {
			switch {
			case strings.Contains(body, "widgetEndSession"):
				<-r.Context().Done()
				return nil, r.Context().Err()
			case strings.Contains(body, "widgetMessage"): // answered by a request, as a CRM would
				_, _, _, _ = post(r.Context(), s.URL(), message)
			}
			return status(200), nil
		}
		for i := range 6 {
			id := fmt.Sprint("c", i)
			closed.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					must(t, s.NextWebhookFor(id, fakeapi.WebhookFault{Copies: 1}, fakeapi.WebhookFault{AfterNext: true, Delay: time.Microsecond},
						fakeapi.WebhookFault{Delay: time.Microsecond}, fakeapi.WebhookFault{Hold: hold, AfterNext: true}))
					for _, err := range []error{s.Escalate(id, ""), s.Write(id, "Hi"), s.Write(id, "Hi"), s.Redeliver(t.Context(), n)} {
						if errors.Is(err, fakeapi.ErrClosed) {
							return
						}
					}
					if n%8 == 7 {
						_ = s.Leave(id)
					}
					s.Webhooks()
					s.Conversations()
					s.State(id)
					runtime.Gosched() // or six that only act leave nobody the time to send
				}
			})
		}
		must(t, s.WaitWebhooks(bounded(t), 50))
		must(t, s.Close())
		made := calls.Load()
		for _, r := range s.Webhooks() {
			if !r.Ended {
				t.Errorf("%+v", r)
			}
		}
		close(stop)
		closed.Wait()
		hold.Release()
		if after := calls.Load(); after != made {
			t.Errorf("%d calls of observers after Close", after-made)
		}
		if err := s.WaitWebhooks(context.Background(), 1<<20); !errors.Is(err, fakeapi.ErrClosed) {
			t.Errorf("%v", err)
		}
	}
}
