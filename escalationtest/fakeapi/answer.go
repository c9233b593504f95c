package fakeapi

import (
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// hold waits until the fault's Hold is released and its Delay is over, the client is gone or the server closed, and
// settles the exchange.
func (s *Server) hold(x *exchange, r *http.Request) {
	if h := x.fault.Hold; h != nil {
		x.gone = wait(s, r, h.catch())
	}
	if d := x.fault.Delay; d > 0 && x.gone == Open {
		timer := time.NewTimer(d)
		defer timer.Stop()
		x.gone = wait(s, r, timer.C)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		x.gone = ServerClosed
	}
	s.settle(x)
	s.announce()
}

// wait returns Open when there is something in the channel, or the end that came first.
func wait[T any](s *Server, r *http.Request, until <-chan T) End {
	select {
	case <-until:
		return Open
	case <-r.Context().Done():
		return ClientGone
	case <-s.done:
		return ServerClosed
	}
}

// finish does to the connection what was decided.
func (s *Server) finish(w http.ResponseWriter, r *http.Request, x *exchange) {
	if x.gone == Open && !x.fault.Cut.silent() {
		body := x.fault.Body
		if body == nil {
			body = defaultBody(x.rec.Status, x.rec.Problems)
		}
		if x.fault.Cut == NoCut {
			writeAnswer(w, x.rec.Status, x.fault.Header, body)
			return
		}
		cutInAnswer(w, r, x.rec.Status, x.fault.Header, body)
	} else if cut(w, r) {
		return
	}
	if x.gone == Open {
		s.mu.Lock()
		x.rec.End, x.rec.Status = Uncuttable, http.StatusInternalServerError
		s.announce()
		s.mu.Unlock()
	}
	writeAnswer(w, http.StatusInternalServerError, nil, errorBody("this connection cannot be cut"))
}

// cutInAnswer sends half of an answer and ends the connection by a panic that its net/http server recovers. It returns,
// having sent nothing, if there is no such server, or no body in the answer.
func cutInAnswer(w http.ResponseWriter, r *http.Request, status int, header http.Header, body []byte) {
	if r.Context().Value(http.ServerContextKey) == nil || r.Method == http.MethodHead {
		return
	}
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	writeAnswer(w, status, header, body[:len(body)/2])
	_ = http.NewResponseController(w).Flush() // what is not flushed would be lost
	panic(http.ErrAbortHandler)
}

// cut severs the connection without an answer. It reports false if there is none to sever.
func cut(w http.ResponseWriter, r *http.Request) bool {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		if r.Context().Value(http.ServerContextKey) != nil {
			// HTTP/2 cannot be hijacked. Within a net/http server this value is the defined way to reset the stream; the
			// server recovers it silently.
			panic(http.ErrAbortHandler)
		}
		return false
	}
	raw := conn
	if wrapped, ok := raw.(interface{ NetConn() net.Conn }); ok {
		raw = wrapped.NetConn()
	}
	if tcp, ok := raw.(interface{ SetLinger(sec int) error }); ok {
		_ = tcp.SetLinger(0) // without it the close is orderly instead of a reset: still a cut
		_ = raw.Close()      // before TLS could say good-bye
	}
	_ = conn.Close()
	return true
}

// writeAnswer sends an answer. Errors are the client's: it is gone.
func writeAnswer(w http.ResponseWriter, status int, header http.Header, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	for name, values := range header {
		h[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	w.WriteHeader(status)
	if len(body) > 0 {
		_, _ = w.Write(body)
	}
}

// defaultBody is the server's own small JSON for a status.
func defaultBody(status int, problems []Problem) []byte {
	switch {
	case status == http.StatusNoContent || status == http.StatusNotModified:
		return nil
	case status/100 == 2:
		return []byte(`{"status":"acknowledged"}`)
	}
	for _, p := range problems {
		if p.Rule.Status() == status {
			return errorBody(p.String())
		}
	}
	return errorBody("injected")
}

func errorBody(text string) []byte {
	out, err := json.Marshal(map[string]string{"error": text})
	if err != nil { // cannot happen: a map of strings always encodes
		return []byte(`{"error":"unknown"}`)
	}
	return out
}
