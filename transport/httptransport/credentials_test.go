package httptransport_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// TestUnusableCredentials: nothing is sent, and the error says why without the key.
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
			wantClass(t, res, transport.NotSent)
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

// TestSlowProvider: the context and the attempt time-out end a provider's work, and nothing is sent.
func TestSlowProvider(t *testing.T) {
	slow := provide(func(ctx context.Context, _ string) (httptransport.Credentials, error) {
		<-ctx.Done()
		return httptransport.Credentials{}, errors.New("gave up") // hides why, as providers do
	})
	for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
		synctest.Test(t, func(t *testing.T) {
			tr := open(t, slow, httptransport.Config{})
			ctx, cancel := context.WithTimeout(t.Context(), httptransport.DefaultAttemptTimeout/2)
			defer cancel()
			if errors.Is(end, context.Canceled) {
				go cancel()
			}
			res := tr.Send(ctx, message())
			wantClass(t, res, transport.NotSent)
			if !errors.Is(res.Err, end) {
				t.Errorf("errors.Is(%v, %v) is false", res.Err, end)
			}
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
