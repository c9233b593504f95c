package fakeapi

import (
	"encoding/json"
	"maps"
	"net"
	"net/http"
)

// hold waits until the fault's Hold is released, the client is gone or the server closed, and settles the exchange.
func (s *Server) hold(x *exchange, r *http.Request) {
	select {
	case <-x.fault.Hold.catch():
	case <-r.Context().Done():
		x.gone = ClientGone
	case <-s.done:
		x.gone = ServerClosed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		x.gone = ServerClosed
	}
	s.settle(x)
	s.announce()
}

// finish does to the connection what was decided.
func (s *Server) finish(w http.ResponseWriter, r *http.Request, x *exchange) {
	if x.gone == Open && x.fault.Cut == NoCut {
		body := x.fault.Body
		if body == nil {
			body = defaultBody(x.rec.Status, x.rec.Problems)
		}
		writeAnswer(w, x.rec.Status, x.fault.Header, body)
		return
	}
	if cut(w, r) {
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
	maps.Copy(h, header.Clone())
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
