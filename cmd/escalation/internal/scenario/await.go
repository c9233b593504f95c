package scenario

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// await waits for what a step says.
func (s *stage) await(ctx context.Context, t *talk, w *Wait, at string) error {
	if w.Within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(w.Within))
		defer cancel()
	}
	text := s.fill(w.Text, 1)
	met := func() bool {
		return len(t.trail.shown()) >= w.Lines &&
			t.trail.arrived() >= w.Requests &&
			(w.State == "" || s.came(t, w.State)) &&
			(w.Text == "" || t.shows(text))
	}
	wait := s.waitInHope
	if w.Within > 0 { // the file says how long
		wait = s.wait
	}
	if err := wait(ctx, func() bool { return met() || s.flooded() }); err != nil {
		t.blame(Reason{Kind: NotDone, Text: fmt.Sprintf("%s: waited for %s; there %s", at, w.describe(text), s.soFar(t))})
		return t.halt(false)
	}
	if s.flooded() {
		return errStopped
	}
	if w.Pause > 0 {
		pause, cancel := context.WithTimeout(ctx, time.Duration(w.Pause))
		defer cancel()
		<-pause.Done() // if the scenario's time is over, the next step finds out
	}
	return nil
}

func (t *talk) shows(text string) bool {
	for _, l := range t.trail.shown() {
		if l.Text == text {
			return true
		}
	}
	return false
}

// came reports whether the conversation is in a state, or was in this round.
func (r *run) came(t *talk, state State) bool {
	now := r.platform.State(t.id)
	return now.String() == string(state) || t.trail.came(now.Round, state)
}

func (w *Wait) describe(text string) string {
	var all []string
	if w.Lines > 0 {
		all = append(all, count(w.Lines, "line")+" of the CRM")
	}
	if text != "" {
		all = append(all, fmt.Sprintf("the line %q", text))
	}
	if w.State != "" {
		all = append(all, "the state "+string(w.State))
	}
	if w.Requests > 0 {
		all = append(all, count(w.Requests, "request"))
	}
	return strings.Join(all, " and ")
}

// soFar says where a conversation stands.
func (r *run) soFar(t *talk) string {
	return fmt.Sprintf("had been %s of the CRM and %s, and the state was %s",
		count(len(t.trail.shown()), "line"), count(t.trail.arrived(), "request"), r.platform.State(t.id))
}

// count says how many there are of something.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
