package sandbox_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox"
)

// TestHeldForLong: a request that is held while so much happens that the page's share of memory is full is still one
// exchange when it ends.
func TestHeldForLong(t *testing.T) {
	crm := newStranger(t)
	c, _ := start(t, sandbox.Config{Webhook: crm.url})
	c.must("/api/visitor", `{"conversation":"1","do":"escalate"}`)
	c.must("/api/faults", `{"next":{"delay":"10m"}}`)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		req, err := http.NewRequestWithContext(ctx, "POST", c.url+endpoint, strings.NewReader(`{"platformConversationId":"1","eventType":"escalationSuccess"}`))
		if err != nil {
			t.Error(err)
			return
		}
		req.Header = http.Header{"Authorization": {"key-4711"}, "Botid": {"5f3a"}, "Content-Type": {"application/json"}}
		if resp, err := http.DefaultTransport.RoundTrip(req); err == nil {
			resp.Body.Close()
			t.Error("it was answered")
		}
	}()
	find := func() []exchange {
		var log struct{ Exchanges []exchange }
		c.get("/api/wire?after=0&limit=500", &log)
		return slices.DeleteFunc(log.Exchanges, func(x exchange) bool { return x.Kind != "escalationSuccess" })
	}
	c.await("the request", func(state) bool { return len(find()) == 1 })
	if x := find()[0]; x.Outcome != "held" || x.Status != 0 {
		t.Errorf("while it is held: %s %d", x.Outcome, x.Status)
	}
	text := strings.Repeat("x", 60<<10)
	for i := range 300 { // 18 MB
		c.send(endpoint, "key-4711", fmt.Sprintf(`{"platformConversationId":"2","eventType":"message","text":"%d%s"}`, i, text))
	}
	leave()
	<-gone
	c.await("its end", func(state) bool {
		return !slices.ContainsFunc(find(), func(x exchange) bool { return x.Outcome == "held" })
	})
	if found := find(); len(found) != 1 || found[0].Outcome != "error" || found[0].Status != 0 {
		t.Errorf("%d exchanges: %+v", len(found), found)
	}
}
