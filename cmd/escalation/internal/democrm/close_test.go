package democrm_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
)

// TestCloseLeavesNoGoroutine: whatever was under way. The agent, the platform and a stranger hold on to their
// connections.
func TestCloseLeavesNoGoroutine(t *testing.T) {
	api, db := startPlatform(t), openDatabase(t)
	must(t, db.PingContext(bounded(t))) // its goroutine is the caller's
	before := runtime.NumGoroutine()
	for i := range 3 {
		id := fmt.Sprint(i)
		cfg := config(t, api, db)
		offered := make(chan struct{}, 10)
		cfg.OnInbound = func(ctx context.Context, _ escalation.Inbound) error { // it never takes anything
			offered <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		}
		w := start(t, cfg, api)
		slow := &fakeapi.Hold{}
		must(t, api.Always(fakeapi.Fault{Hold: slow}))
		idle := "idle " + id
		must(t, api.NextFor(idle, fakeapi.Fault{}))

		at, err := url.Parse(w.crm.DeskURL())
		must(t, err)
		stranger, err := net.Dial("tcp", at.Host)
		must(t, err)
		_, err = io.WriteString(stranger, "POST /desk HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
		must(t, err)

		w.does(id, escalate)
		<-offered
		until(t, "the round is open", func() bool { return w.try(id, events.EscalationSuccess{}) == nil })
		must(t, slow.Wait(bounded(t), 1))
		must(t, w.crm.Client().Bot(bot).Conversation(idle).Open(t.Context()))
		w.act(idle, events.EscalationSuccess{}) // leaves a connection that has nothing to do
		w.wantWidget(idle, "An agent joined")

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.crm.Close(ctx); err == nil {
			t.Error("what was cut off is not told")
		}
		if err, again := w.crm.Close(t.Context()), w.crm.Close(t.Context()); err == nil || err != again {
			t.Errorf("closed again: %v, then %v", err, again)
		}
		must(t, stranger.Close())
		w.answer(id)
		w.agent.Close()
		api.ClearFaults()
		slow.Release()
	}
	// Those of the other ends of the connections need a moment. An idle connection that nobody closed would last four seconds.
	within(t, 3*time.Second, "the goroutines are gone", func() bool { return runtime.NumGoroutine() <= before })
}

// TestCloseWaitsForCalls: one that takes its time has returned before Close does, even if its connection was cut.
func TestCloseWaitsForCalls(t *testing.T) {
	api := startPlatform(t)
	cfg := config(t, api, openDatabase(t))
	reached, release := make(chan struct{}), make(chan struct{})
	var returned atomic.Bool
	cfg.Logger = listen(func(message string) {
		if strings.Contains(message, "ignored") {
			close(reached)
			<-release
			returned.Store(true)
		}
	})
	w := start(t, cfg, api)

	body := `{"botId":"bot-1","data":{"platformConversationId":"1","eventType":"isTeamOnline"}}`
	r, err := http.NewRequest(http.MethodPost, w.crm.WebhookURL(), strings.NewReader(body))
	must(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(header, secret)
	cut := make(chan struct{})
	go func() {
		defer close(cut)
		if answer, err := http.DefaultClient.Do(r); err == nil {
			_ = answer.Body.Close()
			t.Error("the call was answered, though it was to be cut off")
		}
	}()
	<-reached

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	closed := make(chan error)
	go func() { closed <- w.crm.Close(ctx) }()
	<-cut
	select {
	case <-closed:
		t.Fatal("Close did not wait")
	case <-time.After(50 * time.Millisecond): // it had time to
	}
	close(release)
	if err := <-closed; !errors.Is(err, context.Canceled) || !returned.Load() {
		t.Errorf("%v, and the call had returned: %v", err, returned.Load())
	}
}
