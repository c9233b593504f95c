package sqlitestore

import (
	"context"
	"fmt"
	"time"

	"github.com/escalationkit/escalation/store"
)

// Claim hands out conversations that are due.
func (s *Store) Claim(ctx context.Context, limit int, lease time.Duration) (keys []store.Key, next time.Duration, err error) {
	err = s.write(ctx, func() (err error) {
		keys, next, err = s.pinned().claim(context.Background(), max(limit, 0), lease, s.now())
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return keys, next, nil
}

func (s session) claim(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]store.Key, time.Duration, error) {
	rows, err := s(selectDue).QueryContext(ctx, int64(limit)+1)
	if err != nil {
		return nil, 0, fmt.Errorf("look for what is due: %w", err)
	}
	defer rows.Close()
	var ids []int64
	var keys []store.Key
	next, cut := store.Never, now.UnixMicro()
	for rows.Next() {
		var id, due int64
		var key store.Key
		if err := rows.Scan(&id, &key.Bot, &key.Conversation, &due); err != nil {
			return nil, 0, fmt.Errorf("look for what is due: %w", err)
		}
		if due > cut || len(ids) == limit {
			next = max(0, min(time.Duration(due-cut), store.Never/time.Microsecond)) * time.Microsecond
			break
		}
		ids, keys = append(ids, id), append(keys, key)
	}
	if err := rows.Err(); err != nil {
		return nil, 0, fmt.Errorf("look for what is due: %w", err)
	}
	rows.Close()
	for _, id := range ids {
		if err := s.one(ctx, claimDue, after(now, lease), id); err != nil {
			return nil, 0, fmt.Errorf("claim: %w", err)
		}
	}
	return keys, next, nil
}

// Release makes conversations due that are held. One that is due already stays as it is and is not counted; one that was
// released is not held until it is claimed, or committed so.
func (s *Store) Release(ctx context.Context, bot string, all bool, limit int) (int, error) {
	var released int64
	err := s.write(ctx, func() (err error) {
		now := s.now().UnixMicro()
		if all {
			released, err = s.pinned().exec(context.Background(), releaseAll, now, max(limit, 0))
		} else {
			released, err = s.pinned().exec(context.Background(), releaseBot, now, max(limit, 0), bot)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return int(released), nil
}
