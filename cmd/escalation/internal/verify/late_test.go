package verify_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/verify"
)

// TestLeftOvers: a CRM that sends what it had not sent when the visitor left is found out, whether it goes on at once or in the
// next round.
func TestLeftOvers(t *testing.T) {
	t.Parallel()
	for why, pauses := range map[string]bool{"at once": false, "in the next round": true} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			changed := sync.NewCond(&mu)
			var queue [][]byte
			left, over := false, false
			c := &crm{
				act: func(_ *crm, body []byte) error {
					mu.Lock()
					defer mu.Unlock()
					queue = append(queue, slices.Clone(body))
					changed.Broadcast()
					return nil
				},
				webhook: func(_ http.ResponseWriter, r *http.Request) {
					kind := eventType(r)
					mu.Lock()
					defer mu.Unlock()
					left = pauses && kind == "widgetEndSession"
					changed.Broadcast()
				},
			}
			var sender sync.WaitGroup
			sender.Go(func() {
				mu.Lock()
				defer mu.Unlock()
				for !over {
					if left || len(queue) == 0 {
						changed.Wait()
						continue
					}
					body := queue[0]
					queue = queue[1:]
					mu.Unlock()
					c.send(body)
					mu.Lock()
				}
			})
			report := play(t, c, &verify.Options{Timeout: 10 * time.Second, Quiet: 50 * time.Millisecond}, embedded(t, "visitor-leaves-in-a-burst"))
			mu.Lock()
			over = true
			changed.Broadcast()
			mu.Unlock()
			sender.Wait()
			if got := reasons(report.Results[0]); !slices.Contains(got, "rule sequence") {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestRepeatBeginsNoRound: a CRM that takes a late repeat of widgetEscalate for a new round, in which no agent has joined yet, is
// found out.
func TestRepeatBeginsNoRound(t *testing.T) {
	t.Parallel()
	var joined atomic.Bool
	c := &crm{
		act: func(c *crm, body []byte) error {
			switch fields(body)["eventType"] {
			case "escalationSuccess":
				joined.Store(true)
			case "message":
				if !joined.Load() {
					return &desk.Refusal{Message: "no agent has joined"}
				}
			}
			c.send(body)
			return nil
		},
		webhook: func(_ http.ResponseWriter, r *http.Request) {
			if eventType(r) == "widgetEscalate" {
				joined.Store(false)
			}
		},
	}
	report := play(t, c, &verify.Options{Timeout: 15 * time.Second, Quiet: 50 * time.Millisecond}, embedded(t, "doubled-webhooks"))
	if diff := cmp.Diff([]string{"refused"}, reasons(report.Results[0])); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// eventType is that of a webhook.
func eventType(r *http.Request) string {
	var hook struct{ Data map[string]string }
	_ = json.NewDecoder(r.Body).Decode(&hook)
	return hook.Data["eventType"]
}

// TestLateMistakes: what a CRM took though it was not allowed, it must not send when the scenario is over either.
func TestLateMistakes(t *testing.T) {
	t.Parallel()
	early := make(chan []byte, 9)
	c := &crm{act: func(c *crm, body []byte) error {
		switch f := fields(body); {
		case strings.Contains(f["text"], "early"):
			early <- slices.Clone(body)
		case f["eventType"] == "agentDisconnect" && strings.Contains(f["platformConversationId"], "early"):
			return &desk.Refusal{}
		default:
			c.send(body)
		}
		return nil
	}}
	c.webhook = func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if bytes.Contains(body, []byte("no-queue")) { // the scenario before is over
			for len(early) > 0 {
				c.send(<-early)
			}
		}
	}
	report := play(t, c, &verify.Options{Seed: 35, Timeout: 5 * time.Second, Quiet: 20 * time.Millisecond}, embedded(t, "early-message"), embedded(t, "no-queue"))
	var got []string
	for _, r := range report.Results[2].Reasons {
		got = append(got, r.Text)
	}
	want := []string{
		`verify-z-early-message-1, after early-message was over: the visitor saw "Ann: too early", which was not asked for`,
		`verify-z-early-message-1, after early-message was over: the visitor saw "Ann: still too early", which was not asked for`,
	}
	if diff := cmp.Diff(want, got); diff != "" || report.Passed() {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
