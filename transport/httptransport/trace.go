package httptransport

import (
	"net/http/httptrace"
	"sync/atomic"
)

// footprint is what the trace hooks saw of one attempt. Hooks fire on net/http's goroutines.
type footprint struct {
	asked   atomic.Bool // a connection was asked for, so the hooks do fire
	got     atomic.Bool // a connection was had
	written atomic.Bool // headers were written, if only to the buffer
}

// trace returns the hooks. buffered says that all headers fit into the write buffer, so that none can leave
// before the last is written; otherwise every field is watched, for which net/http allocates.
func (f *footprint) trace(buffered bool) *httptrace.ClientTrace {
	hooks := &httptrace.ClientTrace{
		GetConn:      func(string) { f.asked.Store(true) },
		GotConn:      func(httptrace.GotConnInfo) { f.got.Store(true) },
		WroteHeaders: func() { f.written.Store(true) },
	}
	if !buffered {
		hooks.WroteHeaderField = func(string, []string) { f.written.Store(true) }
	}
	return hooks
}

// maxBuffered is how long the credentials may be for all headers to fit into the write buffer of our own pool,
// beside the request line, Host, what a proxy needs, and the headers of fixed length.
const maxBuffered = 1024

// buffered reports whether the headers surely stay in the write buffer until all are written.
func (t *Transport) buffered(c Credentials) bool {
	return t.ownPool != nil && len(c.Key.Reveal())+len(c.BotID)+len(c.OrganizationID) <= maxBuffered
}

// nothingSent reports whether the hooks prove that no byte of the request left.
//
// The header hook fires after the request line, and where buffered says so all headers, were put into
// the write buffer. Our own pool has a buffer that these cannot overflow, and its RoundTrip does not fail
// before its write loop has ended, so "no header hook" is proof there. Of a caller's client neither is
// known: proof is that no connection was had.
func (f *footprint) nothingSent(ownPool bool) bool {
	if !f.asked.Load() || f.written.Load() {
		return false
	}
	return ownPool || !f.got.Load()
}
