package post_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/post"
)

const limit = 20 * time.Second // a broken test runs into it, and a working one never

func TestPost(t *testing.T) {
	type request struct{ method, contentType, extra, body string }
	var got []request
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, request{r.Method, r.Header.Get("Content-Type"), r.Header.Get("X-Extra"), string(body)})
		w.WriteHeader(202)
		io.WriteString(w, "fine")
	}))
	defer s.Close()
	h := http.Header{"X-Extra": {"1"}}
	sender := post.NewSender(limit, nil)
	for _, h := range []http.Header{h, nil} {
		a, err := sender.Post(t.Context(), s.URL, h, []byte(`{"a":1}`))
		if err != nil || a.Status != 202 || !a.OK() || string(a.Body) != "fine" || a.Truncated {
			t.Errorf("%+v, %v", a, err)
		}
	}
	if len(h) != 1 {
		t.Errorf("the caller's header was changed: %v", h)
	}
	want := []request{{"POST", "application/json", "1", `{"a":1}`}, {"POST", "application/json", "", `{"a":1}`}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(request{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNothingIsSentTwice(t *testing.T) {
	var calls atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		switch r.URL.Path {
		case "/cut":
			conn, _, _ := http.NewResponseController(w).Hijack()
			conn.Close()
		case "/elsewhere":
			http.Redirect(w, r, "/", http.StatusTemporaryRedirect)
		case "/found": // which others follow by a GET
			http.Redirect(w, r, "/", http.StatusFound)
		}
	}))
	defer s.Close()
	sender := post.NewSender(limit, nil)
	for path, status := range map[string]int{"/elsewhere": 307, "/found": 302} {
		a, err := sender.Post(t.Context(), s.URL+path, nil, []byte("{}"))
		if err != nil || a.Status != status || a.Header.Get("Location") != "/" {
			t.Errorf("%+v, %v", a, err)
		}
	}
	// net/http would send a request with this header a second time, if it could.
	_, err := sender.Post(t.Context(), s.URL+"/cut", http.Header{"Idempotency-Key": {"1"}}, []byte("{}"))
	want := strings.TrimPrefix(s.URL, "http://") + " closed the connection without an answer"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if n := calls.Load(); n != 3 {
		t.Errorf("%d requests for 3 calls", n)
	}
}

func TestLongAndBrokenAnswers(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "short")
			return
		}
		w.Write(bytes.Repeat([]byte("x"), 5000))
	}))
	defer s.Close()
	sender := post.NewSender(limit, nil)
	a, err := sender.Post(t.Context(), s.URL, nil, nil)
	if err != nil || len(a.Body) != 4096 || !a.Truncated {
		t.Errorf("%d bytes, truncated %v, %v", len(a.Body), a.Truncated, err)
	}
	a, err = sender.Post(t.Context(), s.URL+"/broken", nil, nil)
	if err != nil || a.Status != 200 || string(a.Body) != "short" || !a.Truncated {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestWhatWentWrong(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of a client that goes away, as it should
	secure.StartTLS()
	defer secure.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	host := func(s *httptest.Server) string { u, _ := url.Parse(s.URL); return u.Host }
	for _, c := range []struct {
		why, url string
		limit    time.Duration
		want     string
	}{
		{"nobody there", "http://127.0.0.1:1", limit, "connection refused: nothing listens on 127.0.0.1:1"},
		{"https where http is spoken", "https://" + host(plain), limit, host(plain) + " speaks plain HTTP: the URL says https"},
		{"a certificate of nobody's", secure.URL, limit, "TLS with " + host(secure) + " failed: its certificate is signed by nobody this machine trusts"},
		{"nobody answers", "http://" + silent.Addr().String(), 10 * time.Millisecond, "no answer from " + silent.Addr().String() + " within 10ms"},
		{"not a URL", "http://me:secret@%zz", limit, "not a URL that can be posted to"},
	} {
		_, err := post.NewSender(c.limit, nil).Post(t.Context(), c.url, nil, nil)
		if typed, ok := errors.AsType[*post.Error](err); !ok || typed.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.why, err, c.want)
		}
	}
}

func TestExplain(t *testing.T) {
	for _, c := range []struct {
		why  string
		err  error
		want string
	}{
		{"no such name", &net.DNSError{Name: "crm.exmaple", IsNotFound: true}, "no host of the name crm.exmaple"},
		{"no resolver", &net.DNSError{Name: "crm.example", Err: "server misbehaving"}, "the name crm.example could not be looked up"},
		{"a resolver that is silent", &net.DNSError{Name: "crm.example", IsTimeout: true}, "no answer from crm.example within 20s"},
		{"no route", &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, "no route to crm.example"},
		{"no such name of a proxy", &net.OpError{Op: "proxyconnect", Err: &net.DNSError{Name: "proxy.exmaple", IsNotFound: true}},
			"the proxy that the environment names cannot be reached: no host of the name proxy.exmaple"},
		{"stopped by the user", context.Canceled, "given up"},
		{"another host's certificate", x509.HostnameError{Certificate: &x509.Certificate{}, Host: "crm.example"}, "TLS with crm.example failed: its certificate is for another host"},
		{"an old certificate", x509.CertificateInvalidError{Reason: x509.Expired}, "TLS with crm.example failed: its certificate has expired or is not valid yet"},
		{"another flaw of a certificate", &tls.CertificateVerificationError{Err: errors.New("x")}, "TLS with crm.example failed: its certificate is not valid"},
		{"an alert", tls.AlertError(40), "TLS with crm.example failed: it ended the handshake (tls: handshake failure)"},
		{"no TLS at all", tls.RecordHeaderError{Msg: "x"}, "TLS with crm.example failed: what answers there does not speak TLS"},
		{"anything else", errors.New("malformed answer"), "malformed answer"},
	} {
		wrapped := &url.Error{Op: "Post", URL: "http://crm.example/?token=secret", Err: fmt.Errorf("around: %w", c.err)}
		want := c.want
		if c.why == "anything else" {
			want = "around: " + want
		}
		if got := post.Explain(wrapped, "crm.example", limit); got != want {
			t.Errorf("%s: %q, want %q", c.why, got, want)
		}
	}
}
