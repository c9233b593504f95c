package httptransport_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// rotating is a provider whose key can be replaced, and an API that knows which key is valid.
type rotating struct {
	mu        sync.Mutex
	key       string // what Credentials gives
	valid     string // what the API takes
	posts     []string
	refreshes atomic.Int64
	refresh   func(ctx context.Context, stale httptransport.Credentials) (string, error)
	onPost    func(key string) (*http.Response, error) // may be nil
}

func (r *rotating) set(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

func (r *rotating) Credentials(context.Context, string) (httptransport.Credentials, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return httptransport.Credentials{BotID: "bot-1", Key: httptransport.NewSecret(r.key)}, nil
}

func (r *rotating) Refresh(ctx context.Context, botID string, stale httptransport.Credentials) (httptransport.Credentials, error) {
	r.refreshes.Add(1)
	key, err := r.refresh(ctx, stale)
	if err != nil {
		return httptransport.Credentials{}, err
	}
	r.set(func() { r.key = key })
	return httptransport.Credentials{BotID: botID, Key: httptransport.NewSecret(key)}, nil
}

func (r *rotating) RoundTrip(req *http.Request) (*http.Response, error) {
	key := req.Header.Get("Authorization")
	status := http.StatusOK
	r.set(func() {
		r.posts = append(r.posts, key)
		if key != r.valid {
			status = http.StatusUnauthorized
		}
	})
	if r.onPost != nil {
		if resp, err := r.onPost(key); resp != nil || err != nil {
			return resp, err
		}
	}
	return answer(req, status), nil
}

func (r *rotating) transport(t *testing.T) *httptransport.Transport {
	return open(t, r, httptransport.Config{Client: &http.Client{Transport: r}})
}

func (r *rotating) posted() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.posts, " ")
}

func TestRefresh(t *testing.T) {
	gives := func(key string) func(context.Context, httptransport.Credentials) (string, error) {
		return func(context.Context, httptransport.Credentials) (string, error) { return key, nil }
	}
	noKey := errors.New("the vault is shut")
	for _, tc := range []struct {
		why       string
		api       *rotating
		want      transport.Class
		posts     string
		refreshes int64
		is        error
	}{
		{"a valid key needs no refresh", &rotating{key: "new", valid: "new"}, transport.Acknowledged, "new", 0, nil},
		{"another key is tried", &rotating{key: "old", valid: "new", refresh: gives("new")},
			transport.Acknowledged, "old new", 1, nil},
		{"the same key is not tried again", &rotating{key: "old", valid: "new", refresh: gives("old")},
			transport.RefusedScope, "old", 1, nil},
		{"a second 401 ends it", &rotating{key: "old", valid: "new", refresh: gives("also-old")},
			transport.RefusedScope, "old also-old", 1, nil},
		{"no other key to be had", &rotating{key: "old", valid: "new",
			refresh: func(context.Context, httptransport.Credentials) (string, error) { return "", noKey }},
			transport.RefusedScope, "old", 1, noKey},
		{"a key that cannot stand in a header", &rotating{key: "old", valid: "new", refresh: gives("new\n")},
			transport.RefusedScope, "old", 1, httptransport.ErrHeaderValue},
		{"an empty key", &rotating{key: "old", valid: "new", refresh: gives("")},
			transport.RefusedScope, "old", 1, httptransport.ErrNoKey},
	} {
		t.Run(tc.why, func(t *testing.T) {
			res := tc.api.transport(t).Send(t.Context(), message())
			wantClass(t, res, tc.want)
			if got := tc.api.posted(); got != tc.posts || tc.api.refreshes.Load() != tc.refreshes {
				t.Errorf("posted with %q, %d refreshes; want %q, %d", got, tc.api.refreshes.Load(), tc.posts, tc.refreshes)
			}
			if tc.is != nil && !errors.Is(res.Err, tc.is) {
				t.Errorf("%v does not wrap %v", res.Err, tc.is)
			}
			var se *httptransport.StatusError
			if tc.want == transport.RefusedScope && (res.Status != 401 || !errors.As(res.Err, &se)) {
				t.Errorf("the 401 is lost: status %d, %v", res.Status, res.Err)
			}
		})
	}
}

// TestNoRefresherNoSecondPost: a plain provider's 401 stands.
func TestNoRefresherNoSecondPost(t *testing.T) {
	api := &rotating{key: "old", valid: "new"}
	tr := open(t, static(t, "bot-1", "old"), httptransport.Config{Client: &http.Client{Transport: api}})
	wantClass(t, tr.Send(t.Context(), message()), transport.RefusedScope)
	if got := api.posted(); got != "old" {
		t.Errorf("posted with %q", got)
	}
}

// TestSecondPostFails: the first post reached the API, so the call as a whole was not NotSent. [T4]
func TestSecondPostFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	api := &rotating{key: "old", valid: "new"}
	api.refresh = func(context.Context, httptransport.Credentials) (string, error) { cancel(); return "new", nil }
	res := api.transport(t).Send(ctx, message())
	wantClass(t, res, transport.RefusedScope)
	if res.Status != http.StatusUnauthorized || !errors.Is(res.Err, context.Canceled) || api.posted() != "old" {
		t.Errorf("status %d, posted with %q, err %v", res.Status, api.posted(), res.Err)
	}

	broken := &rotating{key: "old", valid: "new", onPost: func(key string) (*http.Response, error) {
		if key == "new" {
			return nil, errors.New("cut off")
		}
		return nil, nil
	}}
	broken.refresh = func(context.Context, httptransport.Credentials) (string, error) { return "new", nil }
	wantClass(t, broken.transport(t).Send(t.Context(), message()), transport.Unknown)

	lost := errors.New("no connection to be had")
	unreachable := &rotating{key: "old", valid: "new"}
	unreachable.refresh = broken.refresh
	client := &http.Client{Transport: tripper(func(req *http.Request) (*http.Response, error) {
		if req.Header.Get("Authorization") == "new" {
			httptrace.ContextClientTrace(req.Context()).GetConn("host")
			return nil, lost
		}
		return answer(req, http.StatusUnauthorized), nil
	})}
	res = open(t, unreachable, httptransport.Config{Client: client}).Send(t.Context(), message())
	wantClass(t, res, transport.RefusedScope)
	if res.Status != http.StatusUnauthorized || !errors.Is(res.Err, lost) {
		t.Errorf("status %d, err %v", res.Status, res.Err)
	}
}

// TestEveryFailedRefreshIsTriedAgain: one failure is not remembered.
func TestEveryFailedRefreshIsTriedAgain(t *testing.T) {
	api := &rotating{key: "old", valid: "new"}
	tr := api.transport(t)
	for n := range int64(3) {
		api.refresh = func(context.Context, httptransport.Credentials) (string, error) { return "", errors.New("shut") }
		if n == 2 {
			api.refresh = func(context.Context, httptransport.Credentials) (string, error) { return "new", nil }
		}
		want := map[bool]transport.Class{false: transport.RefusedScope, true: transport.Acknowledged}[n == 2]
		wantClass(t, tr.Send(t.Context(), message()), want)
		if got := api.refreshes.Load(); got != n+1 {
			t.Errorf("%d refreshes after %d calls", got, n+1)
		}
	}
}

// TestRefreshIsSingleFlight: a burst of refused calls makes one new key, and all use it.
func TestRefreshIsSingleFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = 64
		release := make(chan struct{})
		api := &rotating{key: "old", valid: "new"}
		api.refresh = func(context.Context, httptransport.Credentials) (string, error) { <-release; return "new", nil }
		tr := api.transport(t)
		var all sync.WaitGroup
		for range calls {
			all.Go(func() { wantClass(t, tr.Send(t.Context(), message()), transport.Acknowledged) })
		}
		synctest.Wait() // all were refused and wait
		if n := len(strings.Fields(api.posted())); n != calls {
			t.Errorf("%d posts while the refresh runs, want %d", n, calls)
		}
		close(release)
		all.Wait()
		if n, posts := api.refreshes.Load(), len(strings.Fields(api.posted())); n != 1 || posts != 2*calls {
			t.Errorf("%d refreshes and %d posts, want 1 and %d", n, posts, 2*calls)
		}
	})
}

// TestLate401UsesTheKeyAlreadyMade: a call refused with the old key after the refresh ended must
// not make yet another key, which would kill the one just made.
func TestLate401UsesTheKeyAlreadyMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		var slow atomic.Bool
		slow.Store(true)
		api := &rotating{key: "old", valid: "new"}
		api.refresh = func(context.Context, httptransport.Credentials) (string, error) { return "new", nil }
		api.onPost = func(string) (*http.Response, error) {
			if slow.CompareAndSwap(true, false) {
				<-hold // the first call's answer is slow
			}
			return nil, nil
		}
		tr := api.transport(t)
		var all sync.WaitGroup
		all.Go(func() { wantClass(t, tr.Send(t.Context(), message()), transport.Acknowledged) })
		synctest.Wait()
		wantClass(t, tr.Send(t.Context(), message()), transport.Acknowledged)
		close(hold)
		all.Wait()
		if n := api.refreshes.Load(); n != 1 || api.posted() != "old old new new" {
			t.Errorf("%d refreshes, posted with %q", n, api.posted())
		}
	})
}

// TestWaiterLeavesTheOthersStay: the call that started the refresh gives up; the refresh goes on
// for the second, on a context of its own that still carries the first one's values.
func TestWaiterLeavesTheOthersStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type traceID struct{}
		release := make(chan struct{})
		api := &rotating{key: "old", valid: "new"}
		api.refresh = func(ctx context.Context, _ httptransport.Credentials) (string, error) {
			<-release
			if ctx.Value(traceID{}) != "first" {
				t.Error("the refresh lost the values of the call that started it")
			}
			return "new", ctx.Err()
		}
		tr := api.transport(t)
		first, leave := context.WithCancel(context.WithValue(t.Context(), traceID{}, "first"))
		var all sync.WaitGroup
		all.Go(func() {
			res := tr.Send(first, message())
			wantClass(t, res, transport.RefusedScope)
			if !errors.Is(res.Err, context.Canceled) {
				t.Errorf("err is %v", res.Err)
			}
		})
		synctest.Wait()
		all.Go(func() { wantClass(t, tr.Send(t.Context(), message()), transport.Acknowledged) })
		synctest.Wait()
		leave()
		synctest.Wait()
		close(release)
		all.Wait()
		if n := api.refreshes.Load(); n != 1 {
			t.Errorf("%d refreshes, want 1", n)
		}
	})
}

// TestRefreshEnds: by the attempt time-out, by Close, and if the provider ends its goroutine.
func TestRefreshEnds(t *testing.T) {
	waits := func(ctx context.Context, _ httptransport.Credentials) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	}
	t.Run("time-out", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			api := &rotating{key: "old", valid: "new", refresh: waits}
			res := api.transport(t).Send(t.Context(), message())
			wantClass(t, res, transport.RefusedScope)
			if took := time.Since(begin); took != httptransport.DefaultAttemptTimeout || !errors.Is(res.Err, context.DeadlineExceeded) {
				t.Errorf("took %v, err %v", took, res.Err)
			}
		})
	})
	t.Run("close", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			api := &rotating{key: "old", valid: "new", refresh: waits}
			tr := api.transport(t)
			var all sync.WaitGroup
			all.Go(func() { wantClass(t, tr.Send(t.Context(), message()), transport.RefusedScope) })
			synctest.Wait()
			begin := time.Now()
			_ = tr.Close()
			all.Wait()
			if took := time.Since(begin); took != 0 {
				t.Errorf("Close took %v", took)
			}
			res := tr.Send(t.Context(), message())
			wantClass(t, res, transport.NotSent)
			if !errors.Is(res.Err, httptransport.ErrClosed) {
				t.Errorf("after Close: %v", res.Err)
			}
		})
	})
}
