package escalation_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/transport"
)

// TestFinishedConversationsAreForgotten [E9] with room for two.
func TestFinishedConversationsAreForgotten(t *testing.T) {
	client := newClient(t, &network{}, &escalation.Config{KeepFinished: 2})
	must(t, client, "live", escalate)
	must(t, client, "a", escalate, failed)
	must(t, client, "b", escalate, success, disconnect)
	must(t, client, "a", escalate, failed) // its second round finishes after b's first
	must(t, client, "c", escalate, endSession)

	wantState(t, client.Conversation("b"), fsm.None, 0)
	wantState(t, client.Conversation("a"), fsm.Failed, 2)
	wantState(t, client.Conversation("c"), fsm.Ended, 1)
	wantState(t, client.Conversation("live"), fsm.Pending, 1)

	must(t, client, "a", escalate) // live again: it no longer counts
	must(t, client, "d", escalate, failed)
	wantState(t, client.Conversation("c"), fsm.Ended, 1)
	wantState(t, client.Conversation("d"), fsm.Failed, 1)
	wantState(t, client.Conversation("a"), fsm.Pending, 3)
}

// TestMemoryDoesNotGrowWithFinishedConversations also asks after conversations that never were.
func TestMemoryDoesNotGrowWithFinishedConversations(t *testing.T) {
	client := newClient(t, discard{}, &escalation.Config{KeepFinished: 100})
	round := func(n int) uint64 {
		for i := range n {
			id := fmt.Sprint(n, "-", i)
			must(t, client, id, escalate, success, disconnect)
			wantState(t, client.Conversation("never opened "+id), fsm.None, 0)
			if _, err := client.Conversation("refused "+id).Send(t.Context(), events.Message{Text: "x"}); err == nil {
				t.Fatal("sent to a conversation never opened")
			}
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := round(1_000)
	after := round(20_000)
	const slack = 1 << 20 // 20 000 conversations would need several times as much
	if after > before+slack {
		t.Errorf("heap grew from %d to %d bytes", before, after)
	}
}

type discard struct{}

func (discard) Send(context.Context, transport.Request) transport.Result { return acknowledged }

// TestFinishedConversationIsKeptWhileInUse [E3, E9]: to forget it would give a new round a second queue
// beside the attempt that is still under way.
func TestFinishedConversationIsKeptWhileInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		client := newClient(t, n, &escalation.Config{KeepFinished: 1})
		must(t, client, "busy", escalate)
		release := make(chan struct{})
		n.answers(func(_ context.Context, r transport.Request) transport.Result {
			if r.ConversationID == "busy" {
				<-release
			}
			return acknowledged
		})
		go put(t.Context(), client, "busy", events.EscalationSuccess{})
		synctest.Wait()
		must(t, client, "busy", endSession)
		must(t, client, "other", escalate, failed)
		must(t, client, "another", escalate, failed)
		wantState(t, client.Conversation("busy"), fsm.Ended, 1)
		close(release)
		synctest.Wait()
		must(t, client, "last", escalate, failed)
		wantState(t, client.Conversation("busy"), fsm.None, 0)
	})
}

// TestReopenedConversationIsKeptWhileInUse [E9]: it is still on the list of the finished ones while the host takes
// in the escalation that opened its second round.
func TestReopenedConversationIsKeptWhileInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		client := newClient(t, &network{}, &escalation.Config{KeepFinished: 1,
			OnInbound: func(_ context.Context, in escalation.Inbound) error {
				if in.Round == 2 {
					<-release
				}
				return nil
			}})
		must(t, client, "again", escalate, failed)
		go put(t.Context(), client, "again", events.WidgetEscalate{})
		synctest.Wait()
		must(t, client, "other", escalate, failed)
		must(t, client, "another", escalate, failed)
		wantState(t, client.Conversation("again"), fsm.Pending, 2)
		close(release)
		synctest.Wait()
		must(t, client, "last", escalate, failed)
		wantState(t, client.Conversation("again"), fsm.Pending, 2)
		wantState(t, client.Conversation("another"), fsm.None, 0)
	})
}
