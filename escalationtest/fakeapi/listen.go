package fakeapi

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
)

// A listener is the server's own HTTP server, once started, and the count of what it still has running.
type listener struct {
	mu     sync.Mutex
	idle   *sync.Cond // on mu: busy became zero
	busy   int        // connections open, and handlers running for them
	url    string
	http   *http.Server
	memory *http.Server  // for RoundTripper, once called
	served chan struct{} // closed when the accept loop has ended
}

func (l *listener) init() { l.idle = sync.NewCond(&l.mu) }

func (l *listener) add(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy += n
	if l.busy == 0 {
		l.idle.Broadcast()
	}
}

// connState counts connections from the moment they are accepted until net/http has let go of them.
func (l *listener) connState(_ net.Conn, st http.ConnState) {
	switch st {
	case http.StateNew:
		l.add(1)
	case http.StateClosed, http.StateHijacked:
		l.add(-1)
	}
}

// Start listens on a free port of 127.0.0.1 and serves until Close. A Server starts once: a second Start is an error, and
// one after Close is ErrClosed.
func (s *Server) Start() error {
	l := &s.own
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.isClosed() {
		return ErrClosed
	}
	if l.http != nil {
		return errors.New("fakeapi: server already started")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("fakeapi: cannot listen: %w", err)
	}
	l.url = "http://" + ln.Addr().String() + s.cfg.BasePath
	l.served = make(chan struct{})
	l.http = l.newServer(s)
	go func(srv *http.Server, served chan<- struct{}) {
		defer close(served)
		_ = srv.Serve(ln) // always http.ErrServerClosed: only Close ends it
	}(l.http, l.served)
	return nil
}

// newServer returns an HTTP server whose connections and running handlers are counted.
func (l *listener) newServer(h http.Handler) *http.Server {
	return &http.Server{
		ConnState:                    l.connState,
		DisableGeneralOptionsHandler: true, // it would answer OPTIONS * before a record is made
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			l.add(1)
			defer l.add(-1)
			h.ServeHTTP(w, r)
		}),
	}
}

func (s *Server) isClosed() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// URL returns the base URL, without Path, that a client is to be given. It is empty before Start and stays
// as it is after Close.
func (s *Server) URL() string {
	s.own.mu.Lock()
	defer s.own.mu.Unlock()
	return s.own.url
}

// Close ends every held request, closes the listener and every connection that Start or RoundTripper led to, and waits until
// the last of their goroutines is done. Events that had still to take effect, because of a Fault or Config.Lag, never will.
// Webhooks under way are broken off, those that wait are not sent, and both are recorded with ErrClosed as their Err. Records,
// widgets and violations stay readable; every wait ends with ErrClosed. A second Close waits for the same and returns nil.
//
// Where another server serves the handler, Close ends the held requests, and later ones are answered 503
// and not recorded; its connections and goroutines are that server's to close.
//
// Close waits for all calls of observers, so it must not be called from one.
func (s *Server) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
		s.tasks.stop()
		s.abandon()
		s.announce()
	}
	own := s.ownTransport
	s.mu.Unlock()

	err := s.stopListening()
	s.tasks.all.Wait()
	if own != nil {
		own.CloseIdleConnections()
	}
	s.mu.Lock()
	s.silent = true
	s.mu.Unlock()
	s.observer.finish()
	return err
}

// stopListening closes the listener and every connection, and waits for the last handler.
func (s *Server) stopListening() error {
	l := &s.own
	l.mu.Lock()
	srv, memory, served := l.http, l.memory, l.served
	l.mu.Unlock()
	var err error
	if srv != nil {
		err = srv.Close()
		<-served
		// A connection accepted while the first Close ran may have been registered after it; nothing is accepted any more now.
		err = errors.Join(err, srv.Close())
	}
	if memory != nil {
		err = errors.Join(err, memory.Close())
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	for l.busy > 0 {
		l.idle.Wait()
	}
	if err != nil {
		return fmt.Errorf("fakeapi: closing: %w", err)
	}
	return nil
}
