package invariant_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

// TestCut: what was promised before the power went is there, what was under way may be, what came later is not.
func TestCut(t *testing.T) {
	rebuilt := func(entries int) invariant.Read {
		h := made()
		r := h.c.Reads[0]
		r.Entries = slices.Clone(r.Entries[:entries])
		r.Conversation.Lane.Last = uint64(entries)
		if entries < 3 {
			r.Conversation.Lane.Pending = nil
		}
		return r
	}
	tests := []struct {
		at      int
		entries int
		broken  []invariant.ID
		why     string
	}{
		{25, 3, nil, "3 was promised at the very instant"},
		{24, 3, nil, "the call of 3 was under way, and 3 is there"},
		{24, 2, nil, "the call of 3 was under way, and 3 is not there"},
		{25, 2, ids{invariant.I7}, "3 was promised, and is not there"},
		{19, 3, ids{invariant.I7}, "nobody had asked for 3 yet"},
	}
	for _, test := range tests {
		h := made()
		h.w.Knows = invariant.Record | invariant.Calls | invariant.Times
		h.c.Trace, h.c.Reads = nil, nil
		whole := invariant.Conversation{Calls: slices.Clone(h.c.Calls)}
		w := invariant.Cut(h.w, sec(test.at))
		r := rebuilt(test.entries)
		r.Arrived = 0
		w.Conversations[0].Reads = append(w.Conversations[0].Reads, r)
		report := invariant.Check(w)
		if diff := cmp.Diff(test.broken, report.Broken()); diff != "" {
			t.Errorf("cut at %d, %d entries: %s (-want +got)\n%s%v", test.at, test.entries, test.why, diff, report.Err())
		}
		if diff := cmp.Diff(whole.Calls, h.c.Calls); diff != "" {
			t.Errorf("the whole world was changed: %s", diff)
		}
	}
}

// TestCutLegalWorlds cuts random legal worlds at the moment of each read, and judges that read as what was rebuilt: a
// store that loses nothing. Then it takes the read before: a store that lost its last commits, if a promise lies between.
func TestCutLegalWorlds(t *testing.T) {
	lost := 0
	rapid.Check(t, func(t *rapid.T) {
		whole := legalWorld(t)
		whole.Calm = false
		reads := whole.Conversations[0].Reads
		i := rapid.IntRange(0, len(reads)-1).Draw(t, "read")
		w := invariant.Cut(whole, reads[i].At)
		if err := invariant.Check(w).Err(); err != nil {
			t.Fatal(err)
		}
		c := &w.Conversations[0]
		stale := store.Conversation{}
		entries := []store.Entry(nil)
		if i > 0 {
			stale, entries = reads[i-1].Conversation, reads[i-1].Entries
		}
		promised := slices.ContainsFunc(c.Calls, func(call invariant.Call) bool {
			return call.Answer == invariant.Granted && call.Number > stale.Lane.Last
		})
		c.Reads = []invariant.Read{{At: reads[i].At.Add(time.Second), Conversation: stale, Entries: entries, Parked: stale.Lane.Parked()}}
		if promised {
			lost++
			if !slices.Contains(invariant.Check(w).Broken(), invariant.I7) {
				t.Fatal("a promise was lost, and nobody noticed")
			}
		}
	})
	if lost == 0 {
		t.Error("no promise was lost in any world")
	}
}
