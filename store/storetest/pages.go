package storetest

import (
	"slices"

	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// historyPages: every entry that a conversation has had, in order, however it ended and however few at a time.
func historyPages(c *check) {
	t := c.talk("S14", key)
	var want []store.Entry
	for n := uint64(1); n <= 23; n++ {
		e := message(n)
		t.commit(accept(e))
		switch {
		case n == 20: // stays pending
		case n%3 == 0: // resolved as it comes
			e.Outcome = result(store.Rejected, int(n))
			t.commit(resolve(e.Event, e.Outcome))
		case n%3 == 1 && n > 1: // the one before goes later than this
			e.Outcome, e.Body = result(store.Acknowledged, int(n)), nil
			t.commit(resolve(e.Event, e.Outcome))
		}
		want = append(want, e)
	}
	for i := range want[:11] {
		if want[i].Outcome.Result == 0 {
			want[i].Outcome = result(store.Expired, 100)
			t.commit(resolve(want[i].Event, want[i].Outcome))
		}
	}
	other := c.talk("S14", numbered(key.Bot, 1))
	other.commit(accept(message(1)))

	c.wantSame("S14", "History of all", want, c.history("S14", key, 0, store.NoLimit))
	for _, tc := range []struct {
		why   string
		after uint64
		limit int
		want  []store.Entry
	}{
		{"from the start", 0, 5, want[:5]},
		{"after is left out", 5, 5, want[5:10]},
		{"the limit is met exactly", 20, 3, want[20:]},
		{"fewer than the limit are left", 21, 10, want[21:]},
		{"one", 9, 1, want[9:10]},
		{"none is left", 23, 5, nil},
		{"far above all", 1 << 40, 5, nil},
		{"up to none", 0, 0, nil},
	} {
		c.wantSame("S14", "History in pages: "+tc.why, tc.want, c.history("S14", key, tc.after, tc.limit))
	}
	var paged []store.Entry
	for after := uint64(0); len(paged) < 100; {
		page := c.history("S14", key, after, 4)
		if len(page) == 0 {
			break
		}
		paged = append(paged, page...)
		after = page[len(page)-1].Number
	}
	c.wantSame("S14", "History by fours", want, paged)
}

// parked: the keys of conversations that wait for a person, in order, as long as they do.
func parked(c *check) {
	c.wantParked("nothing was committed", store.Key{}, 10)
	keys := []store.Key{ // in order, bytewise: not as a dictionary would
		{Bot: "", Conversation: "z"}, {Bot: "B", Conversation: "a"}, {Bot: "a", Conversation: "\x01"},
		{Bot: "a", Conversation: "B"}, {Bot: "a", Conversation: "a"}, {Bot: "a", Conversation: "a "}, {Bot: "a", Conversation: "aa"},
		{Bot: "a", Conversation: "b"}, {Bot: "a", Conversation: "z"}, {Bot: "a", Conversation: "é"}, {Bot: "a", Conversation: "\xff"},
		{Bot: "a ", Conversation: "a"}, {Bot: "aa", Conversation: "10"}, {Bot: "aa", Conversation: "9"},
	}
	talks := make(map[store.Key]*talk)
	for _, i := range []int{5, 0, 13, 3, 8, 1, 11, 6, 2, 12, 7, 4, 10, 9} {
		t := c.talk("S14", keys[i])
		t.conv.Lane.Accepted = fsm.Connected
		t.commit(accept(message(1)))
		t.conv.Lane.Park = store.Park{Number: 1, Reason: store.Reason(1 + i%4)}
		t.commit()
		talks[keys[i]] = t
	}
	c.talk("S14", store.Key{Bot: "a", Conversation: "not parked"}).commit(accept(message(1)))

	c.wantParked("all", store.Key{}, store.NoLimit, keys...)
	c.wantParked("the first few", store.Key{}, 3, keys[:3]...)
	c.wantParked("after is left out", keys[2], 4, keys[3:7]...)
	c.wantParked("after a key that is not parked", store.Key{Bot: "a", Conversation: "a!"}, 2, keys[6:8]...)
	c.wantParked("after a bot's name alone", store.Key{Bot: "aa"}, 10, keys[12:]...)
	c.wantParked("after the last", keys[13], 10)
	c.wantParked("up to none", store.Key{}, 0)
	var paged []store.Key
	for after := (store.Key{}); len(paged) < 100; {
		page := c.parked(after, 4)
		if len(page) == 0 {
			break
		}
		paged = append(paged, page...)
		after = page[len(page)-1]
	}
	c.wantSame("S14", "Parked by fours, over several bots", keys, paged)
	for i, k := range keys {
		if i%2 == 0 {
			t := talks[k]
			t.conv.Lane.Park = store.Park{}
			t.commit(resolve(message(1).Event, result(store.Skipped, 3)))
		}
	}
	left := slices.Collect(func(yield func(store.Key) bool) {
		for i, k := range keys {
			if i%2 == 1 && !yield(k) {
				return
			}
		}
	})
	c.wantParked("every other one was repaired", store.Key{}, store.NoLimit, left...)
	talks[keys[1]].conv.Lane.Park.Reason = store.HeadTooOld
	talks[keys[1]].commit()
	c.wantParked("another reason changes nothing", store.Key{}, store.NoLimit, left...)
}

func (c *check) wantParked(why string, after store.Key, limit int, want ...store.Key) {
	c.r.Helper()
	c.wantSame("S14", "Parked: "+why, want, c.parked(after, limit))
}
