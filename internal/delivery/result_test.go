package delivery_test

import (
	"testing"

	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
)

// What a resolution says about copies.
func TestCopies(t *testing.T) {
	for _, c := range []struct {
		script             string
		arrived, duplicate bool
		why                string
	}{
		{"open S ? ok", true, false, "one attempt, one answer"},
		{"open S ? unknown +5s ? ok", true, true, "the first copy may have arrived as well"},
		{"open S ? notsent +5s ? later +5s ? scope ? ok", true, false, "none but the last arrived"},
		{"open S ? rejected skip:1", false, false, "the API did not take it"},
		{"open S ? unknown +5s ? rejected skip:1", true, false, "the first copy may have arrived"},
		{"open S ? unknown +5s ? unknown +10s ? rejected skip:1", true, true, "two may have"},
		{"open S ? rejected mark:1", true, false, "an operator saw it"},
		{"open S ? unknown +5s ? rejected mark:1", true, false, "it is the one unknown copy that the operator saw"},
		{"open S ? unknown +5s ? unknown +10s ? rejected mark:1", true, true, "or the other one"},
		{"open Q ? unknown +5s ? unknown", true, true, "expired, and may have arrived twice"},
		{"open Q +61s ?", false, false, "expired, never attempted"},
		{"open Q ? unknown Q ?", true, false, "superseded, and may have arrived"},
		{"open Q Q ?", false, false, "superseded, never attempted"},
		{"open S ? unknown end", true, false, "cancelled, and may have arrived"},
		{"open S ? end unknown", true, false, "likewise"},
		{"open S ? end notsent", false, false, "cancelled, not sent"},
		{"open S ? end ok", true, false, "it landed after the end"},
		{"open S ? recover end", true, false, "a crash is an unknown outcome"},
	} {
		s := newScript(machine(t, none))
		s.do(c.script)
		last := s.last
		if !last.Result.Valid() {
			t.Errorf("%s: nothing was resolved", c.script)
		}
		if got := last.MayHaveArrived(); got != c.arrived {
			t.Errorf("%s: %s: MayHaveArrived is %v", c.script, c.why, got)
		}
		if got := last.MayBeDuplicate(); got != c.duplicate {
			t.Errorf("%s: %s: MayBeDuplicate is %v", c.script, c.why, got)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		value interface{ String() string }
		want  string
	}{
		{store.Result(0), "none"}, {store.Acknowledged, "acknowledged"}, {store.Rejected, "rejected"},
		{store.Superseded, "superseded"}, {store.Stranded, "stranded"}, {store.Expired, "expired"},
		{store.Cancelled, "cancelled"}, {store.Skipped, "skipped"}, {store.Skipped + 1, "Result(8)"},
		{store.Reason(0), "none"}, {store.HeadRejected, "rejected"}, {store.HeadUnknown, "unknown"},
		{store.HeadTooOld, "too old"}, {store.HeadStranded, "stranded"}, {store.HeadStranded + 1, "Reason(5)"},
		{store.Verb(0), "Verb(0)"}, {store.Retry, "retry"}, {store.Replace, "replace"}, {store.Skip, "skip"},
		{store.MarkAcknowledged, "mark acknowledged"}, {store.Abort, "abort"}, {store.Abort + 1, "Verb(6)"},
		{delivery.Reaction(0), "Reaction(0)"}, {delivery.Drop, "drop"}, {delivery.Stop, "park"},
	} {
		if got := c.value.String(); got != c.want {
			t.Errorf("%d: %q, want %q", c.value, got, c.want)
		}
	}
	for r := store.Result(0); r < 20; r++ {
		if got, want := r.Valid(), r >= 1 && r <= 7; got != want {
			t.Errorf("%v: valid is %v", r, got)
		}
	}
}
