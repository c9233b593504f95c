package events_test

import (
	"math"
	"testing"
	"time"

	"github.com/escalationkit/escalation/events"
)

func TestNewEscalationQueueUpdate(t *testing.T) {
	for _, c := range []struct {
		why      string
		position int
		wait     time.Duration
		want     events.EscalationQueueUpdate
	}{
		{"the guide's sample", 3, 12 * time.Minute, events.EscalationQueueUpdate{QueuePosition: "3", WaitingTime: "12"}},
		{"zero means not known", 0, 0, events.EscalationQueueUpdate{}},
		{"a position alone", 1, 0, events.EscalationQueueUpdate{QueuePosition: "1"}},
		{"a time alone", 0, time.Minute, events.EscalationQueueUpdate{WaitingTime: "1"}},
		{"any wait is at least a minute", 1, time.Nanosecond, events.EscalationQueueUpdate{QueuePosition: "1", WaitingTime: "1"}},
		{"just under a minute is a minute", 0, time.Minute - 1, events.EscalationQueueUpdate{WaitingTime: "1"}},
		{"just over a minute is two: better to promise too little", 0, time.Minute + 1, events.EscalationQueueUpdate{WaitingTime: "2"}},
		{"a whole number stays", 0, 2 * time.Minute, events.EscalationQueueUpdate{WaitingTime: "2"}},
		{"hours are written in minutes", 0, 25 * time.Hour, events.EscalationQueueUpdate{WaitingTime: "1500"}},
		{"a negative position is left for the rules to refuse", -1, 0, events.EscalationQueueUpdate{QueuePosition: "-1"}},
		{"a negative time never reads as zero", 0, -1, events.EscalationQueueUpdate{WaitingTime: "-1"}},
		{"a negative whole minute stays", 0, -time.Minute, events.EscalationQueueUpdate{WaitingTime: "-1"}},
		{"beyond it, away from zero", 0, -time.Minute - 1, events.EscalationQueueUpdate{WaitingTime: "-2"}},
		{"the longest duration does not overflow", math.MaxInt64, math.MaxInt64,
			events.EscalationQueueUpdate{QueuePosition: "9223372036854775807", WaitingTime: "153722868"}},
		{"nor does the most negative one", math.MinInt64, math.MinInt64,
			events.EscalationQueueUpdate{QueuePosition: "-9223372036854775808", WaitingTime: "-153722868"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			got := events.NewEscalationQueueUpdate(c.position, c.wait)
			diff(t, "update", c.want, got)
			diff(t, "valid in form", nil, got.Validate())
		})
	}
}
