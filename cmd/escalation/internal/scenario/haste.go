package scenario

import (
	"fmt"
	"maps"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// earliness is how much too early a repeat may come: clocks differ, and the timers of some languages.
const earliness = 100 * time.Millisecond

// judgeHaste holds against the CRM that it sent an event again before the time was over that a Retry-After had asked it to
// wait. Other events of the conversation are none of that: they may have been on their way when the answer came.
func (r *run) judgeHaste(t *talk, add func(Reason, bool)) {
	records := r.platform.Conversation(t.id)
	for i, refused := range records {
		asked, given := seconds(refused.RetryAfter)
		if !given || refused.End != fakeapi.Answered || refused.Status/100 == 2 || t.often(refused.Fields) {
			continue
		}
		for _, again := range records[i+1:] {
			if !maps.Equal(again.Fields, refused.Fields) {
				continue
			}
			// Counted from the arrival, the time is over no later than for the CRM, which counts from the answer.
			if passed := again.Time.Sub(refused.Time); passed < asked-earliness {
				add(Reason{Kind: TooSoon, Request: again.N, Text: fmt.Sprintf("%s was sent again after %.1fs, though request %d had been answered %d with Retry-After: %s",
					refused.EventType, passed.Seconds(), refused.N, refused.Status, refused.RetryAfter)}, false)
			}
			break
		}
	}
}

// often reports whether the agent did the same event several times, so that one that looks like a repeat may be none.
func (t *talk) often(fields map[string]string) bool {
	fields = maps.Clone(fields)
	delete(fields, "platformConversationId")
	key, n := keyOf(fields), 0
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range t.asked {
		if a.key == key {
			n++
		}
	}
	return n > 1
}
