package democrm_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"runtime"
	"testing"

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
	until(t, "the goroutines are gone", func() bool { return runtime.NumGoroutine() <= before })
}
