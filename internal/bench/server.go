package main

import (
	"io"
	"net"
	"net/http"
)

// request is what the server saw of a request.
type request struct {
	method, path string
	header       http.Header
	body         string
}

// server answers every request with 200 and an empty body, after reading it to its end.
type server struct {
	url  string
	http *http.Server
}

// listen starts a server on loopback. If record is not nil it gets every request, in no certain order
// and from many goroutines.
func listen(record func(request)) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{url: "http://" + l.Addr().String(), http: &http.Server{Handler: handler(record)}}
	go func() { _ = s.http.Serve(l) }() // ends with close
	return s, nil
}

func handler(record func(request)) http.HandlerFunc {
	if record == nil {
		return func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }
	}
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		record(request{method: r.Method, path: r.URL.Path, header: r.Header.Clone(), body: string(body)})
	}
}

func (s *server) close() { _ = s.http.Close() }
