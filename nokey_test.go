package escalation_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// keys are a provider without a key for one bot until it is given one. The API behind takes in whatever comes.
type keys struct {
	lacking string // the bot
	err     error  // what the provider says of it; nil: it gives an empty key
	mended  atomic.Bool
}

func (k *keys) Credentials(_ context.Context, botID string) (httptransport.Credentials, error) {
	if botID == k.lacking && !k.mended.Load() {
		return httptransport.Credentials{}, k.err
	}
	return httptransport.Credentials{Key: httptransport.NewSecret("key of " + botID)}, nil
}

func (k *keys) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

// through sends what the client attempts through httptransport.
func (k *keys) through(r *rig) {
	r.Helper()
	tr, err := httptransport.New(k, &httptransport.Config{
		BaseURL: "http://localhost", Client: &http.Client{Transport: k}, Logger: quiet,
	})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = tr.Close() })
	r.line.answers(func(req transport.Request) (transport.Result, bool) { return tr.Send(r.Context(), req), true })
}

// TestNoKeyPausesOneBot (G10, G11): six conversations of a bot that there is no key for delay nobody else, who sends in
// every phase of whatever wait there might be. What waits for the key does not age, and goes out when it is there.
func TestNoKeyPausesOneBot(t *testing.T) {
	for _, tc := range []struct {
		why    string
		err    error
		resume bool
		within time.Duration
	}{
		{"the provider fails for the bot", errors.New("no such bot in the vault"), false, 30 * time.Second},
		{"the provider has an empty key", nil, false, 30 * time.Second},
		{"the bot is resumed by hand", errors.New("no such bot in the vault"), true, time.Millisecond},
	} {
		t.Run(tc.why, func(t *testing.T) {
			inBubble(t, nil, func(r *rig) {
				vault := &keys{lacking: bot, err: tc.err}
				vault.through(r)
				for i := range 6 {
					r.accept(r.open(fmt.Sprint("c", i), false), events.EscalationQueueUpdate{QueuePosition: "1"}) // worth 60 s
				}
				other := r.client.Bot("bot-2").Conversation("other")
				if err := other.Open(r.Context()); err != nil {
					r.Fatal(err)
				}
				for n, e := 0, events.Outbound(events.EscalationSuccess{}); time.Since(r.start) < time.Hour; n, e = n+1, text("%d", n) {
					began := time.Now()
					if _, err := other.Send(r.Context(), e); err != nil || time.Since(began) != 0 {
						r.Fatalf("another bot after %v: %v, it took %v", began.Sub(r.start), err, time.Since(began))
					}
					time.Sleep(1700 * time.Millisecond)
				}
				for i := range 6 {
					r.equal("an hour without a key", []string{"1 none"}, r.results(fmt.Sprint("c", i)))
				}
				vault.mended.Store(true)
				if tc.resume && !r.client.Bot(bot).Resume() {
					r.Error("the bot is not paused")
				}
				time.Sleep(tc.within)
				synctest.Wait()
				for i := range 6 {
					r.equal("with a key", []string{"1 acknowledged"}, r.results(fmt.Sprint("c", i)))
				}
			})
		})
	}
}

// TestNoKeyOpensNoHost (G10): during an outage a bot without a key is tried as ever, and that nothing was sent for it does
// not mean that the host is back: the others spend no attempt because of it. Nor is any of their probes put off because the
// keyless bot was given it.
func TestNoKeyOpensNoHost(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var all []*escalation.Conversation
		for i := range 40 {
			v := r.client.Bot("bot-2").Conversation(fmt.Sprint("c", i))
			if err := v.Open(r.Context()); err != nil {
				r.Fatal(err)
			}
			all = append(all, v)
		}
		var down atomic.Int32
		r.line.answers(func(req transport.Request) (transport.Result, bool) {
			if req.BotID == bot {
				return transport.Result{Class: transport.RefusedScope, Err: errNetwork}, true // status 0: nobody answered
			}
			down.Add(1)
			return answerUnknown, true
		})
		r.accept(r.open("keyless", false), events.EscalationSuccess{})
		for _, v := range all {
			r.accept(v, events.EscalationSuccess{})
			time.Sleep(time.Millisecond)
		}
		time.Sleep(9 * time.Minute)
		// Five until the breaker opened; probes at about 1, 3, 7, 15, 31 s, and then one in half a minute, whoever
		// of those that ask at the same moment is first.
		if n := down.Load(); n != 26 {
			r.Errorf("%d attempts during the outage, want 26", n)
		}
	})
}
