package escalation

import (
	"container/list"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// lane is what the client knows of one conversation.
type lane struct {
	mu    sync.Mutex // guards the fields down to inbound; never held during an attempt or a callback
	state fsm.State
	round int
	seq   uint64 // of the last observation

	// Of this round; see rules.Facts.
	lastUpdate   events.EscalationQueueUpdate
	lastUpdateAt time.Time
	lastPosition string

	// Whether the host has taken this round's widgetEscalate and widgetEndSession without error.
	tookEscalate, tookEnd bool

	outbound queue // calls to Send
	inbound  queue // calls to Receive

	// Guarded by lanes.mu.
	users int           // calls that hold the lane
	entry *list.Element // in lanes.finished; nil if the round is not over
}

// openRound starts the next round.
func (l *lane) openRound() {
	l.state = fsm.Pending
	l.round++
	l.lastUpdate, l.lastUpdateAt, l.lastPosition = events.EscalationQueueUpdate{}, time.Time{}, ""
	l.tookEscalate, l.tookEnd = false, false
}

// nextSeq numbers an observation. A lane that was never opened is not kept, and neither is its count.
func (l *lane) nextSeq() uint64 {
	if l.round == 0 {
		return 0
	}
	l.seq++
	return l.seq
}

// queue lets callers in one at a time, in the order in which they joined. It is guarded by the mutex of
// its lane, so that joining is one step with whatever else decides the order.
type queue struct {
	busy    bool
	waiting []chan struct{} // closed when the turn comes
}

// join takes a place: a nil channel is the turn itself, any other closes when the turn comes.
func (q *queue) join() <-chan struct{} {
	if !q.busy {
		q.busy = true
		return nil
	}
	turn := make(chan struct{})
	q.waiting = append(q.waiting, turn)
	return turn
}

// leave gives up the place that join gave, whether its turn has come or not, and lets the next caller in if
// it has.
func (q *queue) leave(turn <-chan struct{}) {
	if turn != nil && !isClosed(turn) {
		q.waiting = slices.DeleteFunc(q.waiting, func(c chan struct{}) bool { return c == turn })
		return
	}
	if len(q.waiting) == 0 {
		q.busy = false
		q.waiting = nil // a quiet conversation holds no memory for its queue
		return
	}
	next := q.waiting[0]
	q.waiting = q.waiting[1:]
	close(next)
}

// isClosed reports whether c is closed, without waiting.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// length is the number of callers in the queue, the one whose turn it is included.
func (q *queue) length() int {
	if !q.busy {
		return 0
	}
	return 1 + len(q.waiting)
}

// await waits for a turn taken with join. If ctx or closing is over when the turn comes, or before, it
// returns an error, and ctx counts first. The place is held until leave in any case.
func await(ctx, closing context.Context, turn <-chan struct{}) error {
	if turn != nil {
		select {
		case <-turn:
		case <-ctx.Done():
		case <-closing.Done():
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if closing.Err() != nil {
		return ErrClosed
	}
	return nil
}

// leave gives up a place in one of the lane's queues.
func (l *lane) leave(q *queue, turn <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q.leave(turn)
}
