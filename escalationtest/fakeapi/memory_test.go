package fakeapi_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

const memoryURL = "https://my-account.example"

// inMemory posts a flawless request through rt and returns what post does.
func inMemory(ctx context.Context, rt http.RoundTripper, body string) (int, string, error) {
	resp, err := rt.RoundTrip(request(ctx, memoryURL, body, nil))
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

func TestInMemoryIsAsOverTheNetwork(t *testing.T) {
	s := startServer(t, nil)
	rt := s.RoundTripper()
	long := strings.Replace(message, "Hello", strings.Repeat("x", 100_000), 1)
	for _, c := range []struct {
		why  string
		body string
	}{
		{"a good event", success},
		{"a bad one", `{"eventType":"message"}`},
		{"none", ``},
		{"one of many packets", long},
	} {
		s.BeginRound("c1")
		code, answer, _, err := post(bounded(t), s.URL(), c.body)
		must(t, err)
		gotCode, gotAnswer, err := inMemory(bounded(t), rt, c.body)
		if err != nil || gotCode != code || gotAnswer != answer {
			t.Errorf("%s: %d %s %v, over the network %d %s", c.why, gotCode, gotAnswer, err, code, answer)
		}
		rs := s.Requests()
		last := rs[len(rs)-2:]
		ignore := cmpopts.IgnoreFields(fakeapi.Record{}, "N", "Time")
		if diff := cmp.Diff(last[0], last[1], ignore, cmpopts.IgnoreUnexported(fakeapi.Record{})); diff != "" {
			t.Errorf("%s: records differ (-network +memory):\n%s", c.why, diff)
		}
	}
}

func TestCutsInMemory(t *testing.T) {
	s := newServer(t, nil)
	rt := s.RoundTripper()
	for _, f := range []fakeapi.Fault{
		{Cut: fakeapi.CutBeforeBody},
		{Cut: fakeapi.CutAfterBody},
		{Cut: fakeapi.CutAfterBody, Process: fakeapi.ProcessAnyway},
	} {
		must(t, s.Next(f))
		if code, _, err := inMemory(bounded(t), rt, message); !errors.Is(err, io.EOF) {
			t.Errorf("%+v: %d %v, want an end of the connection", f, code, err)
		}
	}
	for _, r := range s.Requests() {
		if r.End != fakeapi.Severed {
			t.Errorf("request %d is %s", r.N, r.End)
		}
	}
	if got := len(s.Widget("c1")); got != 1 {
		t.Errorf("%d lines, want the one processed", got)
	}
}

// A client of net/http that gives up in virtual time is seen to be gone.
func TestTimeOutInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := newServer(t, nil), new(fakeapi.Hold)
		must(t, s.Next(fakeapi.Fault{Hold: h}))
		c := &http.Client{Transport: s.RoundTripper(), Timeout: 15 * time.Second}
		start := time.Now()
		_, err := c.Do(request(t.Context(), memoryURL, message, nil))
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != 15*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		must(t, s.WaitEnded(t.Context(), 1))
		if end := only(t, s).End; end != fakeapi.ClientGone {
			t.Errorf("ended as %s", end)
		}
	})
}

func TestContextEndsReadingInMemory(t *testing.T) {
	ctx, cancel := context.WithCancel(bounded(t))
	gone := make(chan struct{})
	rt := fakeapi.HandlerTransport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(gone)
		_, _ = io.Copy(io.Discard, r.Body) // net/http looks for a client that is gone once the body is read
		must(t, http.NewResponseController(w).Flush())
		<-r.Context().Done()
	}))
	resp, err := rt.RoundTrip(request(ctx, memoryURL, message, nil))
	must(t, err)
	defer resp.Body.Close()
	cancel()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("reading ended with %v", err)
	}
	<-gone
	if _, err := rt.RoundTrip(request(ctx, memoryURL, message, nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("a request with a context that has ended: %v", err)
	}
}

// What a handler and a client see of each other, and what net/http promises to both.
func TestHandlerTransport(t *testing.T) {
	rt := fakeapi.HandlerTransport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cut" {
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "half")
			must(t, http.NewResponseController(w).Flush())
			panic(http.ErrAbortHandler)
		}
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil || host != "127.0.0.1" {
			t.Errorf("the client is at %q", r.RemoteAddr)
		}
		http.Redirect(w, r, "http://other.example/", http.StatusFound)
		if r.Host != "my-account.example" || r.Header.Get("X-A") != "b" || r.TLS != nil {
			t.Errorf("%+v", r)
		}
		_, _ = io.Copy(w, r.Body)
	}))

	wrote := false
	ctx := httptrace.WithClientTrace(bounded(t), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { wrote = true }})
	body := &closeCounter{Reader: strings.NewReader("hello")}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, memoryURL+"/x", body)
	must(t, err)
	req.Header.Set("X-A", "b")
	resp, err := rt.RoundTrip(req)
	must(t, err)
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	must(t, resp.Body.Close())
	if resp.StatusCode != 302 || string(text) != "hello" || !wrote || body.closed == 0 || resp.Request != req {
		t.Errorf("%d %q, hooks called: %v, body closed %d times", resp.StatusCode, text, wrote, body.closed)
	}
	if diff := cmp.Diff(http.Header{"X-A": {"b"}}, req.Header); diff != "" {
		t.Errorf("the request's headers were changed:\n%s", diff)
	}

	resp, err = rt.RoundTrip(request(bounded(t), memoryURL, "", func(r *http.Request) { r.URL.Path = "/cut" }))
	must(t, err)
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); string(text) != "half" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q %v", text, err)
	}
	if _, err := rt.RoundTrip(request(bounded(t), "ftp://my-account.example", "", nil)); err == nil {
		t.Error("a scheme that HTTP has not")
	}
}

// The bubble would not end while a goroutine of the connection is left.
func TestNothingIsLeftOfAConnectionInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt := fakeapi.HandlerTransport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(w, r.Body)
		}))
		code, answer, err := inMemory(t.Context(), rt, message)
		if code != 200 || answer != message || err != nil {
			t.Errorf("%d %s %v", code, answer, err)
		}
	})
}

type closeCounter struct {
	io.Reader
	closed int
}

func (c *closeCounter) Close() error { c.closed++; return nil }

func TestCloseEndsConnectionsInMemory(t *testing.T) {
	before := runtime.NumGoroutine()
	s, err := fakeapi.New("bot-1", "key-1", nil)
	must(t, err)
	rt, h := s.RoundTripper(), new(fakeapi.Hold)
	must(t, s.Next(fakeapi.Fault{}, fakeapi.Fault{Hold: h}))
	_, _, err = inMemory(bounded(t), rt, success)
	must(t, err)
	got := make(chan error)
	go func() {
		_, _, err := inMemory(bounded(t), rt, message)
		got <- err
	}()
	must(t, h.Wait(bounded(t), 1))
	must(t, s.Close())
	if err := <-got; err == nil {
		t.Error("a held request was answered")
	}
	for _, rt := range []http.RoundTripper{rt, s.RoundTripper()} {
		if _, _, err := inMemory(bounded(t), rt, message); !errors.Is(err, fakeapi.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
	if n := len(s.Requests()); n != 2 {
		t.Errorf("%d records", n)
	}
	closed := newServer(t, nil)
	must(t, closed.Close())
	if _, _, err := inMemory(bounded(t), closed.RoundTripper(), message); !errors.Is(err, fakeapi.ErrClosed) {
		t.Errorf("a server that is closed already: %v", err)
	}
	until(t, func() bool { return runtime.NumGoroutine() <= before })
}
