package listen

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/escalationkit/escalation/cmd/escalation/internal/post"
)

const (
	excerpt   = 4 << 10  // of an answer is recorded
	ahead     = 64 << 10 // of an answer is read before it is judged; those of the API are shorter
	maxAnswer = 16 << 20 // of an answer is passed back
	// unknownStatus stands for an answer that did not come.
	unknownStatus = -1
)

// perConnection are the headers that concern one connection only, and those that were dealt with here.
var perConnection = []string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", "Expect",
}

// passed is the answer to a request: of a host that it was passed on to, or of our own.
type passed struct {
	asked  bool // somebody else was
	status int
	header http.Header
	begin  []byte    // of the body
	rest   io.Reader // nil: there is none
	broke  bool      // the body broke off in its beginning, and so the caller cannot rely on the status
	gone   bool      // the caller had gone when the answer came
	err    error     // why there was no answer; status, header and begin are then our own
	end    func()
}

// set makes p an answer of our own.
func (p *passed) set(status int, header http.Header, body []byte) {
	p.status, p.header, p.begin = status, header, body
	if header == nil {
		p.header = http.Header{"Content-Type": {"application/json"}}
	}
}

// judged is the status that the judge is told.
func (p *passed) judged() int {
	switch {
	case !p.asked:
		return 0
	case !p.whole():
		return unknownStatus
	}
	return p.status
}

// whole reports whether the caller gets an answer, and as far as is known not half of one.
func (p *passed) whole() bool { return p.err == nil && !p.broke && !p.gone }

func (p *passed) beginning() []byte { return p.begin[:min(len(p.begin), excerpt)] }

func (p *passed) close() {
	if p.end != nil {
		p.end()
	}
}

// pass sends a request on, once, and reads the beginning of the answer.
func (r *Recorder) pass(req *http.Request, target string, body []byte) passed {
	ctx, cancel := context.WithTimeout(req.Context(), r.cfg.Timeout)
	p := passed{asked: true, end: cancel}
	to, err := url.Parse(target)
	if err != nil {
		return p.failed(errors.New("not a URL"))
	}
	out := (&http.Request{
		Method: req.Method, URL: to, Host: to.Host, Header: withoutConnection(req.Header), ContentLength: int64(len(body)),
		Body: http.NoBody, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	if len(body) > 0 {
		out.Body = io.NopCloser(bytes.NewReader(body)) // without GetBody net/http has no way to send it again
	}
	if _, ok := out.Header["User-Agent"]; !ok {
		out.Header["User-Agent"] = nil // or net/http adds its own
	}
	resp, err := r.cfg.Transport.RoundTrip(out) // which follows no redirect
	if err != nil {
		return p.failed(errors.New(post.Explain(err, to.Host, r.cfg.Timeout)), err)
	}
	p.end = func() { _ = resp.Body.Close(); cancel() }
	p.status, p.header = resp.StatusCode, withoutConnection(resp.Header)
	if p.status < 200 { // the connection is to become something else
		p.status = http.StatusBadGateway
		return p.failed(errors.New("it wants to switch protocols"))
	}
	p.begin, err = io.ReadAll(io.LimitReader(resp.Body, ahead))
	p.broke = err != nil // and it breaks off again when the rest is read
	p.rest = io.LimitReader(resp.Body, maxAnswer+1)
	p.gone = req.Context().Err() != nil
	return p
}

// failed makes an answer of our own that says why there is no other.
func (p passed) failed(problem error, causes ...error) passed {
	status := http.StatusBadGateway
	for _, cause := range causes {
		if errors.Is(cause, context.DeadlineExceeded) || errors.Is(cause, os.ErrDeadlineExceeded) {
			status = http.StatusGatewayTimeout
		}
	}
	p.set(status, nil, errorBody(problem.Error()))
	p.err = problem
	return p
}

// write sends the answer. One that breaks off, or is too long, is broken off here as well: the caller must not take a part
// for the whole.
func (p *passed) write(w http.ResponseWriter) {
	h := w.Header()
	for _, added := range []string{"Content-Type", "Date"} {
		if p.asked && p.err == nil {
			h[added] = nil // or net/http adds one that did not come
		}
	}
	for name, values := range p.header {
		h[name] = values
	}
	w.WriteHeader(p.status)
	if _, err := w.Write(p.begin); err != nil || p.rest == nil {
		return // an error is the caller's: it is gone, or the status has no body
	}
	n, err := io.Copy(w, p.rest)
	if err != nil || n > maxAnswer {
		panic(http.ErrAbortHandler) // the way to cut a connection within net/http, which recovers it silently
	}
}

// withoutConnection returns a copy without what concerns one connection only.
func withoutConnection(h http.Header) http.Header {
	out := h.Clone()
	for _, v := range h["Connection"] {
		for name := range strings.SplitSeq(v, ",") {
			out.Del(strings.TrimSpace(name))
		}
	}
	for name := range out {
		if slices.Contains(perConnection, name) {
			delete(out, name)
		}
	}
	return out
}
