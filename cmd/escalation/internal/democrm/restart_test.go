package democrm_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
)

// TestRestart: what an agent was told was taken is sent by the next CRM, in order, however the first one ended.
func TestRestart(t *testing.T) {
	for _, c := range []struct {
		why   string
		first func(t *testing.T, api *fakeapi.Server, path string) (w *world, end func(slow *fakeapi.Hold))
	}{
		{"in peace", func(t *testing.T, api *fakeapi.Server, path string) (*world, func(*fakeapi.Hold)) {
			w := start(t, config(t, api, open(t, path)), api)
			return w, func(slow *fakeapi.Hold) {
				closed := make(chan error)
				go func() { closed <- w.crm.Close(context.WithoutCancel(t.Context())) }()
				until(t, "it is closing", func() bool {
					_, err := w.agent.View(t.Context(), "1")
					return err != nil
				})
				slow.Release() // Close waits for what is under way
				must(t, <-closed)
			}
		}},
		{"cut off", func(t *testing.T, api *fakeapi.Server, path string) (*world, func(*fakeapi.Hold)) {
			w := start(t, config(t, api, open(t, path)), api)
			return w, func(*fakeapi.Hold) {
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				err := w.crm.Close(ctx)
				if cut, ok := errors.AsType[*escalation.CloseError](err); !ok || cut.Unknown != 1 {
					t.Errorf("an attempt was cut off, and Close says %v", err)
				}
			}
		}},
		{"killed", func(t *testing.T, api *fakeapi.Server, path string) (*world, func(*fakeapi.Hold)) {
			w, kill := startProcess(t, api, path)
			return w, func(*fakeapi.Hold) { kill() }
		}},
	} {
		t.Run(c.why, func(t *testing.T) {
			api, path := startPlatform(t), filepath.Join(t.TempDir(), "crm.db")
			w, end := c.first(t, api, path)
			w.visitor("1", escalate)
			slow := &fakeapi.Hold{}
			must(t, api.Next(fakeapi.Fault{Hold: slow}))
			said, read := messages(10)
			w.act("1", events.EscalationSuccess{Agent: "Ann"})
			w.act("1", said...)
			must(t, slow.Wait(bounded(t), 1))
			end(slow)

			w = start(t, config(t, api, open(t, path)), api)
			w.act("1", events.AgentDisconnect{})
			w.wantWidget("1", append(append([]string{"Ann joined"}, read...), "The agent left")...)
			w.wantInOrder()
		})
	}
}

// TestKilledInABurst: the agent goes on talking while CRM after CRM is killed. What was taken arrives, in order; of the rest
// nobody knew, so it may.
func TestKilledInABurst(t *testing.T) {
	api, path := startPlatform(t), filepath.Join(t.TempDir(), "crm.db")
	var taken []string
	said := 0
	for range 4 {
		w, kill := startProcess(t, api, path)
		if said == 0 {
			w.connect("1")
		}
		arrived := len(api.Requests())
		ctx, killed := bounded(t), atomic.Bool{}
		enough, over := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(over)
			if err := api.WaitRequests(ctx, arrived+5); err != nil {
				t.Error(err)
			}
			select {
			case <-enough:
			case <-ctx.Done():
				t.Error(ctx.Err())
			}
			kill()
			killed.Store(true)
		}()
		for mine := 0; !killed.Load(); {
			said++
			text := fmt.Sprintf("line %d", said)
			if w.try("1", events.Message{Text: text}) == nil {
				taken = append(taken, "Ann: "+text)
				if mine++; mine == 5 {
					close(enough)
				}
			}
		}
		<-over
	}
	w := start(t, config(t, api, open(t, path)), api)
	until(t, "everything is sent", func() bool { return w.view("1").Pending == 0 })
	seen := slices.Compact(w.read("1")) // what was under way during a kill may be there twice
	last := 0
	for _, line := range seen[1:] { // behind the success
		var n int
		if _, err := fmt.Sscanf(line, "Ann: line %d", &n); err != nil || n <= last {
			t.Errorf("%q after line %d", line, last)
		}
		last = n
	}
	for _, line := range taken {
		if !slices.Contains(seen, line) {
			t.Errorf("lost: %q", line)
		}
	}
	w.wantInOrder()
}

// TestSameAddress: with an address of its own the CRM is found again.
func TestSameAddress(t *testing.T) {
	api, db := startPlatform(t), openDatabase(t)
	first := start(t, config(t, api, db), api)
	first.visitor("1", escalate)
	must(t, first.crm.Close(bounded(t)))
	cfg := config(t, api, db)
	cfg.Addr = first.crm.WebhookURL()[len("http://") : len(first.crm.WebhookURL())-len("/webhook")]
	second := start(t, cfg, api)
	first.act("1", events.EscalationFailed{}) // through the client of the first
	second.wantWidget("1", "No agent could be connected")
}

// TestWebhooksAreOfferedAgain: the host could not take one before the CRM stopped.
func TestWebhooksAreOfferedAgain(t *testing.T) {
	api, db := startPlatform(t), openDatabase(t)
	cfg := config(t, api, db)
	var offered atomic.Int32
	cfg.OnInbound = func(context.Context, escalation.Inbound) error {
		offered.Add(1)
		return errors.New("not now")
	}
	w := start(t, cfg, api)
	w.visitor("1", escalate)
	must(t, w.crm.Close(bounded(t)))
	if offered.Load() == 0 {
		t.Fatal("it was never offered")
	}
	got := make(chan string, 1)
	cfg.OnInbound = record(got)
	start(t, cfg, api)
	if kind := <-got; kind != "1 widgetEscalate" {
		t.Errorf("offered again was %s", kind)
	}
}
