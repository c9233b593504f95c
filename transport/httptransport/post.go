package httptransport

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"

	"github.com/escalationkit/escalation/transport"
)

const (
	maxExcerpt = 2 << 10
	// maxDrain is how much of an answer's body is read so that its connection can serve again.
	maxDrain = 64 << 10
	// drainTime bounds that reading: the status alone decides the class, so a body that trickles
	// must not hold up the next event.
	drainTime = time.Second
)

// attempt is what post needs to know about the call it serves.
type attempt struct {
	caller context.Context // what Send was given
	ctx    context.Context // ends with caller or with the attempt's time
	cancel func()
	req    transport.Request
}

// post makes one attempt.
func (t *Transport) post(a attempt, creds Credentials) transport.Result {
	if err := whyEnded(a.ctx); err != nil {
		return transport.Result{Class: transport.NotSent, Err: t.failed(a, transport.NotSent, err.Error(), err)}
	}
	var seen footprint
	httpReq, body := t.request(httptrace.WithClientTrace(a.ctx, seen.trace(t.buffered(creds))), a.req.Body, creds)
	resp, err := t.do(httpReq)
	whole := body.detach()
	if err != nil {
		return t.broken(a, err, &seen)
	}
	excerpt := finish(resp, a.cancel)
	return t.answered(a, resp, whole, excerpt)
}

// request builds the POST from the one made by New.
func (t *Transport) request(ctx context.Context, data []byte, creds Credentials) (*http.Request, *payload) {
	req := t.blank.WithContext(ctx)
	// It stays without GetBody, and so net/http has no way to post a second time, whatever headers a
	// caller's RoundTripper adds. With it, an Idempotency-Key is enough for a silent replay. [T1]
	body, lent := lend(data)
	req.Body, req.ContentLength = body, int64(len(data))
	req.Header = t.header(creds)
	return req, lent
}

// broken classifies an attempt that brought no answer. [T4]
func (t *Transport) broken(a attempt, err error, seen *footprint) transport.Result {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // its own text repeats the URL
	}
	class := transport.Unknown
	if seen.nothingSent(t.ownPool != nil) {
		class = transport.NotSent
	}
	detail := describe(err)
	if t.ownPool != nil && seen.asked.Load() && !seen.got.Load() {
		detail = err.Error() // from dialling or the TLS handshake: it knows nothing of the request
	}
	return transport.Result{Class: class, Err: t.failed(a, class, detail, err)}
}

// failed builds the error of an attempt without an answer.
func (t *Transport) failed(a attempt, class transport.Class, detail string, cause error) *AttemptError {
	e := &AttemptError{Class: class, detail: detail}
	ended := a.caller.Err()
	switch {
	case ended != nil:
		e.detail = ended.Error() // not its cause, whose text is the host's own
	case errors.Is(whyEnded(a.ctx), context.DeadlineExceeded):
		ended = context.DeadlineExceeded
		e.Timeout = t.timeout
		e.detail = "the attempt took longer than " + t.timeout.String()
	}
	e.causes = hide(ended, cause)
	return e
}

// answered classifies an attempt that brought an answer. [T3] [T5]
func (t *Transport) answered(a attempt, resp *http.Response, whole bool, excerpt string) transport.Result {
	status, html := resp.StatusCode, htmlPage(resp.Header)
	wait, asked := retryAfter(resp.Header.Get("Retry-After"), t.now())
	class := classify(status, html, asked)
	early := class == transport.Acknowledged && !whole
	if early {
		class = transport.Unknown
	}
	if class == transport.Acknowledged {
		if status != http.StatusOK {
			t.log.LogAttrs(a.caller, slog.LevelWarn, "httptransport: the API acknowledged with a status other than 200",
				slog.Int("status", status), slog.String("kind", a.req.Kind.String()))
		}
		return transport.Result{Class: class, Status: status}
	}
	return transport.Result{Class: class, Status: status, RetryAfter: wait, Err: &StatusError{
		Status: status, Class: class, RetryAfter: wait, HTML: html, Early: early, excerpt: NewSecret(excerpt),
	}}
}

// finish reads what is left of resp within bounds, so that the connection can be used again, closes
// it, and returns the beginning of the body unless it is that of a plain 2xx. cancel ends the attempt.
func finish(resp *http.Response, cancel func()) string {
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return "" // the body is the connection itself, and no context ends a read from it
	}
	if resp.Body == http.NoBody {
		return ""
	}
	defer time.AfterFunc(drainTime, cancel).Stop()
	var excerpt []byte
	if resp.StatusCode < 200 || resp.StatusCode > 299 || htmlPage(resp.Header) {
		excerpt, _ = io.ReadAll(io.LimitReader(resp.Body, maxExcerpt)) // what came before an error is worth keeping
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxDrain-int64(len(excerpt))))
	return string(excerpt)
}
