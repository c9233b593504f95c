package httptransport

import (
	"net/http/httptrace"
	"sync/atomic"
)

// footprint is what the trace hooks saw of one attempt. Hooks fire on net/http's goroutines.
type footprint struct {
	asked   atomic.Bool // a connection was asked for, so the hooks do fire
	got     atomic.Bool // a connection was had
	written atomic.Bool // a header field was written, if only to the buffer
}

func (f *footprint) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:          func(string) { f.asked.Store(true) },
		GotConn:          func(httptrace.GotConnInfo) { f.got.Store(true) },
		WroteHeaderField: func(string, []string) { f.written.Store(true) },
		WroteHeaders:     func() { f.written.Store(true) },
	}
}

// nothingSent reports whether the hooks prove that no byte of the request left.
//
// The first header hook fires after the request line was put into the write buffer. Our own pool
// has a buffer that the line cannot overflow, and its RoundTrip does not fail before its write loop
// has ended, so "no header hook" is proof there. Of a caller's client neither is known: proof is
// that no connection was had.
func (f *footprint) nothingSent(ownPool bool) bool {
	if !f.asked.Load() || f.written.Load() {
		return false
	}
	return ownPool || !f.got.Load()
}
