package fakeapi

import (
	"context"
	"errors"
	"net"
	"net/http"
)

// HandlerTransport returns a RoundTripper that has h serve every request, in this process and without a network.
// net/http's own client and server do the work, with a pipe between them, so a request and its answer are what they are over a
// network, hooks of net/http/httptrace included. In particular:
//
//   - Every host and both schemes lead to h. There is no TLS, and no proxy is asked.
//   - A connection serves one request. Once the answer's body was closed, or read to its end, nothing is left of it.
//   - When the request's context ends, RoundTrip, or reading the answer, ends with its error, and the context that h sees ends.
//   - A handler that cuts the connection, by hijacking it or with http.ErrAbortHandler, leads to an error of RoundTrip, or of
//     reading the answer if its headers were sent.
//   - h sees 127.0.0.1 as the address of the client.
//
// It is safe for concurrent use, and may be used within a bubble of testing/synctest.
func HandlerTransport(h http.Handler) http.RoundTripper {
	return memoryTransport(&http.Server{Handler: h})
}

// RoundTripper returns what [HandlerTransport] does for s, whose Config.BasePath counts as it does over a network. Close cuts its
// connections and waits for them as for those of Start; a request after that fails with an error that wraps ErrClosed.
func (s *Server) RoundTripper() http.RoundTripper {
	return memoryTransport(s.inMemory())
}

func memoryTransport(srv *http.Server) http.RoundTripper {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		client, server := net.Pipe()
		// Serve returns as soon as it is refused a second connection; the first goes on being served.
		if err := srv.Serve(&oneConn{conn: memoryConn{server}}); errors.Is(err, http.ErrServerClosed) {
			return nil, errors.Join(ErrClosed, client.Close(), server.Close())
		}
		return client, nil
	}
	return &http.Transport{
		DialContext:       dial,
		DialTLSContext:    dial,
		DisableKeepAlives: true, // a connection kept for later would be kept for good
	}
}

var errNoMore = errors.New("fakeapi: one connection only")

// A oneConn is a listener that accepts one connection and is then at its end.
type oneConn struct{ conn net.Conn }

func (l *oneConn) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, errNoMore
	}
	conn := l.conn
	l.conn = nil
	return conn, nil
}

func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return loopback }

// A memoryConn is the server's end of a pipe, with an address that handlers can read.
type memoryConn struct{ net.Conn }

func (memoryConn) LocalAddr() net.Addr  { return loopback }
func (memoryConn) RemoteAddr() net.Addr { return loopback }

var loopback = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}

// inMemory returns the server for connections in memory. They are counted, and closed, as those of Start are.
func (s *Server) inMemory() *http.Server {
	l := &s.own
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.memory == nil {
		l.memory = l.newServer(s)
		if s.isClosed() {
			_ = l.memory.Close() // nothing to close yet: it only refuses from now on
		}
	}
	return l.memory
}
