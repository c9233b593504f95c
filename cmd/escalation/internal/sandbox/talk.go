package sandbox

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// The bounds of what is kept of a conversation for the page.
const (
	maxLines = 200
	maxText  = 4 << 10
)

// A talk is a conversation as the page shows it. Its JSON form is part of the HTTP interface.
type talk struct {
	Seq      int64       `json:"seq"`
	ID       string      `json:"id"`
	Round    int         `json:"round"`
	State    fsm.State   `json:"state"`
	EndedBy  string      `json:"endedBy"` // agent, visitor, or empty
	Live     bool        `json:"live"`
	Last     *transition `json:"last"`
	Lines    []line      `json:"lines"`
	Desk     *desk.View  `json:"desk"`
	DeskErr  string      `json:"deskError"`
	Findings int         `json:"findings"`
	Earlier  bool        `json:"earlier"` // of an earlier run: neither the visitor nor the CRM has said anything in it since

	shown int // lines ever
	sent  sent
}

type transition struct {
	From fsm.State   `json:"from"`
	To   fsm.State   `json:"to"`
	Kind events.Kind `json:"kind"`
}

type line struct {
	Seq    int       `json:"seq"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Kind   string    `json:"kind"`
	Text   string    `json:"text"`
	Cut    bool      `json:"cut"` // Text is only the beginning
	Broken string    `json:"broken"`
	Why    string    `json:"why"`
}

// snapshot returns a copy that does not change any more, but for what hangs on pointers, which is replaced and never changed.
func (t *talk) snapshot() talk {
	c := *t
	c.Lines = slices.Clone(t.Lines)
	if c.Lines == nil {
		c.Lines = []line{} // [] in JSON, not null
	}
	c.Live = t.State.Live()
	return c
}

// show adds a line that the widget showed, and moves the state if it was in order.
func (t *talk) show(s fakeapi.Shown, at time.Time) {
	l := s.Line
	if l.Round > t.Round {
		t.escalated(l.Round)
	}
	out := line{At: at, By: l.By.String(), Kind: l.EventType}
	out.Text, out.Cut = cutText(l.Text)
	kind, err := events.ParseKind(l.EventType)
	switch {
	case s.Violation != nil:
		out.Broken, out.Why = s.Violation.Rule(), t.why(*s.Violation, kind)
	case err == nil && l.By == fakeapi.ByCRM && l.Round == t.Round:
		t.move(kind, "agent")
	}
	t.Earlier = false
	t.shown++
	out.Seq = t.shown
	t.Lines = append(t.Lines, out)
	if len(t.Lines) > maxLines {
		t.Lines = slices.Delete(t.Lines, 0, len(t.Lines)-maxLines)
	}
}

// catchUp learns what the visitor did that shows no line: being handed over, and leaving.
func (t *talk) catchUp(st fakeapi.State) (changed bool) {
	if st.Round > t.Round {
		t.escalated(st.Round)
		changed = true
	}
	if st.Phase == fakeapi.Left && st.Round == t.Round && t.State.Live() {
		t.move(events.KindWidgetEndSession, "visitor")
		changed = true
	}
	return changed
}

func (t *talk) escalated(round int) {
	if t.State.Live() { // the end of the round before was not seen
		t.State = fsm.Ended
	}
	t.Round, t.Earlier = round, false
	t.move(events.KindWidgetEscalate, "")
}

// move takes one step of the table; what the table refuses changes nothing.
func (t *talk) move(kind events.Kind, by string) {
	next, err := fsm.Default().Step(t.State, kind)
	if err != nil {
		return
	}
	t.Last = &transition{From: t.State, To: next, Kind: kind}
	t.State, t.EndedBy = next, ""
	if next.Terminal() {
		t.EndedBy = by
	}
}

// accuse counts what is held against the CRM, and reports whether there is any.
func (t *talk) accuse(found []wire.Finding) bool {
	before := t.Findings
	for _, f := range found {
		if !f.Note {
			t.Findings++
		}
	}
	return t.Findings > before
}

// why says in words what is wrong with an event that came out of order.
func (t *talk) why(v fakeapi.Violation, kind events.Kind) string {
	switch {
	case v.Repeat:
		return "a repeat after an unknown outcome, which the CRM could not avoid"
	case v.Unaware:
		return "the CRM could not know better: it was in order by all that it had been told"
	}
	if v.Reason == fakeapi.OutOfOrder && v.Round == t.Round {
		if _, err := fsm.Default().Step(t.State, kind); err != nil {
			return whyRefused(err)
		}
	}
	return v.Reason.String()
}

// whyRefused returns the table's reason without the state and kind, which stand beside it.
func whyRefused(err error) string {
	if te, ok := errors.AsType[*fsm.TransitionError](err); ok {
		return te.Why
	}
	return err.Error()
}

// cutText returns a text as it is kept for the page, and whether that is only its beginning.
func cutText(s string) (kept string, cut bool) {
	if len(s) <= maxText {
		return s, false
	}
	return strings.ToValidUTF8(s[:maxText], ""), true
}
