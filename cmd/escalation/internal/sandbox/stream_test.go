package sandbox_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox"
)

// A follower is a page: it has the state once, and after that only the stream, which it loses again and again.
type follower struct {
	at            int64
	conversations map[string]conversation
	exchanges     map[int64]exchange
	faults        faults
}

// take applies one event, and reports what is wrong with it.
func (f *follower) take(id int64, kind, data string) error {
	if id <= f.at {
		return fmt.Errorf("version %d after %d", id, f.at)
	}
	f.at = id
	var seq int64
	var err error
	switch kind {
	case "conversation":
		var c conversation
		err = json.Unmarshal([]byte(data), &c)
		f.conversations[c.ID], seq = c, c.Seq
	case "exchange":
		var x exchange
		err = json.Unmarshal([]byte(data), &x)
		f.exchanges[x.N], seq = x, x.Seq
	case "faults":
		f.faults = faults{}
		err = json.Unmarshal([]byte(data), &f.faults)
		seq = f.faults.Seq
	default:
		return fmt.Errorf("event %s", kind)
	}
	if err == nil && seq != id {
		err = fmt.Errorf("version %d in the event %d", seq, id)
	}
	return err
}

// follow reads up to n events and hangs up. It reports whether it has seen the end.
func (f *follower) follow(c *caller, n int, end string) (bool, error) {
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", c.url+"/api/events?after=1", nil)
	if err != nil {
		return false, err
	}
	req.Header.Set("Last-Event-ID", fmt.Sprint(f.at))
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	var id int64
	var kind string
	for n > 0 && lines.Scan() {
		name, text, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			if _, err := fmt.Sscan(text, &id); err != nil {
				return false, err
			}
		case "event":
			kind = text
		case "data":
			n--
			if err := f.take(id, kind, text); err != nil {
				return false, err
			}
			if strings.Contains(text, end) && kind == "conversation" {
				return true, nil
			}
		}
	}
	return false, lines.Err()
}

// TestFollowersSeeWhatThereIs lets visitors and CRM burst in several conversations, with faults, while pages follow and
// lose their streams. In the end every page has what the state and the wire have.
func TestFollowersSeeWhatThereIs(t *testing.T) {
	crm := newStranger(t)
	go func() {
		for range crm.got {
		}
	}()
	t.Cleanup(func() { close(crm.got) })
	c, _ := start(t, sandbox.Config{Webhook: crm.url})
	begin := c.state()
	const end = `"id":"the end"`

	var pages, players sync.WaitGroup
	followers := make([]*follower, 4)
	for i := range followers {
		f := &follower{begin.Seq, map[string]conversation{}, map[int64]exchange{}, begin.Faults}
		for _, conv := range begin.Conversations {
			f.conversations[conv.ID] = conv
		}
		followers[i] = f
		pages.Go(func() {
			dice := rand.New(rand.NewPCG(1, uint64(i)))
			for done := false; !done; {
				var err error
				if done, err = f.follow(c, 1+dice.IntN(20), end); err != nil {
					t.Errorf("page %d: %v", i, err)
					return
				}
			}
		})
	}
	var left atomic.Int32
	for i := range 4 {
		players.Go(func() {
			for range 3 {
				c.must("/api/faults", `{"next":{"status":503}}`)
				if c.burst(fmt.Sprint("conversation ", i)) {
					left.Add(1)
				}
			}
		})
	}
	players.Wait()
	c.await("all has been told", func(s state) bool { return s.Faults.Left == 0 && len(c.wire()) == 4*3*11+int(left.Load()) })
	c.must("/api/visitor", `{"conversation":"the end","do":"write","text":"Good-bye"}`)
	pages.Wait()

	want := c.state()
	exchanges := map[int64]exchange{}
	for _, x := range c.wire() {
		exchanges[x.N] = x
	}
	for i, f := range followers {
		got := follower{want.Seq, map[string]conversation{}, exchanges, want.Faults}
		for _, conv := range want.Conversations {
			got.conversations[conv.ID] = conv
		}
		f.at = want.Seq // the end may have been told in several steps
		f.conversations["the end"] = got.conversations["the end"]
		if diff := cmp.Diff(got, *f, cmp.AllowUnexported(follower{})); diff != "" {
			t.Errorf("page %d (-state +page):\n%s", i, diff)
		}
	}
}

// burst plays a round of ten requests and one webhook, and one more if the visitor had to end it.
func (c *caller) burst(id string) (left bool) {
	c.must("/api/visitor", fmt.Sprintf(`{"conversation":%q,"do":"escalate"}`, id))
	kinds := []string{`"escalationQueueUpdate"`, `"escalationSuccess"`}
	for n := range 6 {
		kinds = append(kinds, fmt.Sprintf(`"message","text":"line %d"`, n))
	}
	for _, kind := range append(kinds, `"escalationFailed"`, `"agentDisconnect"`) {
		c.send(endpoint, "key-4711", fmt.Sprintf(`{"platformConversationId":%q,"eventType":%s}`, id, kind))
	}
	status, _ := c.post("/api/visitor", fmt.Sprintf(`{"conversation":%q,"do":"leave"}`, id))    // if the agent's end was lost
	c.must("/api/visitor", fmt.Sprintf(`{"conversation":%q,"do":"write","text":"Thanks"}`, id)) // to the bot: no state changes
	return status == http.StatusOK
}
