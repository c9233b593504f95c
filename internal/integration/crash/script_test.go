package crash_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
)

// script makes the same calls each time, on two conversations: what a day of work is made of, once. Where a disk fails the
// calls fail, and it goes on, so that a store that is closed by failure is asked again.
func (s *subject) script() error {
	one, two := s.client.Conversation(conversationID(0)), s.client.Conversation(conversationID(1))
	n := 0
	key := func() string { n++; return fmt.Sprint("key-", n) }
	hook := func(c *escalation.Conversation, e events.Inbound, round int) {
		_ = s.receive(c, e, key(), round)
	}
	send := func(c *escalation.Conversation, all ...events.Outbound) (last uint64) {
		for _, e := range all {
			if r, err := s.accept(c, e, key(), 0); err == nil {
				last = r.Number
			}
		}
		return last
	}
	text := func(words string) events.Message { return events.Message{Text: markText + " " + words} }

	hook(one, events.WidgetEscalate{EscalateTo: markText + " desk"}, 1)
	send(one,
		events.EscalationQueueUpdate{WaitingTime: "7"},
		events.EscalationSuccess{Agent: markText + " Ann"},
		text("one"), text("two"), text("three"))
	hook(two, events.WidgetEscalate{}, 1)
	last := send(two, events.EscalationSuccess{Agent: markText + " Bob"}, text("four"))
	hook(one, events.WidgetMessage{Text: markText + " five"}, 1)
	s.settled(two, last)
	hook(two, events.WidgetEndSession{}, 1)
	last = send(one, text("six"), events.AgentDisconnect{})
	s.settled(one, last)
	hook(two, events.WidgetEscalate{EscalateTo: markText + " again"}, 2)
	last = send(two, events.EscalationFailed{})
	s.settled(two, last)
	return nil
}

// patience is how long the script waits for results. Where the store has failed there will be none.
const patience = 10 * time.Second

// settled waits for the result of an event, as long as the store lives.
func (s *subject) settled(c *escalation.Conversation, number uint64) {
	if number == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	go func() {
		for {
			select {
			case <-tick.C:
				if _, err := c.History(ctx, 0, 1); err != nil {
					cancel() // the store has failed
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	r, err := c.Wait(ctx, number)
	var send *escalation.SendError
	switch {
	case err == nil:
		s.say(line{What: waited, Conv: c.ID(), Num: r.Number, Att: r.Attempts, Dup: r.MayBeDuplicate})
	case !errors.As(err, &send) || send.Pending():
		s.logger.Info("the wait ended", "error", err.Error())
	}
}
