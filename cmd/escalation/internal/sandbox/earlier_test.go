package sandbox_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox"
)

// again stops a sandbox and starts another one on its database.
func again(t *testing.T, s *sandbox.Sandbox, cfg sandbox.Config) *caller {
	t.Helper()
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	c, _ := start(t, cfg)
	return c
}

// TestEarlierConversations: those of an earlier run are there, as the demo CRM knows them, and marked until something happens in
// them.
func TestEarlierConversations(t *testing.T) {
	cfg := sandbox.Config{Database: filepath.Join(t.TempDir(), "x.db")}
	c, s := start(t, cfg)
	for i, id := range []string{"1", "2", "3"} {
		c.must("/api/visitor", `{"conversation":"`+id+`","do":"escalate"}`)
		c.settled(id, "pending")
		c.recorded(i + 1)
	}
	c.must("/api/desk", `{"platformConversationId":"1","eventType":"escalationSuccess"}`)
	c.settled("1", "connected")
	c.send(endpoint, "a wrong key", `{"platformConversationId":"refused","eventType":"escalationFailed"}`)

	c = again(t, s, cfg)
	now := c.await("what the CRM knows", func(s state) bool {
		return len(s.Conversations) == 4 && s.conversation("1").Desk != nil && s.conversation("2").Desk != nil && s.conversation("3").Desk != nil
	})
	fresh := now.Conversations[3].ID
	for i, want := range []struct {
		id      string
		earlier bool
		crm     string
	}{{"2", true, "pending"}, {"3", true, "pending"}, {"1", true, "connected"}, {fresh, false, ""}} { // by the newest exchange
		got := now.Conversations[i]
		if got.ID != want.id || got.Earlier != want.earlier || got.State != "none" || got.Round != 0 || len(got.Lines) != 0 || got.Live || got.Last != nil {
			t.Errorf("%d: %+v", i, got)
		}
		if want.earlier && got.Desk.State != want.crm {
			t.Errorf("the CRM has %s as %s", want.id, got.Desk.State)
		}
	}

	c.must("/api/visitor", `{"conversation":"1","do":"escalate"}`)
	c.must("/api/visitor", `{"conversation":"2","do":"write","text":"Hello?"}`)
	c.await("what has happened since", func(s state) bool {
		one, two := s.conversation("1"), s.conversation("2")
		return one.State == "pending" && !one.Earlier && len(two.Lines) > 0 && !two.Earlier && s.conversation("3").Earlier
	})
}

// TestManyEarlierConversations: the newest are shown, and no CRM is asked for where there is no desk.
func TestManyEarlierConversations(t *testing.T) {
	crm := newStranger(t)
	cfg := sandbox.Config{Webhook: crm.url, Database: filepath.Join(t.TempDir(), "x.db")}
	c, s := start(t, cfg)
	const many, most = 25, 20
	for i := range many {
		c.must("/api/visitor", fmt.Sprintf(`{"conversation":"%d","do":"escalate"}`, i))
		c.recorded(i + 1)
	}
	c = again(t, s, cfg)
	var want, got []string
	for i := many - most; i < many; i++ {
		want = append(want, fmt.Sprint(i))
	}
	for _, talk := range c.state().Conversations {
		if talk.Earlier {
			got = append(got, talk.ID)
		}
		if talk.Desk != nil || talk.DeskError != "" {
			t.Errorf("the desk that there is not says %+v", talk)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
