package listen_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/listen"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

func TestForward(t *testing.T) {
	type sent struct {
		Method, URL, Host string
		Header            http.Header
		Body              string
		Length            int64
	}
	var got []sent
	r, log, _ := recorder(t, listen.Config{
		Forward: "https://my-account.example/ai-agents/api/", Webhook: "https://crm.example/hook?x=1",
		Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(req.Body)
			got = append(got, sent{req.Method, req.URL.String(), req.Host, req.Header, string(body), req.ContentLength})
			return &http.Response{
				StatusCode: 302, Body: io.NopCloser(strings.NewReader("<elsewhere>")),
				Header: http.Header{"Location": {"https://other.example/"}, "X-Two": {"1", "2"}, "Connection": {"X-Own, close"}, "X-Own": {"1"}, "Retry-After": {"7"}},
			}, nil
		}),
	})
	req := request(message)
	req.URL.RawQuery = "a=1&b"
	for name, value := range map[string]string{
		"Connection": "x-mine", "X-Mine": "1", "Keep-Alive": "5", "Te": "trailers", "Upgrade": "h2c", "Expect": "100-continue",
		"Proxy-Authorization": "p", "Accept-Encoding": "br", "X-Request-Id": "7",
	} {
		req.Header.Set(name, value)
	}
	w := serve(r, req)
	req = request(hook("widgetEscalate"))
	req.URL.Path = listen.WebhookPath
	req.Header = http.Header{"X-Signature": {"sum"}, "User-Agent": {"platform"}}
	serve(r, req)
	want := []sent{
		{"POST", "https://my-account.example/ai-agents/api" + endpoint + "?a=1&b", "my-account.example", http.Header{
			"Authorization": {"canary-key-of-ours"}, "Botid": {"b"}, "Content-Type": {"application/json"}, "Accept-Encoding": {"br"}, "X-Request-Id": {"7"},
			"User-Agent": nil, // which keeps net/http from adding its own
		}, message, int64(len(message))},
		{"POST", "https://crm.example/hook?x=1", "crm.example", http.Header{"X-Signature": {"sum"}, "User-Agent": {"platform"}},
			hook("widgetEscalate"), int64(len(hook("widgetEscalate")))},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("passed on (-want +got):\n%s", diff)
	}
	header := http.Header{"Location": {"https://other.example/"}, "X-Two": {"1", "2"}, "Retry-After": {"7"},
		"Content-Type": nil, "Date": nil} // nothing is added
	if diff := cmp.Diff(header, w.Header()); diff != "" || w.Code != 302 || w.Body.String() != "<elsewhere>" {
		t.Errorf("passed back %d %q (-want +got):\n%s", w.Code, w.Body, diff)
	}
	if x := log.exchanges()[0]; x.Status != 302 || x.Answer != "<elsewhere>" || x.URL != want[0].URL || x.Body != message {
		t.Errorf("recorded %+v", x)
	}
}

// TestOverRealHTTP passes the requests of a client on to the fake platform.
func TestOverRealHTTP(t *testing.T) {
	fake, err := fakeapi.New("b", "canary-key-of-ours", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer fake.Close()
	if err := fake.Start(); err != nil {
		t.Fatal(err)
	}
	r, _, told := recorder(t, listen.Config{Forward: fake.URL()})
	s := httptest.NewServer(r)
	defer s.Close()
	post := func(key, body string) int {
		req := request(body)
		req.RequestURI, req.URL.Host = "", strings.TrimPrefix(s.URL, "http://")
		req.Header.Set("Authorization", key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		io.Copy(io.Discard, resp.Body)
		return resp.StatusCode
	}
	got := []int{post("canary-key-of-ours", of("escalationSuccess")), post("other", message), post("canary-key-of-ours", message), post("canary-key-of-ours", "{")}
	if diff := cmp.Diff([]int{200, 401, 200, 400}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	want := []string{"200 escalationSuccess connected/1", "401 message connected/1", "200 message connected/1", "400  none/0: body-json"}
	if diff := cmp.Diff(want, summaries(*told)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if lines := fake.Widget("1"); len(lines) != 2 || len(fake.Requests()) != 4 {
		t.Errorf("the visitor saw %v of %d requests", lines, len(fake.Requests()))
	}
}

func TestNothingIsSentTwice(t *testing.T) {
	var calls atomic.Int32
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if calls.Add(1)%2 == 1 { // so that the connection is an old one
			return
		}
		conn, _, _ := http.NewResponseController(w).Hijack()
		conn.Close()
	}))
	defer upstream.Close()
	r, _, told := recorder(t, listen.Config{Forward: upstream.URL})
	for range 2 {
		req := request(message)
		req.Header.Set("Idempotency-Key", "1") // with which net/http would send it again if it could
		serve(r, req)
	}
	if n := calls.Load(); n != 2 {
		t.Errorf("%d requests for 2", n)
	}
	if got := (*told)[1]; got.Status != 0 || got.Outcome != "error" || !strings.Contains(got.Detail, "closed the connection without an answer; the caller was answered 502") {
		t.Errorf("%+v", got)
	}
}

func TestNoAnswer(t *testing.T) {
	for _, c := range []struct {
		why    string
		err    error
		status int
		body   string
	}{
		{"refused", syscall.ECONNREFUSED, 502, `{"error":"listen: connection refused: nothing listens on api.example"}`},
		{"too late", context.DeadlineExceeded, 504, `{"error":"listen: no answer from api.example within 30s"}`},
		{"anything", errors.New("tls: no"), 502, `{"error":"listen: tls: no"}`},
	} {
		r, _, told := recorder(t, listen.Config{Forward: "https://api.example", Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, c.err })})
		w := serve(r, request(message))
		if w.Code != c.status || w.Body.String() != c.body || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: answered %d %s", c.why, w.Code, w.Body)
		}
		if x := (*told)[0]; x.Status != 0 || x.Outcome != "error" {
			t.Errorf("%s: told %+v", c.why, x)
		}
	}
}

// stuck never answers.
var stuck = roundTrip(func(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
})

func TestLimits(t *testing.T) {
	t.Run("an answer that does not come", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, _, _ := recorder(t, listen.Config{Forward: "https://api.example", Transport: stuck, Timeout: 7 * time.Second})
			began := time.Now()
			if w := serve(r, request(message)); w.Code != 504 || time.Since(began) != 7*time.Second {
				t.Errorf("answered %d after %v", w.Code, time.Since(began))
			}
		})
	})
	t.Run("a request that is given up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r, _, told := recorder(t, listen.Config{Forward: "https://api.example", Transport: stuck})
		serve(r, request(message).WithContext(ctx))
		if x := (*told)[0]; x.Outcome != "error" || !strings.HasPrefix(x.Detail, "given up") {
			t.Errorf("told %+v", x)
		}
	})
	t.Run("a large request is answered as the platform does, and not passed on", func(t *testing.T) {
		r, log, told := recorder(t, listen.Config{Forward: "https://api.example", Transport: answering(200)})
		w := serve(r, request(strings.Repeat(" ", fakeapi.DefaultMaxBody+1)))
		if got := summary((*told)[0]); w.Code != 400 || got != "400  none/0: body-size" || strings.HasPrefix(log.exchanges()[0].URL, "https:") {
			t.Errorf("answered %d, told %s", w.Code, got)
		}
	})
	t.Run("so is one that breaks off", func(t *testing.T) {
		r, _, told := recorder(t, listen.Config{Forward: "https://api.example", Transport: answering(200)})
		req := request("")
		req.Body, req.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader(message), errReader{})), 1000
		w := serve(r, req)
		if got := summary((*told)[0]); w.Code != 400 || got != "400  none/0: body-complete" {
			t.Errorf("answered %d, told %s", w.Code, got)
		}
	})
	t.Run("a large webhook", func(t *testing.T) {
		r, _, told := recorder(t, listen.Config{Webhook: "https://crm.example", Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			t.Error("it was passed on")
			return nil, errors.New("no")
		})})
		req := request(strings.Repeat(" ", 2<<20+1))
		req.URL.Path = listen.WebhookPath
		if w := serve(r, req); w.Code != 413 || (*told)[0].Status != 413 {
			t.Errorf("answered %d, told %+v", w.Code, summary((*told)[0]))
		}
	})
	for _, c := range []struct {
		why  string
		body io.Reader
		cut  bool
		read int64
	}{
		{"as much of an answer as there may be", endless(16<<20 + 64<<10), false, 16<<20 + 64<<10},
		{"an answer without end", endless(1 << 40), true, 16<<20 + 64<<10},
		{"an answer that breaks off at the beginning", io.MultiReader(strings.NewReader("abc"), errReader{}), true, 3},
		{"an answer that breaks off later", io.MultiReader(endless(70000), errReader{}), true, 70000},
	} {
		t.Run(c.why, func(t *testing.T) {
			r, log, _ := recorder(t, listen.Config{Forward: "https://api.example", Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Body: io.NopCloser(c.body), Header: http.Header{}}, nil
			})})
			s := httptest.NewServer(r)
			defer s.Close()
			resp, err := http.Post(s.URL+endpoint, "application/json", strings.NewReader(message))
			if err == nil {
				var n int64
				n, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if n > c.read+1 || !c.cut && n != c.read {
					t.Errorf("%d bytes came, want %d", n, c.read)
				}
			}
			if (err != nil) != c.cut {
				t.Errorf("the end: %v", err)
			}
			if x := log.exchanges()[0]; len(x.Answer) > 4<<10 {
				t.Errorf("%d bytes of the answer are kept", len(x.Answer))
			}
		})
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("it broke off") }

// endless gives so many bytes.
func endless(n int64) io.Reader { return io.LimitReader(zeros{}, n) }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestForwardPaths(t *testing.T) {
	const base = "https://my-account.example/ai-agents/api"
	for path, want := range map[string]string{
		endpoint:                     base + endpoint,
		"/ai-agents/api" + endpoint:  base + endpoint, // the CRM has kept the end of the platform's base URL
		"/ai-agents/api2" + endpoint: base + "/ai-agents/api2" + endpoint,
		"/ai-agents/api":             base + "/ai-agents/api",
		"/a%2Fb":                     base + "/a%2Fb",
		"/":                          base + "/",
		"//evil.example/":            base + "//evil.example/",
	} {
		var got string
		r, _, _ := recorder(t, listen.Config{Forward: base, Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			got = req.URL.String()
			return answering(404)(req)
		})})
		req := request(message)
		to, err := url.ParseRequestURI(strings.Replace("http://listen"+path, "listen*", "listen/", 1))
		if err != nil {
			t.Fatal(err)
		}
		if req.URL = to; path == "*" {
			req.URL = &url.URL{Path: "*"}
		}
		if serve(r, req); got != want {
			t.Errorf("%s is passed on to %s, want %s", path, got, want)
		}
	}
}
