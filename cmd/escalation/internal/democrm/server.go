package democrm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// server is the CRM's HTTP server on loopback.
type server struct {
	url    string
	http   *http.Server
	served chan struct{}  // closed when nothing is accepted any more
	open   sync.WaitGroup // connections, each until its handler has returned
}

// listen serves the webhook and the desk.
func listen(addr string, hook, agent http.Handler, logger *slog.Logger) (*server, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || !isLoopback(host) {
		return nil, fmt.Errorf("the address %q is not a port of this machine's loopback", addr)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(WebhookPath, hook)
	mux.Handle(DeskPath, agent)
	s := &server{url: "http://" + listener.Addr().String(), served: make(chan struct{})}
	s.http = &http.Server{
		Handler:           ownHost(mux),
		ConnState:         s.count,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(listener) // always http.ErrServerClosed: only stop ends it
	}()
	return s, nil
}

// count is called for a new connection before anything else happens to it, and for a closed one after everything.
func (s *server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.open.Add(1)
	case http.StateClosed:
		s.open.Done()
	}
}

// stop accepts nothing any more and lets calls under way end. When ctx ends their connections are cut, and their
// handlers may go on until wait.
func (s *server) stop(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	<-s.served
	// Now that nothing is accepted any more, Close finds every connection that Shutdown left.
	return errors.Join(err, s.http.Close())
}

// wait returns when the last handler has returned.
func (s *server) wait() { s.open.Wait() }

// ownHost answers only those who call the server by an address of this machine. A page in a browser can make a name of
// its own point here, and would otherwise count as of the same origin.
func ownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if !isLoopback(host) {
			http.Error(w, "this server answers on loopback only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
