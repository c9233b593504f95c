package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/escalationkit/escalation/store"
)

// Commit stores a change, in one transaction with others that are committed at the same time.
func (s *Store) Commit(ctx context.Context, c store.Change) error {
	return s.write(ctx, func() error {
		return s.pinned().commit(context.Background(), &c, s.now())
	})
}

// pinned is the session of the writer.
func (s *Store) pinned() session {
	return func(n statement) *sql.Stmt { return s.own[n] }
}

// commit writes a change. When it returns ErrConflict it has written nothing.
func (s session) commit(ctx context.Context, c *store.Change, now time.Time) error {
	if err := s.conversation(ctx, c, now); err != nil {
		return err
	}
	bot, conversation := c.Key.Bot, c.Key.Conversation
	for i := range c.Accepted {
		if err := s.accepted(ctx, c.Key, &c.Accepted[i]); err != nil {
			return fmt.Errorf("accept event %d: %w", c.Accepted[i].Number, err)
		}
	}
	for _, e := range c.Changed {
		if err := s.one(ctx, updateEvent, append(counterValues(&e), bot, conversation, int64(e.Number))...); err != nil {
			return fmt.Errorf("change event %d: %w", e.Number, err)
		}
	}
	if b := c.Replaced; b != nil {
		if err := s.one(ctx, replaceBody, kept(b.Body, false), bot, conversation, int64(b.Number)); err != nil {
			return fmt.Errorf("replace the body of event %d: %w", b.Number, err)
		}
	}
	for _, r := range c.Resolved {
		e, o := r.Event, r.Outcome
		if err := s.one(ctx, resolveEvent, append(counterValues(&e),
			result(o.Result), int64(o.Cause), flag(o.Marked), o.Status, instant(o.At), flag(o.Result == store.Acknowledged),
			bot, conversation, int64(e.Number))...); err != nil {
			return fmt.Errorf("resolve event %d: %w", e.Number, err)
		}
	}
	if c.Repair != nil {
		if err := s.repair(ctx, c.Key, c.Repair.Number, c.Repair.Repair); err != nil {
			return err
		}
	}
	return s.inbox(ctx, c)
}

// conversation writes the record if the stored one has the revision that the change was made from.
func (s session) conversation(ctx context.Context, c *store.Change, now time.Time) error {
	args := append(conversationValues(&c.Conversation),
		after(now, c.Due.After), flag(c.Due.Held), now.UnixMicro(), c.Key.Bot, c.Key.Conversation)
	write := insertConversation
	if c.Conversation.Revision > 0 {
		write, args = updateConversation, append(args, int64(c.Conversation.Revision))
	}
	rows, err := s.exec(ctx, write, args...)
	if err != nil {
		return fmt.Errorf("write the conversation: %w", err)
	}
	if rows == 0 {
		return store.ErrConflict
	}
	return nil
}

func (s session) accepted(ctx context.Context, key store.Key, e *store.Entry) error {
	if err := s.one(ctx, insertEvent, append(eventValues(e), key.Bot, key.Conversation)...); err != nil {
		return err
	}
	for _, r := range e.Repairs {
		if err := s.repair(ctx, key, e.Number, r); err != nil {
			return err
		}
	}
	return nil
}

func (s session) repair(ctx context.Context, key store.Key, number uint64, r store.Repair) error {
	if err := s.one(ctx, insertRepair, int64(number), instant(r.At), r.Verb, r.By, r.Why, key.Bot, key.Conversation); err != nil {
		return fmt.Errorf("record the repair of event %d: %w", number, err)
	}
	return nil
}

func (s session) inbox(ctx context.Context, c *store.Change) error {
	for i := range c.Received {
		m := &c.Received[i]
		if err := s.one(ctx, insertMessage, append(messageValues(m), c.Key.Bot, c.Key.Conversation)...); err != nil {
			return fmt.Errorf("receive webhook %d: %w", m.Number, err)
		}
	}
	for _, n := range c.Taken {
		if err := s.one(ctx, takeMessage, c.Key.Bot, c.Key.Conversation, int64(n)); err != nil {
			return fmt.Errorf("take webhook %d: %w", n, err)
		}
	}
	return nil
}
