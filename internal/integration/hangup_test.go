package integration_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// head is what stands before the body of a webhook call of so many bytes.
func head(length int) string {
	return fmt.Sprintf("POST /hook HTTP/1.1\r\nHost: crm.example\r\nContent-Type: application/json\r\n%s: %s\r\nContent-Length: %d\r\n\r\n",
		secretHeader, secret, length)
}

// hangUps has senders leave at every point: before the first byte, within the body, behind it while the host
// is still busy, and not at all until the server is closed.
func hangUps(t *testing.T) *stack {
	entered, leave := make(chan escalation.Inbound, 1), make(chan struct{})
	s := newStack(t, setup{client: escalation.Config{
		OnInbound: func(ctx context.Context, in escalation.Inbound) error {
			entered <- in
			select {
			case <-leave:
				return ctx.Err() // still nil: nobody hung up on the host
			case <-t.Context().Done():
				return t.Context().Err()
			}
		},
	}})
	v := s.client.Conversation("1")
	body := string(envelope(t, "1", events.WidgetEscalate{}))

	check(t, s.dial(t, "").Close())
	check(t, s.dial(t, "POST /hook HT").Close())

	within := s.dial(t, head(len(body))+body[:len(body)/2])
	receive(t, s.began, "the call that breaks off")
	check(t, within.Close())
	receive(t, s.ended, "the call that breaks off to end")
	receive(t, s.gone, "its sender to be gone")
	wantState(t, v, fsm.None) // half a body is no event

	whole := s.dial(t, head(len(body))+body)
	receive(t, s.began, "the whole call")
	if in := receive(t, entered, "the host"); in.Event != (events.WidgetEscalate{}) {
		t.Errorf("the host was given %v", in.Event.Kind())
	}
	check(t, whole.Close())
	receive(t, s.gone, "the server to see that the sender hung up")
	close(leave)
	receive(t, s.ended, "the whole call to end")
	wantState(t, v, fsm.Pending)
	// Had the host been hung up on, the repeat would not be told from the first.
	s.says(t, "1", events.WidgetEscalate{})
	if in := receive(t, entered, "the host again"); !in.Repeat {
		t.Error("the host's first answer was lost with the sender")
	}
	receive(t, s.ended, "the repeat to end")

	silent := s.dial(t, head(len(body))+body[:1])
	t.Cleanup(func() { silent.Close() })
	receive(t, s.began, "the repeat")
	receive(t, s.began, "the silent call")
	return s
}
