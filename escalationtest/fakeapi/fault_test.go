package fakeapi_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

func TestFaultAnswers(t *testing.T) {
	for _, c := range []struct {
		why       string
		fault     fakeapi.Fault
		body      string // of the request
		status    int
		answer    string
		processed bool
	}{
		{"no fault at all", fakeapi.Fault{}, message, 200, `{"status":"acknowledged"}`, true},
		{"a server error drops the event", fakeapi.Fault{Status: 500}, message, 500, `{"error":"injected"}`, false},
		{"a server error after the work was done", fakeapi.Fault{Status: 500, Process: fakeapi.ProcessAnyway}, message, 500, `{"error":"injected"}`, true},
		{"a lost event behind a 200", fakeapi.Fault{Process: fakeapi.ProcessNever}, message, 200, `{"status":"acknowledged"}`, false},
		{"another 2xx", fakeapi.Fault{Status: 202}, message, 202, `{"status":"acknowledged"}`, true},
		{"an answer without body", fakeapi.Fault{Status: 204}, message, 204, "", true},
		{"a body of one's own", fakeapi.Fault{Body: []byte("<html>")}, message, 200, "<html>", true},
		{"an empty body", fakeapi.Fault{Body: []byte{}}, message, 200, "", true},
		{"200 for a request that is wrong", fakeapi.Fault{Status: 200, Process: fakeapi.ProcessAnyway}, `{`, 200, `{"status":"acknowledged"}`, false},
		{"a fault with the status of the checks tells what they found", fakeapi.Fault{Status: 400}, `{`, 400, `{"error":"not json"}`, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			s := startServer(t, nil)
			must(t, s.Next(c.fault))
			code, answer, _, err := post(bounded(t), s.URL(), c.body)
			if err != nil || code != c.status || answer != c.answer {
				t.Errorf("%d %s %v, want %d %s", code, answer, err, c.status, c.answer)
			}
			rec := only(t, s)
			if rec.Status != c.status || rec.Processed != c.processed || rec.End != fakeapi.Answered {
				t.Errorf("recorded %d, processed %v, %s", rec.Status, rec.Processed, rec.End)
			}
			if got := len(s.Widget("c1")) == 1; got != c.processed {
				t.Errorf("shown %v, want %v", got, c.processed)
			}
		})
	}
}

func TestFaultHeaders(t *testing.T) {
	s := startServer(t, nil)
	h := http.Header{"Retry-After": {"7"}, "Content-Type": {"text/html"}}
	must(t, s.Next(fakeapi.Fault{Status: 503, Header: h}))
	h.Set("Retry-After", "changed by the caller afterwards")
	_, _, got, err := post(bounded(t), s.URL(), message)
	if err != nil || got.Get("Retry-After") != "7" || len(got.Values("Content-Type")) != 1 || got.Get("Content-Type") != "text/html" {
		t.Errorf("%v %v", got, err)
	}
	if rec := only(t, s); rec.RetryAfter != "7" {
		t.Errorf("recorded %q", rec.RetryAfter)
	}
}

func TestTruncatedAnswer(t *testing.T) {
	s := startServer(t, nil)
	must(t, s.Next(fakeapi.Fault{Header: http.Header{"Content-Length": {"100"}}, Body: []byte("short")}))
	if _, _, _, err := post(bounded(t), s.URL(), message); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v, want an unexpected end", err)
	}
}

func TestCuts(t *testing.T) {
	for _, c := range []struct {
		why   string
		fault fakeapi.Fault
		read  bool // whether the body was
		shown int
	}{
		{"before the body nothing is known", fakeapi.Fault{Cut: fakeapi.CutBeforeBody}, false, 0},
		{"after the body, the event lost", fakeapi.Fault{Cut: fakeapi.CutAfterBody}, true, 0},
		{"after the body, the event processed", fakeapi.Fault{Cut: fakeapi.CutAfterBody, Process: fakeapi.ProcessAnyway}, true, 1},
	} {
		check := func(t *testing.T, s *fakeapi.Server, err error) {
			t.Helper()
			if err == nil {
				t.Fatal("an answer came")
			}
			rec := only(t, s)
			if rec.Status != 0 || rec.End != fakeapi.Severed || (rec.Body != nil) != c.read || rec.Processed != (c.shown == 1) {
				t.Errorf("%+v", rec)
			}
			if c.read && rec.ConversationID != "c1" {
				t.Errorf("conversation %q", rec.ConversationID)
			}
			if len(s.Widget("c1")) != c.shown {
				t.Errorf("%d lines", len(s.Widget("c1")))
			}
		}
		t.Run(c.why, func(t *testing.T) {
			s := startServer(t, nil)
			must(t, s.Next(c.fault))
			_, _, _, err := post(bounded(t), s.URL(), message)
			check(t, s, err)
			if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
				t.Errorf("%v is neither a reset nor an abrupt end", err)
			}
			if code, _, _, err := post(bounded(t), s.URL(), message); err != nil || code != 200 {
				t.Errorf("afterwards: %d %v", code, err)
			}
		})
		for _, h2 := range []bool{false, true} {
			t.Run(c.why+map[bool]string{false: " (tls)", true: " (http2)"}[h2], func(t *testing.T) {
				s := newServer(t, nil)
				ts := httptest.NewUnstartedServer(s)
				ts.EnableHTTP2 = h2
				ts.StartTLS()
				defer ts.Close()
				must(t, s.Next(c.fault))
				resp, err := ts.Client().Do(request(bounded(t), ts.URL, message, nil))
				if err == nil {
					resp.Body.Close()
				}
				check(t, s, err)
			})
		}
		t.Run(c.why+" (recorder)", func(t *testing.T) {
			s := newServer(t, nil)
			must(t, s.Next(c.fault))
			w := serve(s, message, nil)
			rec := only(t, s)
			if w.Code != 500 || rec.Status != 500 || rec.End != fakeapi.Uncuttable || len(s.Widget("c1")) != c.shown {
				t.Errorf("%d %+v", w.Code, rec)
			}
		})
	}
}

// A reset must reach a client that has not finished writing, too.
func TestCutBeforeBodyDoesNotReadIt(t *testing.T) {
	s := startServer(t, nil)
	must(t, s.Next(fakeapi.Fault{Cut: fakeapi.CutBeforeBody}))
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	must(t, err)
	defer conn.Close()
	must(t, conn.SetDeadline(time.Now().Add(time.Minute))) // a broken test runs into it, and a working one never
	_, err = io.WriteString(conn, "POST "+fakeapi.Path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
	must(t, err)
	// No byte of the body was sent, so only a server that does not wait for it can end the connection.
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %d bytes, %v", n, err)
	}
	must(t, s.WaitRequests(bounded(t), 1))
}

func TestFaultsAreDealtInOrder(t *testing.T) {
	s := newServer(t, nil)
	must(t, s.Always(fakeapi.Fault{Status: 599}))
	must(t, s.NextFor("c1", fakeapi.Fault{Status: 521}, fakeapi.Fault{Status: 522}))
	must(t, s.NextFor("c2", fakeapi.Fault{Status: 530}))
	must(t, s.Next(fakeapi.Fault{Status: 511}))
	must(t, s.Next(fakeapi.Fault{}, fakeapi.Fault{Status: 512}))
	if n := s.FaultsLeft(); n != 6 {
		t.Errorf("%d left at first", n)
	}
	for i, want := range []int{511, 200, 512, 521, 522, 599, 599} {
		if w := serve(s, message, nil); w.Code != want {
			t.Errorf("request %d is answered %d, want %d", i+1, w.Code, want)
		}
	}
	if n := s.FaultsLeft(); n != 1 {
		t.Errorf("%d left in the end, want that of c2", n)
	}
	s.ClearFaults()
	if w := serve(s, message, nil); w.Code != 200 || s.FaultsLeft() != 0 {
		t.Errorf("after clearing: %d, %d left", w.Code, s.FaultsLeft())
	}
	must(t, s.Next(fakeapi.Fault{Status: 500}))
	if w := serve(s, `x`, func(r *http.Request) { r.URL.Path = "/" }); w.Code != 500 {
		t.Errorf("a wrong request takes no fault: %d", w.Code)
	}
	must(t, s.Always(fakeapi.Fault{Cut: fakeapi.CutBeforeBody}))
	must(t, s.NextFor("c1", fakeapi.Fault{Status: 500}))
	if w := serve(s, message, nil); w.Code != 500 || s.FaultsLeft() != 1 {
		t.Errorf("a cut before the body asked for the conversation")
	}
	must(t, s.Always(fakeapi.Fault{}))
	if w := serve(s, `[]`, nil); w.Code != 400 || s.FaultsLeft() != 1 {
		t.Errorf("a body without a conversation took a fault of one")
	}
}

func TestContradictoryFaultsAreRefused(t *testing.T) {
	h := new(fakeapi.Hold)
	for _, c := range []struct {
		why   string
		fault fakeapi.Fault
	}{
		{"an informational status is no answer", fakeapi.Fault{Status: 100}},
		{"no such status", fakeapi.Fault{Status: 1000}},
		{"204 has no body", fakeapi.Fault{Status: 204, Body: []byte("x")}},
		{"304 has no body", fakeapi.Fault{Status: 304, Body: []byte("x")}},
		{"no such cut", fakeapi.Fault{Cut: 9}},
		{"no such way to process", fakeapi.Fault{Process: 9}},
		{"a cut has no status", fakeapi.Fault{Cut: fakeapi.CutAfterBody, Status: 500}},
		{"a cut has no header", fakeapi.Fault{Cut: fakeapi.CutAfterBody, Header: http.Header{}}},
		{"a cut has no body", fakeapi.Fault{Cut: fakeapi.CutAfterBody, Body: []byte{}}},
		{"what was not read cannot be processed", fakeapi.Fault{Cut: fakeapi.CutBeforeBody, Process: fakeapi.ProcessAnyway}},
		{"nor later", fakeapi.Fault{Cut: fakeapi.CutBeforeBody, Late: h}},
		{"a cut before the body cannot be held: holding begins after it", fakeapi.Fault{Cut: fakeapi.CutBeforeBody, Hold: h}},
		{"late is neither at once nor never", fakeapi.Fault{Late: h, Process: fakeapi.ProcessNever}},
	} {
		s := newServer(t, nil)
		for name, err := range map[string]error{
			"Next":    s.Next(fakeapi.Fault{}, c.fault),
			"NextFor": s.NextFor("c1", fakeapi.Fault{}, c.fault),
			"Always":  s.Always(c.fault),
		} {
			if err == nil {
				t.Errorf("%s: %s accepted it", c.why, name)
			}
		}
		if w := serve(s, message, nil); w.Code != 200 || s.FaultsLeft() != 0 {
			t.Errorf("%s: something was kept", c.why)
		}
	}
	s := newServer(t, nil)
	if err := s.NextFor("c1", fakeapi.Fault{Cut: fakeapi.CutBeforeBody}); err == nil {
		t.Error("a cut before the body was accepted for one conversation")
	}
	must(t, s.Next(fakeapi.Fault{Cut: fakeapi.CutBeforeBody}))
}

// result is what a client in the background got.
type result struct {
	code int
	err  error
}

func postInBackground(ctx context.Context, base, body string) <-chan result {
	out := make(chan result, 1)
	go func() {
		code, _, _, err := post(ctx, base, body)
		out <- result{code, err}
	}()
	return out
}
