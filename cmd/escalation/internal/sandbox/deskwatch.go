package sandbox

import (
	"context"
	"errors"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
)

// A deskWatch keeps the views of the CRM's desk in the book up to date. The protocol has no push, so it asks: at once when
// something happened in a conversation, and a few times more, for the CRM may be a little behind.
type deskWatch struct {
	book  *book
	marks chan string
	pause time.Duration   // between two questions about one conversation
	after []time.Duration // when to ask again
	slow  time.Duration   // how often while the CRM has something to send, or is not where the widget is
	most  int             // how many later questions there are to a CRM that is elsewhere for good
}

const viewTimeout = 2 * time.Second

func newDeskWatch(b *book) *deskWatch {
	return &deskWatch{
		book: b, marks: make(chan string, 1024),
		pause: 30 * time.Millisecond, after: []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, time.Second}, slow: time.Second,
		most: 30,
	}
}

// mark says that something happened. With many others waiting it may be passed over: what is asked about next in that
// conversation shows it.
func (w *deskWatch) mark(conversation string) {
	select {
	case w.marks <- conversation:
	default:
	}
}

// A visit is the next question about one conversation.
type visit struct {
	due   time.Time
	asked time.Time // when the last question was asked; zero: long ago
	step  int       // how many of the later questions have been asked
}

// run asks d until ctx ends, one question at a time.
func (w *deskWatch) run(ctx context.Context, d desk.Desk) {
	visits := map[string]visit{}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-w.marks:
			asked := visits[id].asked
			visits[id] = visit{due: asked.Add(w.pause), asked: asked} // and then all the later ones
		case <-timer.C:
		}
		id, v := earliest(visits)
		if id == "" {
			timer.Reset(time.Hour)
			continue
		}
		if wait := time.Until(v.due); wait > 0 {
			timer.Reset(wait)
			continue
		}
		delete(visits, id)
		asked := time.Now()
		pending, behind, ok := w.ask(ctx, d, id)
		switch {
		case !ok: // no view is offered; perhaps when something happens again
		case v.step < len(w.after):
			visits[id] = visit{due: asked.Add(w.after[v.step]), asked: asked, step: v.step + 1}
		case pending, behind && v.step < w.most:
			visits[id] = visit{due: asked.Add(w.slow), asked: asked, step: v.step + 1}
		}
		timer.Reset(0)
	}
}

// ask takes one view into the book. It reports whether the CRM still has something to do, or is not where the widget is, and
// whether it offers views at all.
func (w *deskWatch) ask(ctx context.Context, d desk.Desk, id string) (pending, behind, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, viewTimeout)
	defer cancel()
	view, err := d.View(ctx, id)
	switch {
	case errors.Is(err, desk.ErrNoView):
		w.book.seen(id, nil, "")
		return false, false, false
	case err != nil && ctx.Err() == context.Canceled:
		return false, false, true
	case err != nil:
		w.book.seen(id, nil, "the CRM's desk does not say where it stands: "+deskTrouble(err))
		return w.book.knows(id), false, true
	}
	behind = w.book.seen(id, &view, "")
	return view.Pending > 0 && w.book.knows(id), behind, true
}

func earliest(visits map[string]visit) (id string, first visit) {
	for candidate, v := range visits {
		if id == "" || v.due.Before(first.due) || v.due.Equal(first.due) && candidate < id {
			id, first = candidate, v
		}
	}
	return id, first
}
