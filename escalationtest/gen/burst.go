package gen

import (
	"github.com/escalationkit/escalation/events"
	"pgregory.net/rapid"
)

// Arrival is one event of one conversation.
type Arrival struct {
	BotID, ConversationID string
	Event                 events.Event
}

// Burst makes many events for few conversations in one mixed order, with runs of events to the same
// conversation as well as alternation. Tidy turn-taking hides mistakes of order; this does not.
//
// One to six conversations take part: one to three ids under one or two bots, every id under every bot,
// so the bot has to be part of the key. The events of one conversation, in their order, are what
// [LegalConversation] makes, with more messages. No conversation is empty.
func Burst() *rapid.Generator[[]Arrival] { return burst }

var (
	busy = conversation(2, round(4, 20))

	burst = rapid.Custom(func(t *rapid.T) []Arrival {
		var waiting [][]Arrival // for each conversation what has not arrived yet
		ids := rapid.SliceOfNDistinct(conversationID, 1, 3, rapid.ID[string]).Draw(t, "conversations")
		for _, bot := range rapid.SliceOfNDistinct(botID, 1, 2, rapid.ID[string]).Draw(t, "bots") {
			for _, id := range ids {
				var lane []Arrival
				for _, e := range busy.Draw(t, "conversation") {
					lane = append(lane, Arrival{BotID: bot, ConversationID: id, Event: e})
				}
				waiting = append(waiting, lane)
			}
		}
		return mix(t, waiting)
	})
)

// mix merges the lanes by taking runs of one to eight arrivals from a lane at a time.
func mix(t *rapid.T, waiting [][]Arrival) []Arrival {
	var mixed []Arrival
	for len(waiting) > 0 {
		i := rapid.IntRange(0, len(waiting)-1).Draw(t, "lane")
		n := min(rapid.IntRange(1, 8).Draw(t, "run"), len(waiting[i]))
		mixed = append(mixed, waiting[i][:n]...)
		if waiting[i] = waiting[i][n:]; len(waiting[i]) == 0 {
			waiting = append(waiting[:i], waiting[i+1:]...)
		}
	}
	return mixed
}
