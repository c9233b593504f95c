package httptransport

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
)

var errDetached = errors.New("httptransport: the attempt is over")

// oneWrite is how much body surely fits into net/http's write buffer behind the headers.
const oneWrite = 2 << 10

// lend wraps data for one attempt. A small body is copied into one of the readers that net/http
// knows to be in memory: it then writes headers and body at once, which costs the copy and saves a
// packet, and almost all events are small. A large one is lent as a payload.
func lend(data []byte) (io.ReadCloser, *payload) {
	switch {
	case len(data) == 0:
		return http.NoBody, nil
	case len(data) <= oneWrite:
		return io.NopCloser(bytes.NewReader(bytes.Clone(data))), nil
	}
	p := &payload{rest: data}
	return p, p
}

// payload lends the caller's bytes to net/http for the length of one attempt. net/http may go on
// reading a body after it returned an early answer or an error; once detached, a payload gives
// nothing away and holds no reference to the caller's bytes. [T10]
type payload struct {
	mu   sync.Mutex
	rest []byte
	cut  bool // detached with bytes left
}

var _ io.ReadCloser = (*payload)(nil)

// Read copies under the lock, so that detach waits for a Read that has begun.
func (p *payload) Read(buf []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.cut:
		return 0, errDetached
	case len(p.rest) == 0:
		// Also after the end: net/http reads once more behind the last byte, maybe after the answer
		// came, and an error would cost the connection and the rest of the answer.
		return 0, io.EOF
	}
	n := copy(buf, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// Close does nothing: net/http closes the body on its own schedule, detach on ours.
func (p *payload) Close() error { return nil }

// detach ends the loan and reports whether all bytes had been read by then. A nil payload stands
// for a small body: it leaves in one write, so an answer cannot come in the middle of it.
func (p *payload) detach() (whole bool) {
	if p == nil {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	whole = len(p.rest) == 0
	p.rest, p.cut = nil, !whole
	return whole
}
