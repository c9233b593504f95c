package post

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"
)

// DefaultTimeout bounds a call unless the caller says otherwise.
const DefaultTimeout = 10 * time.Second

// maxExcerpt is how much of an answer is kept.
const maxExcerpt = 4 << 10

// A Sender makes the calls. It is safe for concurrent use.
type Sender struct {
	client  *http.Client
	timeout time.Duration
}

// NewSender returns a Sender whose calls take no longer than timeout each; 0 means DefaultTimeout. They go through
// rt, or over the network if it is nil: one connection for each, and a proxy if the environment names one.
func NewSender(timeout time.Duration, rt http.RoundTripper) *Sender {
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	if rt == nil {
		rt = newTransport()
	}
	return &Sender{
		client: &http.Client{
			Transport:     rt,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		timeout: timeout,
	}
}

// newTransport makes a connection for each call: one that was kept could break for a reason of its own.
func newTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: ProxyRefused,
		Protocols:              protocols,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// An Answer is what came back.
type Answer struct {
	Status    int
	Header    http.Header
	Body      []byte // the beginning
	Truncated bool   // there was more of it, or it broke off
	Took      time.Duration
}

// OK reports whether the status is 2xx.
func (a Answer) OK() bool { return a.Status/100 == 2 }

// Post sends body as JSON to target, with these headers. The error is an *Error. The header is not changed.
func (s *Sender) Post(ctx context.Context, target string, header http.Header, body []byte) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, nil)
	if err != nil {
		return Answer{}, &Error{detail: "not a URL that can be posted to"} // err quotes it
	}
	// Without GetBody net/http has no way to send it again.
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if header != nil {
		req.Header = header.Clone()
	}
	if req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	began := time.Now()
	resp, err := s.client.Do(req)
	if err != nil {
		return Answer{Took: time.Since(began)}, NewError(err, req.URL.Host, s.timeout)
	}
	defer resp.Body.Close()
	excerpt, err := io.ReadAll(io.LimitReader(resp.Body, maxExcerpt+1))
	a := Answer{Status: resp.StatusCode, Header: resp.Header, Body: excerpt, Truncated: err != nil, Took: time.Since(began)}
	if len(excerpt) > maxExcerpt {
		a.Body, a.Truncated = excerpt[:maxExcerpt], true
	}
	return a, nil
}
