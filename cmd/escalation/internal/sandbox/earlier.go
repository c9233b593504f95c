package sandbox

import (
	"context"
	"slices"

	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
)

// How far back conversations of earlier runs are looked for, and how many are shown. A page that is opened loads as many
// exchanges, so it has some of each.
const (
	recallExchanges = 200
	recallTalks     = 20
)

// recall shows the newest conversations of earlier runs. There is nothing to go by but the log: the platform has forgotten them.
func (s *Sandbox) recall(ctx context.Context) error {
	all, err := s.log.Last(ctx, recallExchanges)
	if err != nil {
		return err
	}
	s.book.recall(talksOf(all))
	return nil
}

// talksOf returns the conversations in which something was said, by the newest exchange of each. What was refused, under
// whatever id, was not.
func talksOf(all []wire.Exchange) []string {
	var ids []string
	for _, x := range slices.Backward(all) {
		said := x.Direction == wire.ToCRM || x.Outcome == wire.Answered && x.Status/100 == 2
		if said && x.Conversation != "" && !slices.Contains(ids, x.Conversation) && len(ids) < recallTalks {
			ids = append(ids, x.Conversation)
		}
	}
	slices.Reverse(ids)
	return ids
}
