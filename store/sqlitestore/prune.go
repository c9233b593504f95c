package sqlitestore

import (
	"context"
	"fmt"
	"time"
)

// Prune deletes up to limit conversations, with all that is kept of them, that are finished and were not committed since
// before: the API has acknowledged the end, or the visitor left, no event is pending and the host has taken every
// webhook. It returns how many; fewer than limit means that no more are left. Caller keys and delivery ids are forgotten
// with their conversation, and the visitor's next escalation makes a new one: rounds and numbers begin anew. Commits wait while it deletes: a limit of
// some hundred keeps that short.
func (s *Store) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	var pruned int
	err := s.write(ctx, func() (err error) {
		pruned, err = s.pinned().prune(context.Background(), before.UnixMicro(), max(limit, 0))
		return err
	})
	if err != nil {
		return 0, err
	}
	return pruned, nil
}

func (s session) prune(ctx context.Context, before int64, limit int) (int, error) {
	rows, err := s(selectFinished).QueryContext(ctx, before, limit)
	if err != nil {
		return 0, fmt.Errorf("prune: %w", err)
	}
	var ids []int64
	if err := eachRow(rows, func(r *row) { ids = append(ids, r.integer()) }); err != nil {
		return 0, fmt.Errorf("prune: %w", err)
	}
	for _, id := range ids {
		for _, n := range []statement{deleteRepairs, deleteEvents, deleteMessages, deleteConversation} {
			if _, err := s.exec(ctx, n, id); err != nil {
				return 0, fmt.Errorf("prune: %w", err)
			}
		}
	}
	return len(ids), nil
}
