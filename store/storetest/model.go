package storetest

import (
	"math"
	"slices"
	"time"

	"github.com/escalationkit/escalation/store"
)

// model is what a store has to do, said as simply as it can be. It trusts its callers.
type model struct {
	now   time.Duration
	kept  map[store.Key]*kept
	turns int
}

// kept is what the model keeps of a conversation.
type kept struct {
	conv     store.Conversation // without Pending
	entries  []store.Entry
	messages []store.Message
	due      time.Duration
	turn     int  // who was made due first
	held     bool // committed as held or claimed, and not committed since
}

const modelNever = time.Duration(math.MaxInt64)

func newModel() *model { return &model{kept: make(map[store.Key]*kept)} }

// clone shares nothing with m.
func (m *model) clone() *model {
	c := *m
	c.kept = make(map[store.Key]*kept)
	for key, k := range m.kept {
		copied := *k
		copied.entries, copied.messages = cloneEntries(k.entries), cloneMessages(k.messages)
		c.kept[key] = &copied
	}
	return &c
}

func (m *model) load(key store.Key, q store.Query) (found store.Snapshot) {
	k := m.kept[key]
	if k == nil {
		return found
	}
	found.Conversation = k.conv
	for _, e := range cloneEntries(k.entries) {
		if e.Outcome.Result == 0 {
			found.Conversation.Lane.Pending = append(found.Conversation.Lane.Pending, e.Event)
			found.Bodies = append(found.Bodies, e.Body)
		}
		if q.CallerKey != "" && e.CallerKey == q.CallerKey {
			found.Keyed = &e
		}
	}
	for _, msg := range cloneMessages(k.messages) {
		if !msg.Taken {
			found.Inbox = append(found.Inbox, msg)
		}
		if q.DeliveryID != "" && msg.DeliveryID == q.DeliveryID {
			found.Delivered = &msg
		}
	}
	// A copy of its own for each: the caller may write into either.
	if found.Keyed != nil {
		found.Keyed = &cloneEntries([]store.Entry{*found.Keyed})[0]
	}
	if found.Delivered != nil {
		found.Delivered = &cloneMessages([]store.Message{*found.Delivered})[0]
	}
	return found
}

func (m *model) commit(c store.Change) error {
	k := m.kept[c.Key]
	if k == nil {
		k = &kept{}
	}
	if k.conv.Revision != c.Conversation.Revision {
		return store.ErrConflict
	}
	m.kept[c.Key] = k
	k.conv = c.Conversation
	k.conv.Revision++
	lane, inbox := &k.conv.Lane, &k.conv.Inbox
	lane.Pending = nil
	for _, t := range []*time.Time{&lane.NotBefore, &lane.Held, &k.conv.Queue.At, &inbox.NotBefore} {
		*t = plain(*t)
	}
	k.entries = append(k.entries, cloneEntries(c.Accepted)...)
	k.messages = append(k.messages, cloneMessages(c.Received)...)
	for _, ev := range c.Changed {
		k.entry(ev.Number).Event = ev
	}
	if c.Replaced != nil {
		e := k.entry(c.Replaced.Number)
		e.Body = slices.Clone(c.Replaced.Body)
	}
	for _, r := range c.Resolved {
		e := k.entry(r.Event.Number)
		e.Event, e.Outcome = r.Event, r.Outcome
	}
	if c.Repair != nil {
		e := k.entry(c.Repair.Number)
		e.Repairs = append(e.Repairs, c.Repair.Repair)
	}
	for i := range k.messages {
		msg := &k.messages[i]
		msg.ReceivedAt = plain(msg.ReceivedAt)
		if msg.Taken = msg.Taken || slices.Contains(c.Taken, msg.Number); msg.Taken {
			msg.Body = nil
		}
	}
	for i := range k.entries {
		e := &k.entries[i]
		e.AcceptedAt, e.Deadline, e.Outcome.At = plain(e.AcceptedAt), plain(e.Deadline), plain(e.Outcome.At)
		for i := range e.Repairs {
			e.Repairs[i].At = plain(e.Repairs[i].At)
		}
		if e.Outcome.Result == store.Acknowledged {
			e.Body = nil
		}
	}
	m.schedule(k, c.Due.After)
	k.held = c.Due.Held
	return nil
}

// schedule makes a conversation due after a time.
func (m *model) schedule(k *kept, after time.Duration) {
	k.due = modelNever
	if after != store.Never {
		k.due = m.now + after
	}
	m.turns++
	k.turn = m.turns
}

func (k *kept) entry(number uint64) *store.Entry {
	for i := range k.entries {
		if k.entries[i].Number == number {
			return &k.entries[i]
		}
	}
	return nil
}

// dueNow returns the conversations that are due, the longest due first.
func (m *model) dueNow() (keys []store.Key) {
	for key, k := range m.kept {
		if k.due <= m.now {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b store.Key) int { return m.kept[a].turn - m.kept[b].turn })
	slices.SortStableFunc(keys, func(a, b store.Key) int { return int(m.kept[a].due - m.kept[b].due) })
	return keys
}

// lend claims a conversation.
func (m *model) lend(key store.Key, lease time.Duration) {
	m.schedule(m.kept[key], lease)
	m.kept[key].held = true
}

// next is when the first conversation is due that was not just handed out.
func (m *model) next(handedOut []store.Key) time.Duration {
	first := modelNever
	for key, k := range m.kept {
		if !slices.Contains(handedOut, key) {
			first = min(first, k.due)
		}
	}
	if first == modelNever {
		return store.Never
	}
	return max(first-m.now, 0)
}

// releasable returns the held conversations that are not due yet, in the order in which they were held.
func (m *model) releasable(bot string, all bool) (keys []store.Key) {
	for key, k := range m.kept {
		if k.held && k.due > m.now && (all || key.Bot == bot) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b store.Key) int { return m.kept[a].turn - m.kept[b].turn })
	return keys
}

func (m *model) history(key store.Key, after uint64, limit int) (found []store.Entry) {
	if k := m.kept[key]; k != nil {
		for _, e := range cloneEntries(k.entries) {
			if e.Number > after && len(found) < limit {
				found = append(found, e)
			}
		}
	}
	return found
}

func (m *model) parked(after store.Key, limit int) (keys []store.Key) {
	for key, k := range m.kept {
		if k.conv.Lane.Parked() && compareKeys(key, after) > 0 {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, compareKeys)
	return keys[:min(len(keys), max(limit, 0))]
}

// plain returns t as a store hands it out.
func plain(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
