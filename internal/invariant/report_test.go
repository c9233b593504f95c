package invariant_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/internal/oracle"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// TestUnjudged: what a suite does not give is said, not passed over.
func TestUnjudged(t *testing.T) {
	tests := []struct {
		knows invariant.Ability
		want  []invariant.ID // of which every part was judged
		why   string
	}{
		{0, nil, "of nothing nothing can be said"},
		{invariant.Log, nil, "the log alone shows parts of I3 and I10, not all"},
		{invariant.Record, []invariant.ID{invariant.I8, invariant.I9}, "two reads and no more"},
		{invariant.Record | invariant.Trace | invariant.Calls, []invariant.ID{invariant.I2, invariant.I6, invariant.I8, invariant.I9},
			"without times, results, rounds and log parts are left of the others"},
		{invariant.All, []invariant.ID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12}, "everything but calm"},
	}
	for _, test := range tests {
		h := made()
		h.log()
		c := *h.c
		h.only(test.knows)
		if test.knows&invariant.Trace != 0 {
			h.c.Trace = c.Trace
			h.c.Calls = c.Calls
		}
		if test.knows == invariant.All {
			*h.c = c
		}
		r := invariant.Check(h.w)
		for _, id := range invariant.IDs() {
			unjudged := slices.ContainsFunc(r.Unjudged, func(g invariant.Gap) bool { return g.Invariant == id && g.Lacks != 0 })
			if unjudged == slices.Contains(test.want, id) {
				t.Errorf("%v: %v not judged: %v: %s", test.knows, id, unjudged, test.why)
			}
			if missed := strings.Contains(errorText(r.Err(id)), "not judged"); missed != unjudged {
				t.Errorf("%v: Err(%v) says that it was not judged: %v", test.knows, id, missed)
			}
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestNothingOfTheContents: details hold no body, however much is wrong.
func TestNothingOfTheContents(t *testing.T) {
	h := made()
	h.arrived("9a", "5a", "4a", "3a", "3a", "2a", "1a")
	h.c.Calls = h.c.Calls[3:]
	r := invariant.Check(h.w)
	if len(r.Violations) < 10 || !strings.Contains(errorText(r.Err()), "more") {
		t.Errorf("%d violations, and Err tells them all", len(r.Violations))
	}
	for _, v := range r.Violations {
		if strings.Contains(v.Detail, "body") && !strings.Contains(v.Detail, "another body") {
			t.Errorf("a detail quotes a body: %v", v)
		}
		if v.Conversation != h.c.Key {
			t.Errorf("another conversation: %v", v)
		}
	}
}

// TestContradictions: a world filled wrongly is not judged.
func TestContradictions(t *testing.T) {
	for why, change := range map[string]func(h *hand){
		"data that are not declared":            func(h *hand) { h.c.Results = []invariant.Reported{{}} },
		"never read":                            func(h *hand) { h.c.Reads = nil },
		"the same conversation twice":           func(h *hand) { h.w.Conversations = append(h.w.Conversations, *h.c) },
		"more arrivals than there were":         func(h *hand) { h.c.Reads[0].Arrived = 7 },
		"what was not sent arrived":             func(h *hand) { h.c.Trace[0].Answer = invariant.NotSent },
		"a turn after arrivals that never came": func(h *hand) { h.turn(7) },
	} {
		h := made()
		change(h)
		r := invariant.Check(h.w)
		if diff := cmp.Diff([]invariant.ID{0}, r.Broken()); diff != "" || len(r.Judged) != 0 || r.Err() == nil {
			t.Errorf("%s: (-want +got)\n%s; judged %v", why, diff, r.Judged)
		}
	}
}

// TestConversationsAreApart: what is wrong in one is put down to that one.
func TestConversationsAreApart(t *testing.T) {
	w, other := made(), made()
	other.c.Key.Conversation = "d"
	other.lane().Accepted = 0
	w.w.Conversations = append(w.w.Conversations, *other.c)
	r := invariant.Check(w.w)
	if len(r.Violations) != 1 || r.Violations[0].Conversation.Conversation != "d" || r.Violations[0].Invariant != invariant.I8 {
		t.Errorf("got %v", r.Violations)
	}
}

// TestClasses: they are those of package transport, number by number.
func TestClasses(t *testing.T) {
	for _, c := range transport.Classes() {
		if got := invariant.Class(c).String(); got != c.String() {
			t.Errorf("class %d is %q, want %q", c, got, c)
		}
	}
}

// TestLanguage holds the regular expression of this package against the oracle, which was written by somebody else: every word of
// up to five events, as the pending events of a round, in each of the four languages.
func TestLanguage(t *testing.T) {
	for i := range 4 {
		language := oracle.Language(i)
		w := invariant.World{Knows: invariant.Record, AgentTransfer: language&oracle.AgentTransfer != 0, BackToQueue: language&oracle.BackToQueue != 0}
		words := 0
		var extend func(h oracle.History, l store.Lane)
		extend = func(h oracle.History, l store.Lane) {
			words++
			l.Round, l.Last = 1, uint64(len(l.Pending))
			for s, name := range []string{"none", "pending", "queued", "connected", "ended", "failed"} {
				if name == h.State() {
					l.Accepted = fsm.State(s)
				}
			}
			c := invariant.Conversation{Reads: []invariant.Read{{Conversation: store.Conversation{Lane: l}}}}
			w.Conversations = []invariant.Conversation{c}
			if slices.Contains(invariant.Check(w).Broken(), invariant.I8) {
				t.Fatalf("%v: after %s the oracle says %s", language, h.Word(), h.State())
			}
			for k := events.Kind(1); k.Outbound() && len(l.Pending) < 5; k++ {
				after, longer := h, l
				after.Take(k)
				longer.Pending = append(slices.Clip(l.Pending), store.Event{Number: uint64(len(l.Pending) + 1), Round: 1, Kind: k})
				extend(after, longer)
			}
		}
		extend(language.Pending(), store.Lane{Acknowledged: fsm.Pending})
		if words != 3906 {
			t.Errorf("%d words, want 1 + 5 + … + 5⁵", words)
		}
	}
}
