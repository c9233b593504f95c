package httptransport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/escalationkit/escalation/transport"
)

var _ transport.Transport = (*Transport)(nil)

// Transport posts events to the Widget Escalation API. It is safe for concurrent use and serves
// any number of bots and conversations.
type Transport struct {
	// The provider is kept as functions: fmt walks structs, and a provider may be a plain struct
	// that holds its key as text.
	credentials func(ctx context.Context, botID string) (Credentials, error)
	refresh     func(ctx context.Context, botID string, stale Credentials) (Credentials, error) // or nil

	blank   *http.Request // what all posts have in common; never sent itself
	do      func(*http.Request) (*http.Response, error)
	ownPool *http.Transport // nil if the caller brought the client
	timeout time.Duration
	log     *slog.Logger
	now     func() time.Time
	flights *flights
	limiter limiter
	signed  atomic.Pointer[signed] // the headers last used
	closed  atomic.Bool
}

// New returns a Transport that asks creds for the key and bot of every attempt. All problems with
// the arguments are reported at once, joined; each is a *ConfigError or a *BaseURLError.
//
// Without Config.Client the Transport has a connection pool of its own: HTTP/1.1, proxy from the
// environment, idle connections closed after 4 s and at Close.
func New(creds Provider, cfg *Config) (*Transport, error) {
	c, target, err := cfg.checked()
	if creds == nil {
		err = errors.Join(&ConfigError{Field: "Provider", Problem: "is nil"}, err)
	}
	if err != nil {
		return nil, err
	}
	blank, err := http.NewRequest(http.MethodPost, target.String(), nil)
	if err != nil {
		return nil, &BaseURLError{Problem: "cannot be requested"}
	}
	t := &Transport{
		credentials: creds.Credentials,
		blank:       blank,
		timeout:     c.AttemptTimeout,
		log:         c.Logger,
		now:         c.Now,
		flights:     newFlights(c.AttemptTimeout),
	}
	if r, ok := creds.(Refresher); ok {
		t.refresh = r.Refresh
	}
	if c.Client != nil {
		t.do = refuseRedirects(*c.Client).Do
	} else {
		// Without an http.Client around it: a RoundTripper makes one exchange and follows nothing.
		t.ownPool = newRoundTripper()
		t.do = t.ownPool.RoundTrip
	}
	if retiring(target.Hostname()) {
		t.log.Warn("httptransport: the vendor has announced the end of *.ultimate.ai hosts; "+
			"set Config.BaseURL, for example from ZendeskBaseURL", slog.String("host", target.Hostname()))
	}
	return t, nil
}

// Endpoint returns the URL that events are posted to.
func (t *Transport) Endpoint() string { return t.blank.URL.String() }

// Format writes the endpoint for every verb. Left to itself fmt would walk the connection pool, which
// other goroutines write to.
func (t *Transport) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "httptransport.Transport(%s)", t.Endpoint())
}

// Close makes every later Send return NotSent with ErrClosed, ends refreshes under way and closes
// idle connections of the Transport's own pool. It does not end a Send under way, whose connection
// is closed when it is done, and leaves a client of the caller's alone. A repeat is harmless; the
// error is always nil.
func (t *Transport) Close() error {
	t.closed.Store(true)
	t.flights.close()
	t.closeIdle()
	return nil
}

func (t *Transport) closeIdle() {
	if t.ownPool != nil {
		t.ownPool.CloseIdleConnections()
	}
}

// Send implements transport.Transport: one POST, or two if the first was answered with 401 and a
// Refresher gave another key.
func (t *Transport) Send(ctx context.Context, req transport.Request) transport.Result {
	if t.closed.Load() {
		return unsent(ctx, ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return unsent(ctx, err)
	}
	deadline := time.Now().Add(t.timeout)
	a := attempt{caller: ctx, req: req}
	var release func()
	a.ctx, a.cancel, release = t.limiter.bound(ctx, deadline)
	defer release()
	creds, err := t.credentials(a.ctx, req.BotID)
	if err == nil {
		creds, err = settle(req.BotID, creds)
	}
	if err != nil {
		return unsigned(&CredentialsError{BotID: req.BotID, Err: err, ctxErr: ctx.Err()})
	}
	res := t.post(a, creds)
	if res.Status == http.StatusUnauthorized && t.refresh != nil {
		// The first post may have cancelled its context to be rid of a slow body.
		a.ctx, a.cancel, release = t.limiter.bound(ctx, deadline)
		defer release()
		res = t.renew(a, creds, res)
	}
	if t.closed.Load() {
		t.closeIdle() // Close came meanwhile and could not see this connection
	}
	return res
}

// renew gets another key after a 401 and posts once more with it. Whatever keeps it from doing so,
// the 401 stands: the API did receive the request, so the class cannot be NotSent any more.
func (t *Transport) renew(a attempt, stale Credentials, refused transport.Result) transport.Result {
	stands := func(err error) transport.Result {
		refused.Err = fmt.Errorf("%w; and no other key was tried: %w", refused.Err, err)
		return refused
	}
	fresh, err := t.flights.do(a.ctx, stale, func(ctx context.Context) (Credentials, error) {
		// Another attempt's refresh may have ended between this one's request and its answer. To
		// refresh again would make a new key and so kill the one just made.
		current, err := t.credentials(ctx, stale.BotID)
		if err == nil && !current.Key.Equal(stale.Key) {
			return current, nil
		}
		return t.refresh(ctx, stale.BotID, stale)
	})
	if err == nil {
		fresh, err = settle(stale.BotID, fresh)
	}
	if err != nil {
		return stands(&CredentialsError{BotID: stale.BotID, Err: err, ctxErr: a.caller.Err()})
	}
	if fresh.Key.Equal(stale.Key) {
		return refused
	}
	res := t.post(a, fresh)
	if res.Class == transport.NotSent {
		return stands(res.Err)
	}
	return res
}

// unsigned is the result of an attempt without usable credentials. That is a matter of the bot, as a refused
// key is, and says nothing of the way to the API; unless the caller gave up, which says nothing at all. [T7]
func unsigned(err *CredentialsError) transport.Result {
	class := transport.RefusedScope
	if err.ctxErr != nil {
		class = transport.NotSent
	}
	return transport.Result{Class: class, Err: err}
}

// unsent is the result of an attempt that ended before it began. [T6]
func unsent(caller context.Context, cause error) transport.Result {
	return transport.Result{Class: transport.NotSent, Err: &AttemptError{
		Class: transport.NotSent, detail: cause.Error(), causes: hide(caller.Err(), cause),
	}}
}
