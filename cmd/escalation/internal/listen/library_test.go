package listen_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/democrm"
	"github.com/escalationkit/escalation/cmd/escalation/internal/listen"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/webhook"
)

// TestTheLibraryIsNotBlamed puts the recorder between a platform that fails in every way and a CRM made of this library. What
// such a CRM repeats it could not avoid to repeat, so nothing may be held against it.
func TestTheLibraryIsNotBlamed(t *testing.T) {
	var disturbed atomic.Int32
	t.Cleanup(func() {
		if n := disturbed.Load(); n < 10 {
			t.Errorf("%d exchanges were disturbed: too few to prove anything", n)
		}
	})
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a broken test runs into it
			defer cancel()
			platform, err := fakeapi.New("b", "canary-key-of-ours", nil)
			must(t, err)
			defer platform.Close()
			must(t, platform.Start())
			must(t, platform.SetChaos(&fakeapi.Chaos{
				Seed: seed, TooMany: .05, ServerError: .05, ErrorAfterProcessing: .05, CutBefore: .05, CutInAnswer: .05, CutAfter: .05,
				DoubleWebhook: .3, DelayWebhook: .3, MaxDelay: 20 * time.Millisecond,
			}))

			var r *listen.Recorder
			between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { r.ServeHTTP(w, req) }))
			defer between.Close()
			db, err := democrm.OpenDatabase(filepath.Join(t.TempDir(), "crm.db"))
			must(t, err)
			defer db.Close()
			crm, err := democrm.Start(ctx, democrm.Config{
				DB: db, BaseURL: between.URL, Bot: "b", Key: "canary-key-of-ours", Verifier: webhook.NoVerification(), Settle: 10 * time.Millisecond,
			})
			must(t, err)
			defer crm.Close(ctx)
			escalated, over := make(chan bool, 1), make(chan bool, 1)
			r, _, told := recorder(t, listen.Config{Forward: platform.URL(), Webhook: crm.WebhookURL(), Tell: func(x listen.Exchange) error {
				switch {
				case x.Kind == "widgetEscalate" && x.Status == 200:
					send(escalated)
				case x.Kind == "agentDisconnect" && x.Status == 200:
					send(over)
				}
				return nil
			}})
			must(t, platform.SetWebhook(&fakeapi.Webhook{URL: between.URL + listen.WebhookPath}))

			must(t, platform.Escalate("1", ""))
			<-escalated
			must(t, crm.Act(ctx, []byte(of("escalationQueueUpdate"))))
			must(t, crm.Act(ctx, []byte(of("escalationSuccess"))))
			for n := range 4 {
				must(t, crm.Act(ctx, fmt.Appendf(nil, `{"platformConversationId":"1","eventType":"message","text":"line %d"}`, n)))
			}
			must(t, crm.Act(ctx, []byte(of("agentDisconnect"))))
			select {
			case <-over:
			case <-ctx.Done():
				view, err := crm.View(t.Context(), "1")
				t.Fatalf("no end in a minute; pending %d, parked %q, %v; told %q", view.Pending, view.Parked, err, summaries(*told))
			}
			must(t, crm.Close(ctx))
			between.Close()
			for _, x := range *told {
				if x.Status != http.StatusOK || x.Outcome != wire.Answered {
					disturbed.Add(1)
				}
				if len(x.Findings) > 0 {
					t.Errorf("exchange %d: %s\nof %q", x.N, rules(x), summaries(*told))
				}
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// send tells of something once.
func send(c chan<- bool) {
	select {
	case c <- true:
	default:
	}
}
