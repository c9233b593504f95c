package httptransport_test

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/escalationkit/escalation/transport/httptransport"
	"github.com/escalationkit/escalation/transport/transporttest"
)

const conformanceKey = "key-4f7d20aa"

// remote is an HTTP server that does what the suite tells it.
type remote struct {
	server *httptest.Server
	log    transporttest.Log

	mu  sync.Mutex
	now transporttest.Behaviour
}

func newRemote(t testing.TB, start func(*httptest.Server)) *remote {
	r := &remote{}
	r.server = httptest.NewUnstartedServer(http.HandlerFunc(r.serve))
	r.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	keepPort(t, r.server.Listener) // for Unreachable
	start(r.server)
	t.Cleanup(r.server.Close)
	return r
}

func (r *remote) arrange(b transporttest.Behaviour) {
	r.mu.Lock()
	r.now = b
	r.mu.Unlock()
	if b == transporttest.Unreachable {
		r.server.Close()
	}
}

func (r *remote) serve(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body) // what is missing shows in the log
	r.mu.Lock()
	b := r.now
	r.mu.Unlock()
	if req.Header.Get("Authorization") == conformanceKey {
		r.log.Add(transporttest.Received{BotID: req.Header.Get("botid"), Body: body})
	}
	status := http.StatusOK
	switch b {
	case transporttest.RefuseScope:
		status = http.StatusUnauthorized
	case transporttest.RefuseLater:
		w.Header().Set("Retry-After", "7")
		status = http.StatusTooManyRequests
	case transporttest.Reject:
		status = http.StatusBadRequest
	case transporttest.Break:
		panic(http.ErrAbortHandler) // net/http's way to cut a connection
	case transporttest.Stall:
		<-req.Context().Done()
		panic(http.ErrAbortHandler) // to return would be a 200
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// meet makes the connection that a client shares for all its requests. The server hangs up where it cannot look at the first frame
// within two seconds, requests behind it or not, and a busy machine may need them.
func meet(t testing.TB, r *remote) {
	var err error
	for range 10 {
		var resp *http.Response
		if resp, err = r.server.Client().Get(r.server.URL); err == nil { // without the key: the suite does not see it
			_ = resp.Body.Close()
			return
		}
	}
	t.Fatal(err)
}

// TestConformance runs the suite over each way to reach the API: our own pool, a caller's client
// over TLS, and a caller's client that speaks HTTP/2.
func TestConformance(t *testing.T) {
	for _, way := range []struct {
		name   string
		start  func(*httptest.Server)
		client bool
		shared bool // one connection for everything
	}{
		{"own pool", (*httptest.Server).Start, false, false},
		{"client over TLS", (*httptest.Server).StartTLS, true, false},
		{"client over HTTP/2", func(s *httptest.Server) {
			s.EnableHTTP2 = true
			s.TLS = &tls.Config{NextProtos: []string{"h2"}}
			s.StartTLS()
		}, true, true},
	} {
		t.Run(way.name, func(t *testing.T) {
			transporttest.Run(t, transporttest.Harness{Open: func(t testing.TB) transporttest.Subject {
				r := newRemote(t, way.start)
				if way.shared {
					meet(t, r)
				}
				creds, err := httptransport.Static("bot-1", conformanceKey)
				if err != nil {
					t.Fatal(err)
				}
				cfg := &httptransport.Config{BaseURL: r.server.URL}
				if way.client {
					cfg.Client = r.server.Client()
				}
				tr, err := httptransport.New(creds, cfg)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = tr.Close() })
				return transporttest.Subject{
					Transport: tr, Arrange: r.arrange, Log: &r.log, BotID: "bot-1", Secrets: []string{conformanceKey},
				}
			}})
		})
	}
}
