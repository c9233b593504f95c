package httptransport_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"syscall"
	"testing"

	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// rawServer hands each connection to f, which closes it by returning.
func rawServer(t *testing.T, f func(net.Conn)) (baseURL string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				f(conn)
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

func readRequest(conn net.Conn) {
	if req, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
}

// TestServersThatBreak: once a byte may have left, nothing but Unknown is true.
func TestServersThatBreak(t *testing.T) {
	for _, tc := range []struct {
		why string
		f   func(net.Conn)
	}{
		{"cut before reading all", func(c net.Conn) { _, _ = io.ReadFull(c, make([]byte, 10)) }},
		{"cut after reading", readRequest},
		{"cut inside the status line", func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "HTTP/1.1 2") }},
		{"cut inside the headers", func(c net.Conn) { readRequest(c); _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX: ") }},
		{"not HTTP, and it quotes the text", func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, textCanary+" "+conversationCanary+"\r\n\r\n")
		}},
		{"a malformed header that quotes the text", func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n"+textCanary+"\r\n\r\n")
		}},
		{"endless headers", func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 200<<10)+"\r\n\r\n")
		}},
		{"another protocol from here on", func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
			_, _ = io.Copy(io.Discard, c) // until the other side closes
		}},
	} {
		t.Run(tc.why, func(t *testing.T) {
			tr := open(t, static(t, "bot-1", keyCanary), httptransport.Config{BaseURL: rawServer(t, tc.f)})
			res := tr.Send(t.Context(), message())
			wantClass(t, res, transport.Unknown)
			wantNoCanary(t, res)
		})
	}
}

// TestCutAtOnce: the cut may come before or after the first byte; what is said must fit.
func TestCutAtOnce(t *testing.T) {
	for range 20 {
		tr := open(t, static(t, "bot-1", keyCanary), httptransport.Config{BaseURL: rawServer(t, func(net.Conn) {})})
		res := tr.Send(t.Context(), message())
		if res.Class != transport.NotSent && res.Class != transport.Unknown {
			t.Errorf("the class is %v: %v", res.Class, res.Err)
		}
		wantNoCanary(t, res)
	}
}

// TestBodyOfA200IsNotNeeded: the status line decides, whatever becomes of the body.
func TestBodyOfA200IsNotNeeded(t *testing.T) {
	url := rawServer(t, func(c net.Conn) {
		readRequest(c)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
	})
	tr := open(t, static(t, "bot-1", keyCanary), httptransport.Config{BaseURL: url})
	wantClass(t, tr.Send(t.Context(), message()), transport.Acknowledged)
}

// TestAnswerBeforeTheWholeRequest: a 2xx for a part is no acknowledgement, a refusal is one. [T5]
func TestAnswerBeforeTheWholeRequest(t *testing.T) {
	for _, tc := range []struct {
		status string
		want   transport.Class
	}{
		{"200 OK", transport.Unknown},
		{"413 Too Large", transport.Rejected},
	} {
		url := rawServer(t, func(c net.Conn) {
			_, _ = io.ReadFull(c, make([]byte, 1000))
			_, _ = io.WriteString(c, "HTTP/1.1 "+tc.status+"\r\nContent-Length: 0\r\n\r\n")
			_, _ = io.Copy(io.Discard, io.LimitReader(c, 1)) // keeps it open until more comes
		})
		req := message()
		req.Body = make([]byte, 16<<20) // more than sockets buffer
		res := open(t, static(t, "bot-1", keyCanary), httptransport.Config{BaseURL: url}).Send(t.Context(), req)
		// The cut can overtake the answer, and then there is none.
		if res.Class != tc.want && res.Class != transport.Unknown {
			t.Errorf("%s: the class is %v, want %v", tc.status, res.Class, tc.want)
		}
	}
	// The same without a network, where nothing can be overtaken.
	client := &http.Client{Transport: tripper(func(req *http.Request) (*http.Response, error) {
		resp := answer(&http.Request{Body: http.NoBody}, http.StatusOK)
		_, err := req.Body.Read(make([]byte, 10))
		return resp, err
	})}
	req := message()
	req.Body = make([]byte, 10_000)
	res := open(t, static(t, "bot-1", keyCanary), httptransport.Config{Client: client}).Send(t.Context(), req)
	wantClass(t, res, transport.Unknown)
	var se *httptransport.StatusError
	if !errors.As(res.Err, &se) || !se.Early {
		t.Errorf("err is %v, want a StatusError that says Early", res.Err)
	}
}

// TestBodyIsNotReadAfterSend: who keeps the request's body gets nothing of the caller's bytes from
// it once Send returned. [T10]
func TestBodyIsNotReadAfterSend(t *testing.T) {
	for _, size := range []int{10, 2 << 10, 10_000} {
		var kept io.Reader
		client := &http.Client{Transport: tripper(func(req *http.Request) (*http.Response, error) {
			kept = req.Body
			return answer(&http.Request{Body: http.NoBody}, http.StatusBadRequest), nil
		})}
		req := message()
		req.Body = bytes.Repeat([]byte("a"), size)
		wantClass(t, open(t, static(t, "bot-1", keyCanary), httptransport.Config{Client: client}).Send(t.Context(), req), transport.Rejected)
		for i := range req.Body {
			req.Body[i] = '#'
		}
		if late, _ := io.ReadAll(kept); bytes.Contains(late, []byte("#")) {
			t.Errorf("a body of %d bytes was read after Send returned", size)
		}
	}
}

// TestNotSent: each way to fail before the first byte, and that the cause can be told.
func TestNotSent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().String()
	keepPort(t, listener)
	_ = listener.Close()
	plain, plainCalls := serve(t, func(http.ResponseWriter, *http.Request) {})
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a request went to a server that could not prove who it is")
	}))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)

	for _, tc := range []struct {
		why, base string
		own       bool
		says      string
	}{
		{"connection refused", "http://" + nobody, true, "refused"},
		{"connection refused, caller's client", "http://" + nobody, false, "refused"},
		{"no TLS spoken there", strings.Replace(plain, "http:", "https:", 1), true, "TLS handshake"},
		{"a certificate nobody vouches for", secure.URL, true, "certificate"},
		{"a certificate nobody vouches for, caller's client", secure.URL, false, "certificate"},
	} {
		t.Run(tc.why, func(t *testing.T) {
			cfg := httptransport.Config{BaseURL: tc.base}
			if !tc.own {
				cfg.Client = &http.Client{Transport: &http.Transport{}}
			}
			res := open(t, static(t, "bot-1", keyCanary), cfg).Send(t.Context(), message())
			wantClass(t, res, transport.NotSent)
			if !strings.Contains(res.Err.Error(), tc.says) || strings.Contains(res.Err.Error(), "send-message") {
				t.Errorf("%q does not say %q, or repeats the URL", res.Err, tc.says)
			}
			if strings.Contains(tc.why, "refused") && !errors.Is(res.Err, syscall.ECONNREFUSED) {
				t.Errorf("%v does not wrap the system's error", res.Err)
			}
		})
	}
	if n := plainCalls.Load(); n != 0 {
		t.Errorf("the plain server got %d requests", n)
	}
}

// TestForeignRoundTrippers: what fires no trace hook proves nothing. [T4]
func TestForeignRoundTrippers(t *testing.T) {
	failed := errors.New("failed with " + textCanary + " " + keyCanary)
	hooks := func(req *http.Request) *httptrace.ClientTrace { return httptrace.ContextClientTrace(req.Context()) }
	for _, tc := range []struct {
		why  string
		f    tripper
		want transport.Class
	}{
		{"no hook", func(*http.Request) (*http.Response, error) { return nil, failed }, transport.Unknown},
		{"asked for a connection and got none", func(req *http.Request) (*http.Response, error) {
			hooks(req).GetConn("host")
			return nil, failed
		}, transport.NotSent},
		{"had a connection; what it wrote before the first header is its own affair", func(req *http.Request) (*http.Response, error) {
			hooks(req).GetConn("host")
			hooks(req).GotConn(httptrace.GotConnInfo{})
			return nil, failed
		}, transport.Unknown},
		{"wrote, then asked for another connection and got none", func(req *http.Request) (*http.Response, error) {
			hooks(req).GetConn("host")
			hooks(req).WroteHeaderField("Host", nil)
			hooks(req).GetConn("host")
			return nil, failed
		}, transport.Unknown},
		{"wrote headers all at once", func(req *http.Request) (*http.Response, error) {
			hooks(req).GetConn("host")
			hooks(req).WroteHeaders()
			return nil, failed
		}, transport.Unknown},
	} {
		t.Run(tc.why, func(t *testing.T) {
			tr := open(t, static(t, "bot-1", keyCanary), httptransport.Config{Client: &http.Client{Transport: tc.f}})
			res := tr.Send(t.Context(), message())
			wantClass(t, res, tc.want)
			wantNoCanary(t, res)
			if !errors.Is(res.Err, failed) {
				t.Errorf("%v does not wrap what the RoundTripper gave", res.Err)
			}
		})
	}
}
