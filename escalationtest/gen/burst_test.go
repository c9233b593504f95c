package gen_test

import (
	"testing"

	"github.com/escalationkit/escalation/escalationtest/gen"
	"github.com/escalationkit/escalation/events"
	"pgregory.net/rapid"
)

type lane struct{ bot, id string }

func byLane(burst []gen.Arrival) map[lane][]events.Event {
	lanes := map[lane][]events.Event{}
	for _, a := range burst {
		key := lane{a.BotID, a.ConversationID}
		lanes[key] = append(lanes[key], a.Event)
	}
	return lanes
}

func TestBurstKeepsOrder(t *testing.T) { rapid.Check(t, burstKeepsOrder) }
func FuzzBurstKeepsOrder(f *testing.F) { f.Fuzz(rapid.MakeFuzz(burstKeepsOrder)) }

func burstKeepsOrder(t *rapid.T) {
	lanes := byLane(gen.Burst().Draw(t, "burst"))
	if len(lanes) < 1 || len(lanes) > 6 {
		t.Fatalf("%d conversations", len(lanes))
	}
	for key, seq := range lanes {
		if word := spell(seq); !talked.MatchString(word) {
			t.Fatalf("conversation %q: %q is not legal on its own", key, word)
		}
	}
}

func TestBurstReach(t *testing.T) {
	s := seen{}
	for _, burst := range examples(gen.Burst(), 60) {
		lanes, shared := byLane(burst), map[string]int{}
		for key := range lanes {
			shared[key.id]++
		}
		for _, n := range shared {
			s.note("one id under two bots", n == 2)
		}
		run := 1
		for i := 1; i < len(burst); i++ {
			same := burst[i].ConversationID == burst[i-1].ConversationID && burst[i].BotID == burst[i-1].BotID
			if run++; !same {
				run = 1
			}
			s.note("alternation", !same)
			s.note("a run of six", run >= 6)
		}
		s.note("one conversation alone", len(lanes) == 1)
		s.note("six conversations", len(lanes) == 6)
		s.note("more than sixty events", len(burst) > 60)
	}
	s.demandAll(t)
}
