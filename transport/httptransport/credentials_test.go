package httptransport_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// TestUnusableCredentials: nothing is sent, the bot is at fault and not the host, and the error says why without
// the key.
func TestUnusableCredentials(t *testing.T) {
	vault := errors.New("the vault is shut")
	key := httptransport.NewSecret
	for _, tc := range []struct {
		why   string
		asked string
		creds httptransport.Credentials
		err   error
		want  error
	}{
		{"the provider fails", "bot-1", httptransport.Credentials{}, vault, vault},
		{"no key", "bot-1", httptransport.Credentials{BotID: "bot-1"}, nil, httptransport.ErrNoKey},
		{"another bot", "bot-1", httptransport.Credentials{BotID: "bot-2", Key: key(keyCanary)}, nil, httptransport.ErrBotMismatch},
		{"no bot at all", "", httptransport.Credentials{Key: key(keyCanary)}, nil, httptransport.ErrNoBotID},
		{"a line break in the key", "bot-1", httptransport.Credentials{Key: key(keyCanary + "\n")}, nil, httptransport.ErrHeaderValue},
		{"a header smuggled in the key", "bot-1", httptransport.Credentials{Key: key(keyCanary + "\r\nX: y")}, nil, httptransport.ErrHeaderValue},
		{"a space before the key", "bot-1", httptransport.Credentials{Key: key(" " + keyCanary)}, nil, httptransport.ErrHeaderValue},
		{"a DEL in the key", "bot-1", httptransport.Credentials{Key: key(keyCanary + "\x7f")}, nil, httptransport.ErrHeaderValue},
		{"a line break in the bot", "bot\n1", httptransport.Credentials{Key: key(keyCanary)}, nil, httptransport.ErrHeaderValue},
		{"a NUL in the organization", "bot-1", httptransport.Credentials{Key: key(keyCanary), OrganizationID: "\x00"}, nil, httptransport.ErrHeaderValue},
	} {
		t.Run(tc.why, func(t *testing.T) {
			url, calls := serve(t, func(http.ResponseWriter, *http.Request) {})
			tr := open(t, provide(func(_ context.Context, botID string) (httptransport.Credentials, error) {
				if botID != tc.asked {
					t.Errorf("asked for bot %q, want %q", botID, tc.asked)
				}
				return tc.creds, tc.err
			}), httptransport.Config{BaseURL: url})
			req := message()
			req.BotID = tc.asked
			res := tr.Send(t.Context(), req)
			wantClass(t, res, transport.RefusedScope)
			if res.Status != 0 || res.RetryAfter != 0 {
				t.Errorf("nobody answered, yet status %d, retry after %v", res.Status, res.RetryAfter)
			}
			var ce *httptransport.CredentialsError
			if !errors.As(res.Err, &ce) || ce.BotID != tc.asked || !errors.Is(res.Err, tc.want) {
				t.Errorf("err is %#v, want a CredentialsError for %q that wraps %v", res.Err, tc.asked, tc.want)
			}
			wantNoCanary(t, res)
			if calls.Load() != 0 {
				t.Errorf("%d requests were sent", calls.Load())
			}
		})
	}
}

// TestBotOfARequest: named by the request, by the credentials, or by both alike.
func TestBotOfARequest(t *testing.T) {
	for _, tc := range []struct{ request, credentials string }{{"bot-1", ""}, {"", "bot-1"}, {"bot-1", "bot-1"}} {
		url, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("botid"); got != "bot-1" {
				t.Errorf("%+v: botid is %q", tc, got)
			}
		})
		tr := open(t, provideStatic(httptransport.Credentials{
			BotID: tc.credentials, Key: httptransport.NewSecret("k"),
		}), httptransport.Config{BaseURL: url})
		req := message()
		req.BotID = tc.request
		wantClass(t, tr.Send(t.Context(), req), transport.Acknowledged)
	}
}

// TestProviderIsAskedPerAttempt: a key changed elsewhere is used from the next attempt on.
func TestProviderIsAskedPerAttempt(t *testing.T) {
	var keys []string
	url, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { keys = append(keys, r.Header.Get("Authorization")) })
	var asked atomic.Int64
	tr := open(t, provide(func(context.Context, string) (httptransport.Credentials, error) {
		key := "key-" + string(rune('0'+asked.Add(1)))
		return httptransport.Credentials{Key: httptransport.NewSecret(key)}, nil
	}), httptransport.Config{BaseURL: url})
	for range 3 {
		tr.Send(t.Context(), message())
	}
	if got := strings.Join(keys, " "); got != "key-1 key-2 key-3" {
		t.Errorf("keys used: %q", got)
	}
}

// TestSlowProvider: the context and the attempt time-out end a provider's work, and nothing is sent. The caller's
// context says nothing of the bot; a provider that takes all the time there is has no key for it. [T7]
func TestSlowProvider(t *testing.T) {
	gaveUp := errors.New("gave up") // hides why, as providers do
	for _, tc := range []struct {
		why   string
		limit time.Duration // of the caller
		end   error         // what ends the caller's context; nil: nothing does
		err   error         // what the provider says then
		want  transport.Class
		is    error
	}{
		{"the caller cancels", time.Hour, context.Canceled, gaveUp, transport.NotSent, context.Canceled},
		{"the caller's deadline passes", time.Second, context.DeadlineExceeded, gaveUp, transport.NotSent, context.DeadlineExceeded},
		{"the caller cancels, and the provider gives an empty key", time.Hour, context.Canceled, nil, transport.NotSent, context.Canceled},
		{"the attempt's time is up", time.Hour, nil, gaveUp, transport.RefusedScope, gaveUp},
		{"the attempt's time is up, and the provider gives an empty key", time.Hour, nil, nil, transport.RefusedScope, httptransport.ErrNoKey},
	} {
		t.Run(tc.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tc.limit)
				defer cancel()
				tr := open(t, provide(func(ctx context.Context, _ string) (httptransport.Credentials, error) {
					if errors.Is(tc.end, context.Canceled) {
						cancel() // not before somebody was asked
					}
					<-ctx.Done()
					return httptransport.Credentials{}, tc.err
				}), httptransport.Config{})
				res := tr.Send(ctx, message())
				wantClass(t, res, tc.want)
				var ce *httptransport.CredentialsError
				if res.Status != 0 || !errors.As(res.Err, &ce) || !errors.Is(res.Err, tc.is) {
					t.Errorf("status %d, err %v, want a CredentialsError that wraps %v", res.Status, res.Err, tc.is)
				}
			})
		})
	}
	// A provider that takes the whole time and then gives a key: too late.
	synctest.Test(t, func(t *testing.T) {
		late := provide(func(ctx context.Context, _ string) (httptransport.Credentials, error) {
			<-ctx.Done()
			return httptransport.Credentials{Key: httptransport.NewSecret("k")}, nil
		})
		client := &http.Client{Transport: tripper(func(*http.Request) (*http.Response, error) {
			t.Error("posted after the time was up")
			return nil, errors.New("no")
		})}
		res := open(t, late, httptransport.Config{Client: client}).Send(t.Context(), message())
		wantClass(t, res, transport.NotSent)
		var ae *httptransport.AttemptError
		if !errors.As(res.Err, &ae) || ae.Timeout != httptransport.DefaultAttemptTimeout || !errors.Is(res.Err, context.DeadlineExceeded) {
			t.Errorf("err is %v", res.Err)
		}
	})
}

// TestDoneContextAsksNobody: a provider may be slow or cost money.
func TestDoneContextAsksNobody(t *testing.T) {
	tr := open(t, provide(func(context.Context, string) (httptransport.Credentials, error) {
		t.Error("the provider was asked")
		return httptransport.Credentials{}, nil
	}), httptransport.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	res := tr.Send(ctx, message())
	wantClass(t, res, transport.NotSent)
	if !errors.Is(res.Err, context.Canceled) {
		t.Errorf("err is %v", res.Err)
	}
}

func TestStatic(t *testing.T) {
	for _, tc := range []struct {
		why, bot, key string
		want          error
	}{
		{"no bot", "", "k", httptransport.ErrNoBotID},
		{"no key", "b", "", httptransport.ErrNoKey},
		{"a line break, as files end with", "b", "k\n", httptransport.ErrHeaderValue},
	} {
		if _, err := httptransport.Static(tc.bot, tc.key); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.why, err, tc.want)
		}
	}
	if _, err := httptransport.Static("b", "k"); err != nil {
		t.Error(err)
	}
}
