package crash_test

import (
	"fmt"
	"time"

	"github.com/escalationkit/escalation"
)

// drainWithin is the bound within which every conversation drains or parks once the weather is fine: waits double up to
// twelve times Settle after unknown outcomes, from 250 ms after refusals, and from a second where the host did not take an
// inbound event.
const drainWithin = 30 * time.Second

// drain waits until nothing is left to do in any conversation.
func (s *subject) drain() error {
	if err := s.repeat(); err != nil {
		return err
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(drainWithin)
	for {
		left := ""
		for i := range s.Conversations {
			st, err := s.client.Conversation(conversationID(i)).Status(s.ctx)
			if err != nil {
				return err
			}
			if busy(st) {
				left += fmt.Sprintf("; %d: %d events, %d webhooks", i, st.Pending, st.Inbox)
			}
		}
		if left == "" {
			s.say(line{What: drained})
			return nil
		}
		select {
		case <-tick.C:
		case <-deadline:
			return fmt.Errorf("not drained after %v%s", drainWithin, left)
		}
	}
}

// busy: something is left that the client would do by itself.
func busy(st escalation.Status) bool { return st.Inbox > 0 || st.Pending > 0 && st.Park.Reason == 0 }
