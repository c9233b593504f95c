package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/post"
)

// DefaultTimeout is used when Config.Timeout is zero.
const DefaultTimeout = 10 * time.Second

// Config holds what is optional about a Client. Nil and every zero value mean the stated default.
type Config struct {
	// Timeout bounds one call. Default: DefaultTimeout.
	Timeout time.Duration
	// Transport carries the requests. Default: one of the client's own, which uses no proxy and is closed by Close.
	Transport http.RoundTripper

	_ struct{}
}

// Client is a [Desk] behind an address.
type Client struct {
	url  url.URL
	http http.Client
}

var _ Desk = (*Client)(nil)

// NewClient returns a client for the desk at an absolute http or https URL. A query in it is kept.
func NewClient(desk string, cfg *Config) (*Client, error) {
	at, err := url.Parse(desk)
	switch {
	case err != nil:
		return nil, errors.New("desk: the URL cannot be read") // the error quotes it, and it may hold a password
	case at.Scheme != "http" && at.Scheme != "https", at.Host == "", at.Fragment != "":
		return nil, errors.New("desk: the URL is not an absolute http or https URL without a fragment")
	}
	var c Config
	if cfg != nil {
		c = *cfg
	}
	switch {
	case c.Timeout < 0:
		return nil, fmt.Errorf("desk: the time-out %v is negative", c.Timeout)
	case c.Timeout == 0:
		c.Timeout = DefaultTimeout
	}
	if c.Transport == nil {
		// Desks are near: a proxy of the environment has no business with them.
		c.Transport = &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: 30 * time.Second}
	}
	return &Client{*at, http.Client{
		Transport:     c.Transport,
		Timeout:       c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close lets go of idle connections. The client may be used again.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Act implements Desk. An error that is not a *Refusal is a *CallError.
func (c *Client) Act(ctx context.Context, body []byte) error {
	status, answer, err := c.call(ctx, http.MethodPost, c.url, body)
	switch {
	case status/100 == 2: // whatever became of the body
		return nil
	case status == http.StatusConflict:
		return decodeRefusal(answer)
	case err != nil:
		return &CallError{Op: "act", Status: status, Err: err}
	}
	return &CallError{Op: "act", Status: status, Message: decodeTrouble(answer)}
}

// View implements Desk. An error that is not ErrNoView is a *CallError.
func (c *Client) View(ctx context.Context, conversationID string) (View, error) {
	at := c.url
	query := at.Query()
	query.Set("conversation", conversationID)
	at.RawQuery = query.Encode()
	status, answer, err := c.call(ctx, http.MethodGet, at, nil)
	switch {
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented:
		return View{}, ErrNoView
	case err != nil:
		return View{}, &CallError{Op: "view", Status: status, Err: err}
	case status != http.StatusOK:
		return View{}, &CallError{Op: "view", Status: status, Message: decodeTrouble(answer)}
	}
	view, err := decodeView(answer, conversationID)
	if err != nil {
		return View{}, &CallError{Op: "view", Status: status, Err: fmt.Errorf("the view is not in the form of the protocol: %w", err)}
	}
	return view, nil
}

// call makes one request. A status beside an error means that the answer's body could not be read.
func (c *Client) call(ctx context.Context, method string, at url.URL, body []byte) (status int, answer []byte, err error) {
	limit := c.http.Timeout
	if end, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(end).Round(time.Millisecond))
	}
	req, err := http.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, withoutURL(err)
	}
	req.Header.Set("Accept", "application/json")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, post.NewError(withoutURL(err), at.Host, limit)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	if err == nil && len(answer) > MaxAnswer {
		err = fmt.Errorf("the answer is longer than %d bytes", MaxAnswer)
	}
	return resp.StatusCode, answer, withoutURL(err)
}

// withoutURL takes the address out of an error of net/http: its query may hold a token.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// CallError says that a call led to nothing that the protocol knows. After Act it is not known whether the CRM took the
// event.
type CallError struct {
	Op      string // act or view
	Status  int    // of the answer; 0 if none came
	Message string // what the answer said, in one short line
	Err     error  // why there is no answer, or what is wrong with it; nil if only the status is
}

func (e *CallError) Error() string {
	text := "desk: " + e.Op
	if e.Status != 0 {
		text += fmt.Sprintf(": answered %d", e.Status)
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *CallError) Unwrap() error { return e.Err }
