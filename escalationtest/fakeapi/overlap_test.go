package fakeapi_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// A client that does not wait any longer sends again, maybe before the platform has noticed that it hung up.
func TestHangingUpNeedNotBeNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, other := newPair(t, nil)
		play(t, s, "ES")
		synctest.Wait()
		told := make(chan struct{})
		other.answer = func(*http.Request, string) (*http.Response, error) { <-told; return status(200), nil }
		play(t, s, "L") // the client does not know of it yet
		must(t, s.Next(fakeapi.Fault{Hold: new(fakeapi.Hold)}))
		ctx, hangUp := context.WithCancel(t.Context())
		go serve(s, disconnect, func(r *http.Request) { *r = *r.WithContext(ctx) })
		synctest.Wait()
		play(t, s, "D")
		hangUp()
		close(told)
		synctest.Wait()
		fakeapi.AssertClean(t, s)
	})
}

// Webhooks that are under way at once reach the client in any order.
func TestWebhooksOverlap(t *testing.T) {
	for _, c := range []struct {
		why  string
		took []time.Duration // by the order in which the attempts begin
		tell func(*testing.T, *fakeapi.Server)
	}{
		{"a repeated end comes first, though the escalation began first", []time.Duration{5 * time.Second, time.Second}, func(t *testing.T, s *fakeapi.Server) {
			play(t, s, "E")
			synctest.Wait()
			must(t, s.NextWebhook(fakeapi.WebhookFault{Drop: true}))
			play(t, s, "L")
			must(t, s.Redeliver(t.Context(), 2))
			play(t, s, "Q")
		}},
		{"an escalation comes beside a repeated end, and is answered later", []time.Duration{6 * time.Second, 6 * time.Second, 6 * time.Second, 6 * time.Second}, func(t *testing.T, s *fakeapi.Server) {
			play(t, s, "ELQ")
			time.Sleep(10 * time.Second) // the end is under way
			must(t, s.NextWebhook(fakeapi.WebhookFault{}, fakeapi.WebhookFault{Drop: true}))
			play(t, s, "EL")
			must(t, s.Redeliver(t.Context(), 2))
			play(t, s, "Q")
		}},
	} {
		t.Run(c.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, other := newPair(t, nil)
				other.answer = func(*http.Request, string) (*http.Response, error) {
					time.Sleep(c.took[len(other.got())-1])
					return status(200), nil
				}
				c.tell(t, s)
				fakeapi.AssertClean(t, s)
				if len(s.Violations()) == 0 {
					t.Error("nothing needed an excuse")
				}
				time.Sleep(time.Minute)
			})
		})
	}
}
