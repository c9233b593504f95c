package escalation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport"
)

// answering is a transport that gives the same answer to everything.
type answering transport.Result

func (a answering) Send(context.Context, transport.Request) transport.Result {
	return transport.Result(a)
}

var taken = answering{Class: transport.Acknowledged, Status: 200}

func quietClient(t *testing.T, s *memstore.Store, tr transport.Transport, onInbound InboundFunc) *Client {
	t.Helper()
	client, err := New(s, tr, &Config{Bot: "bot-1", OnInbound: onInbound, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return client
}

// inMemory returns how many conversations the client holds.
func (c *Client) inMemory() int {
	c.lanes.mu.Lock()
	defer c.lanes.mu.Unlock()
	return len(c.lanes.byKey)
}

// TestQuietConversationsAreNotInMemory: the client keeps a conversation only while something goes on in it. Whatever
// it waits for, the store keeps it.
func TestQuietConversationsAreNotInMemory(t *testing.T) {
	errBroken := errors.New("broken")
	answer := func(class transport.Class) answering { return answering{Class: class, Err: errBroken} }
	accept := func(ctx context.Context, v *Conversation, all ...events.Outbound) error {
		err := v.Open(ctx)
		for _, e := range all {
			_, acceptErr := v.Accept(ctx, e)
			err = errors.Join(err, acceptErr)
		}
		return err
	}
	open := func(ctx context.Context, v *Conversation) error {
		return accept(ctx, v, events.EscalationSuccess{}, events.Message{Text: "Hello"})
	}
	for why, c := range map[string]struct {
		answer answering
		do     func(ctx context.Context, v *Conversation) error
	}{
		"connected": {taken, open},
		"finished": {taken, func(ctx context.Context, v *Conversation) error {
			return accept(ctx, v, events.EscalationFailed{})
		}},
		"parked":                       {answer(transport.Rejected), open},
		"waiting for the settle time":  {answer(transport.Unknown), open},
		"waiting for the next attempt": {answering{Class: transport.RefusedLater, RetryAfter: time.Minute, Err: errBroken}, open},
		"waiting for the bot's key":    {answer(transport.RefusedScope), open},
		"waiting for the base URL":     {answer(transport.NotSent), func(ctx context.Context, v *Conversation) error { return errors.Join(open(ctx, v), afterFailures()) }},
		"a message that nobody takes":  {taken, func(ctx context.Context, v *Conversation) error { return receive(ctx, v) }},
		"refused, and never opened": {taken, func(ctx context.Context, v *Conversation) error {
			_, _ = v.Send(ctx, events.Message{Text: "x"})
			return nil
		}},
		"asked after":                       {taken, func(ctx context.Context, v *Conversation) error { _, err := v.Status(ctx); return err }},
		"waited for, until the caller left": {answer(transport.Unknown), waitAndLeave},
	} {
		t.Run(why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := quietClient(t, memstore.New(nil), c.answer, func(context.Context, Inbound) error { return errBroken })
				for i := range 10 {
					if err := c.do(t.Context(), client.Conversation(fmt.Sprint(i))); err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				if n := client.inMemory(); n > resting {
					t.Errorf("%d conversations are in memory", n)
				}
				client.lanes.sweep(time.Now().Add(restFor))
				if n := client.inMemory(); n != 0 {
					t.Errorf("somebody holds %d conversations", n)
				}
			})
		})
	}
}

// TestRestingConversationsLeaveMemory: the last ones stay for a moment, and the clock sees to it that they go.
func TestRestingConversationsLeaveMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := quietClient(t, memstore.New(nil), taken, nil)
		for i := range 2 * resting {
			if err := client.Conversation(fmt.Sprint(i)).Open(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if n := client.inMemory(); n == 0 || n > resting {
			t.Errorf("%d conversations are in memory, want some and at most %d", n, resting)
		}
		time.Sleep(restFor + poll)
		synctest.Wait()
		if n := client.inMemory(); n != 0 {
			t.Errorf("%d conversations are in memory after a while", n)
		}
	})
}

// afterFailures lets one attempt after another fail, until the base URL is left alone.
func afterFailures() error { <-time.After(5 * time.Second); return nil }

func receive(ctx context.Context, v *Conversation) error {
	return v.client.Receive(ctx, events.Envelope{BotID: v.BotID(), ConversationID: v.ID(), Event: events.WidgetMessage{Text: "Hello?"}})
}

func waitAndLeave(ctx context.Context, v *Conversation) error {
	if err := v.Open(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := v.Send(ctx, events.EscalationSuccess{})
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("got %v, want that the caller left", err)
	}
	return nil
}

// TestBusyConversationIsInMemory: while an attempt is under way, and once, however many calls need it.
func TestBusyConversationIsInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		client := quietClient(t, memstore.New(nil), held(release), nil)
		v := client.Conversation("123")
		if err := v.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			go v.Send(t.Context(), events.EscalationQueueUpdate{})
		}
		synctest.Wait()
		if n := client.inMemory(); n != 1 {
			t.Errorf("%d conversations are in memory, want one", n)
		}
		client.lanes.sweep(time.Now().Add(restFor))
		if n := client.inMemory(); n != 1 {
			t.Errorf("a conversation that is held was forgotten")
		}
		close(release)
		synctest.Wait()
		client.lanes.sweep(time.Now().Add(restFor))
		if n := client.inMemory(); n != 0 {
			t.Errorf("%d conversations are in memory afterwards", n)
		}
	})
}

// held is a transport that acknowledges when it is closed.
type held chan struct{}

func (h held) Send(context.Context, transport.Request) transport.Result {
	<-h
	return transport.Result(taken)
}

// TestMemoryDoesNotGrowWithFinishedConversations: what the store forgets is gone.
func TestMemoryDoesNotGrowWithFinishedConversations(t *testing.T) {
	client := quietClient(t, memstore.New(&memstore.Config{KeepFinished: 100}), taken, nil)
	ctx := t.Context()
	round := func(n int) uint64 {
		for i := range n {
			id := fmt.Sprint(n, "-", i)
			v := client.Conversation(id)
			if err := v.Open(ctx); err != nil {
				t.Fatal(err)
			}
			for _, e := range []events.Outbound{events.EscalationSuccess{}, events.AgentDisconnect{}} {
				if _, err := v.Send(ctx, e); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := client.Conversation("never opened " + id).Status(ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := client.Conversation("refused "+id).Send(ctx, events.Message{Text: "x"}); err == nil {
				t.Fatal("sent to a conversation never opened")
			}
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := round(500)
	after := round(4_000)
	const slack = 1 << 19 // 4 000 conversations would need several times as much
	if after > before+slack {
		t.Errorf("heap grew from %d to %d bytes", before, after)
	}
}
