package sandbox_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox"
)

// armed returns how many of each preset are to happen, those without left out.
func (c *caller) armed() map[string]int {
	c.t.Helper()
	out := map[string]int{}
	for _, p := range c.state().Faults.Presets {
		if p.Armed > 0 {
			out[p.Name] = p.Armed
		}
	}
	return out
}

// TestArmedFaultsAreCounted arms presets of all groups, lets some happen, and clears the rest.
func TestArmedFaultsAreCounted(t *testing.T) {
	crm := newStranger(t)
	c, _ := start(t, sandbox.Config{Webhook: crm.url})
	check := func(when string, want map[string]int, left, webhooksLeft int) {
		t.Helper()
		got := c.await(when, func(s state) bool { return s.Faults.Left == left && s.Faults.WebhooksLeft == webhooksLeft })
		if diff := cmp.Diff(want, c.armed()); diff != "" {
			t.Errorf("%s: %d and %d left (-want +got):\n%s", when, got.Faults.Left, got.Faults.WebhooksLeft, diff)
		}
	}
	for _, name := range []string{"webhook-drop", "outage", "rate-limit", "webhook-drop", "webhook-double"} {
		c.must("/api/faults", `{"preset":"`+name+`"}`)
	}
	check("all armed", map[string]int{"webhook-drop": 2, "webhook-double": 1, "outage": 3, "rate-limit": 1}, 4, 3)
	c.must("/api/visitor", `{"conversation":"1","do":"escalate"}`)
	check("a webhook lost", map[string]int{"webhook-drop": 1, "webhook-double": 1, "outage": 3, "rate-limit": 1}, 4, 2)
	const join = `{"platformConversationId":"1","eventType":"escalationSuccess"}`
	var got []int
	for range 4 {
		got = append(got, c.send(endpoint, "key-4711", join))
	}
	if diff := cmp.Diff([]int{503, 503, 503, 429}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	check("the requests are through", map[string]int{"webhook-drop": 1, "webhook-double": 1}, 0, 2)
	c.must("/api/faults", `{"preset":"storm"}`)
	check("a storm", map[string]int{"webhook-drop": 1, "webhook-double": 1, "storm": 1}, 0, 2)
	c.must("/api/faults", `{"preset":"rough"}`)
	check("a change of weather", map[string]int{"webhook-drop": 1, "webhook-double": 1, "rough": 1}, 0, 2)
	c.must("/api/faults", `{"preset":"storm","off":true}`)
	check("it was over already", map[string]int{"webhook-drop": 1, "webhook-double": 1, "rough": 1}, 0, 2)
	c.must("/api/faults", `{"preset":"rough","off":true}`)
	check("good weather", map[string]int{"webhook-drop": 1, "webhook-double": 1}, 0, 2)
	c.must("/api/faults", `{"clear":true}`)
	check("all clear", map[string]int{}, 0, 0)
	if status := c.send(endpoint, "key-4711", join); status != 200 {
		t.Errorf("after that: %d", status)
	}
}

// TestFaultsInWords orders what no preset has.
func TestFaultsInWords(t *testing.T) {
	crm := newStranger(t)
	c, _ := start(t, sandbox.Config{Webhook: crm.url})
	c.must("/api/visitor", `{"conversation":"1","do":"escalate"}`)
	<-crm.got
	for order, want := range map[string]int{
		`{"next":{"status":418}}`: 418,
		`{"next":{"status":502,"process":true,"retryAfter":"7"},"times":1}`:  502,
		`{"next":{"status":200,"process":false,"delay":"5ms","late":"5ms"}}`: 400, // late excludes process
		`{"next":{"status":504,"late":"5ms"}}`:                               504,
		`{"chaos":{"seed":7,"unavailable":1,"maxDelay":"1s"}}`:               503,
		`{"preset":"storm","clear":true}`:                                    400,
		`{"preset":"nothing"}`:                                               400,
		`{"preset":"outage","off":true}`:                                     400,
		`{}`:                                                                 400,
		`{"next":{},"times":1001}`:                                           400,
		`{"next":{"cut":"here"}}`:                                            400,
		`{"next":{"delay":"5"}}`:                                             400,
		`{"next":{"process":"yes"}}`:                                         400,
		`{"next":{"unknown":1}}`:                                             400,
		`{"webhook":{"delay":"-1s"}}`:                                        400,
		`{"webhook":{"drop":true,"copies":1}}`:                               400,
		`{"chaos":{"unavailable":2}}`:                                        400,
		`{"chaos":{"maxDelay":"soon"}}`:                                      400,
	} {
		status, text := c.post("/api/faults", order)
		if want == 400 {
			var said struct{ Message string }
			if err := json.Unmarshal([]byte(text), &said); err != nil || said.Message == "" || status != http.StatusBadRequest {
				t.Errorf("%s: %d %s", order, status, text)
			}
			if f := c.state().Faults; f.Left+f.WebhooksLeft > 0 {
				t.Errorf("%s: something was armed", order)
			}
			continue
		}
		if got := c.send(endpoint, "key-4711", `{"platformConversationId":"1","eventType":"escalationQueueUpdate"}`); status != 200 || got != want {
			t.Errorf("%s: %d, and the request %d", order, status, got)
		}
		c.must("/api/faults", `{"clear":true}`)
	}
	c.must("/api/faults", `{"webhook":{"copies":2}}`)
	c.must("/api/visitor", `{"conversation":"1","do":"write","text":"three times"}`)
	first := <-crm.got
	if again := []string{<-crm.got, <-crm.got}; !slices.Equal(again, []string{first, first}) {
		t.Errorf("first %s, then %q", first, again)
	}
}

// TestClearedHoldsAreGone: what was to hold something and never will leaves nothing behind.
func TestClearedHoldsAreGone(t *testing.T) {
	crm := newStranger(t)
	c, s := start(t, sandbox.Config{Webhook: crm.url})
	for range 50 {
		c.must("/api/faults", `{"preset":"late-copy"}`)
		c.must("/api/faults", `{"clear":true}`)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		s.AwaitHolds()
	}()
	select {
	case <-gone:
	case <-time.After(20 * time.Second): // a broken test runs into it
		t.Fatal("what was cleared is still waited for")
	}
}
