package httptransport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation/transport"
)

// pipeNet is a network in memory, so that the tests below run on the bubble's clock: a bubble ends
// only when all its goroutines have, which is what proves that none is left behind.
type pipeNet struct {
	conns chan net.Conn
	done  chan struct{}
	close sync.Once
}

func (n *pipeNet) Accept() (net.Conn, error) {
	select {
	case conn := <-n.conns:
		return conn, nil
	case <-n.done:
		return nil, net.ErrClosed
	}
}

func (n *pipeNet) Close() error   { n.close.Do(func() { close(n.done) }); return nil }
func (n *pipeNet) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (n *pipeNet) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case n.conns <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// states counts the server's connections.
type states struct {
	mu   sync.Mutex
	open map[net.Conn]bool // every connection there was, and whether it still is
}

func (s *states) set(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[c] = state != http.StateClosed
}

func (s *states) count() (open, ever int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, isOpen := range s.open {
		if isOpen {
			open++
		}
	}
	return open, len(s.open)
}

// serveInMemory starts a server for h.
func serveInMemory(t *testing.T, h http.HandlerFunc) (*pipeNet, *states) {
	n := &pipeNet{conns: make(chan net.Conn), done: make(chan struct{})}
	conns := &states{open: make(map[net.Conn]bool)}
	server := &http.Server{Handler: h, ConnState: conns.set}
	go func() { _ = server.Serve(n) }()
	t.Cleanup(func() { _ = server.Close() })
	return n, conns
}

// inMemory starts a server for h and a Transport with its own pool that dials it.
func inMemory(t *testing.T, h http.HandlerFunc) (*Transport, *states) {
	n, conns := serveInMemory(t, h)
	tr := toMemory(t, nil)
	tr.ownPool.DialContext = n.dial
	return tr, conns
}

func toMemory(t *testing.T, client *http.Client) *Transport {
	creds, err := Static("bot-1", "k")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := New(creds, &Config{BaseURL: "http://127.0.0.1", Client: client})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func post(ctx context.Context, tr *Transport) transport.Result { return postSize(ctx, tr, 2) }

func postSize(ctx context.Context, tr *Transport, size int) transport.Result {
	return tr.Send(ctx, transport.Request{BotID: "bot-1", Body: make([]byte, size)})
}

// TestIdleConnectionsCloseAfterFourSeconds: before a server whose keep-alive is 5 s closes them.
func TestIdleConnectionsCloseAfterFourSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, conns := inMemory(t, func(http.ResponseWriter, *http.Request) {})
		if res := post(t.Context(), tr); res.Err != nil {
			t.Fatal(res.Err)
		}
		begin := time.Now()
		timer := time.NewTimer(3900 * time.Millisecond)
		<-timer.C
		synctest.Wait()
		if n, _ := conns.count(); n != 1 {
			t.Errorf("%d connections after %v, want 1 kept for the next event", n, time.Since(begin))
		}
		timer.Reset(200 * time.Millisecond)
		<-timer.C
		synctest.Wait()
		if n, _ := conns.count(); n != 0 {
			t.Errorf("%d connections after %v, want none", n, time.Since(begin))
		}
		_ = tr.Close()
	})
}

// TestBurstsReuseConnections: 64 conversations at once keep their connections between rounds.
func TestBurstsReuseConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		inside, gate := 0, make(chan struct{})
		tr, conns := inMemory(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			mu.Lock()
			mine := gate
			if inside++; inside == 64 {
				inside, gate = 0, make(chan struct{})
				close(mine)
			}
			mu.Unlock()
			<-mine
		})
		for range 3 {
			var all sync.WaitGroup
			for range 64 {
				all.Go(func() {
					if res := post(t.Context(), tr); res.Err != nil {
						t.Error(res.Err)
					}
				})
			}
			all.Wait()
		}
		if n, _ := conns.count(); n != 64 {
			t.Errorf("%d connections for 3 bursts of 64, want 64", n)
		}
		_ = tr.Close()
		synctest.Wait()
		if n, _ := conns.count(); n != 0 {
			t.Errorf("%d connections after Close", n)
		}
	})
}

// TestConnectionsAreReused: bodies are read, so calls made one after another share a connection.
func TestConnectionsAreReused(t *testing.T) {
	for _, tc := range []struct {
		why          string
		status, size int
		want         int
	}{
		{"an answer without a body", 200, 0, 1},
		{"an acknowledgement with a body", 200, 60_000, 1},
		{"an error with a body beyond the excerpt", 400, 60_000, 1},
		{"more than is worth reading", 200, 1 << 20, 5},
	} {
		synctest.Test(t, func(t *testing.T) {
			tr, conns := inMemory(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, strings.Repeat("y", tc.size))
			})
			for _, size := range []int{0, 10, oneWrite, oneWrite + 1, 100_000} {
				postSize(t.Context(), tr, size)
			}
			if _, ever := conns.count(); ever != tc.want {
				t.Errorf("%s: %d connections for 5 calls, want %d", tc.why, ever, tc.want)
			}
			_ = tr.Close()
		})
	}
}

// TestCloseDuringSend: the connection of a call under way goes when the call is done, also of a
// call that had none yet.
func TestCloseDuringSend(t *testing.T) {
	for _, early := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			tr, conns := inMemory(t, func(http.ResponseWriter, *http.Request) { <-release })
			if early {
				ask := tr.credentials
				tr.credentials = func(ctx context.Context, botID string) (Credentials, error) {
					<-release
					return ask(ctx, botID)
				}
			}
			var all sync.WaitGroup
			all.Go(func() {
				if res := post(t.Context(), tr); res.Class != transport.Acknowledged {
					t.Errorf("Close spoilt a call under way: %v", res.Err)
				}
			})
			synctest.Wait()
			_ = tr.Close()
			close(release)
			all.Wait()
			synctest.Wait()
			if n, _ := conns.count(); n != 0 {
				t.Errorf("early=%v: %d connections left", early, n)
			}
		})
	}
}

// TestSlowBodyHoldsUpNobody: the status has come, so the class is known.
func TestSlowBodyHoldsUpNobody(t *testing.T) {
	for status, want := range map[int]transport.Class{200: transport.Acknowledged, 400: transport.Rejected} {
		synctest.Test(t, func(t *testing.T) {
			tr, _ := inMemory(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, "the beginning")
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			})
			begin := time.Now()
			res := post(t.Context(), tr)
			if res.Class != want || time.Since(begin) != drainTime {
				t.Errorf("%d: %v after %v, want %v after %v", status, res.Class, time.Since(begin), want, drainTime)
			}
			var se *StatusError
			if errors.As(res.Err, &se) && se.Excerpt() != "the beginning" {
				t.Errorf("the excerpt is %q", se.Excerpt())
			}
			_ = tr.Close()
		})
	}
}

// TestStallEnds: by the attempt time-out, which the error names, or by the caller.
func TestStallEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, _ := inMemory(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		})
		begin := time.Now()
		res := post(t.Context(), tr)
		var ae *AttemptError
		if !errors.As(res.Err, &ae) || ae.Timeout != DefaultAttemptTimeout || !errors.Is(res.Err, context.DeadlineExceeded) {
			t.Errorf("err is %v", res.Err)
		}
		if took := time.Since(begin); res.Class != transport.Unknown || took != DefaultAttemptTimeout {
			t.Errorf("%v after %v", res.Class, took)
		}

		reason := errors.New("the host shuts down")
		ctx, cancel := context.WithCancelCause(t.Context())
		go cancel(reason)
		res = post(ctx, tr)
		if !errors.Is(res.Err, context.Canceled) || strings.Contains(res.Err.Error(), reason.Error()) {
			t.Errorf("err is %v, want what ended the context and not the host's reason", res.Err)
		}
		_ = tr.Close()
	})
}

// TestSlowBodyOfA401: to be rid of it the first post's context is cancelled, not the second's.
func TestSlowBodyOfA401(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, _ := inMemory(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if r.Header.Get("Authorization") == "k" {
				w.WriteHeader(http.StatusUnauthorized)
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			}
		})
		tr.refresh = func(context.Context, string, Credentials) (Credentials, error) {
			return Credentials{Key: NewSecret("another")}, nil
		}
		if res := post(t.Context(), tr); res.Class != transport.Acknowledged {
			t.Errorf("%v: %v", res.Class, res.Err)
		}
		_ = tr.Close()
	})
}

// TestOwnPoolSpeaksHTTP1: to a server that would rather speak HTTP/2.
func TestOwnPoolSpeaksHTTP1(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Proto != "HTTP/1.1" {
			t.Errorf("the protocol is %s", r.Proto)
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	creds, err := Static("bot-1", "k")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := New(creds, &Config{BaseURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tr.Close() }()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	tr.ownPool.TLSClientConfig = &tls.Config{RootCAs: roots}
	if res := post(t.Context(), tr); res.Err != nil {
		t.Error(res.Err)
	}
}

// TestDialThatHangs: the time-out strikes before a connection is had, so nothing was sent.
func TestDialThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, _ := inMemory(t, func(http.ResponseWriter, *http.Request) {})
		tr.ownPool.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		res := post(t.Context(), tr)
		if res.Class != transport.NotSent || !errors.Is(res.Err, context.DeadlineExceeded) {
			t.Errorf("%v: %v", res.Class, res.Err)
		}
		_ = tr.Close()
	})
}

// TestClientTimeoutCounts: a caller's client may have a time-out of its own.
func TestClientTimeoutCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, _ := serveInMemory(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		})
		tr := toMemory(t, &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DialContext: n.dial}})
		begin := time.Now()
		res := post(t.Context(), tr)
		if res.Class != transport.Unknown || !errors.Is(res.Err, context.DeadlineExceeded) || !strings.Contains(res.Err.Error(), "timed out") {
			t.Errorf("%v: %v", res.Class, res.Err)
		}
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("it took %v", took)
		}
		_ = tr.Close()
	})
}

// TestRefreshThatEndsItsGoroutine: waiters must not wait for ever.
func TestRefreshThatEndsItsGoroutine(t *testing.T) {
	f := newFlights(time.Minute)
	defer f.close()
	_, err := f.do(t.Context(), Credentials{}, func(context.Context) (Credentials, error) {
		runtime.Goexit()
		return Credentials{}, nil
	})
	if !errors.Is(err, errRefreshLost) {
		t.Errorf("err is %v", err)
	}
}
