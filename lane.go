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

	lastUpdate   events.EscalationQueueUpdate // of this round
	lastUpdateAt time.Time

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
	l.lastUpdate, l.lastUpdateAt = events.EscalationQueueUpdate{}, time.Time{}
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

// leave ends a turn and lets the next caller in.
func (q *queue) leave() {
	if len(q.waiting) == 0 {
		q.busy = false
		q.waiting = nil // a quiet conversation holds no memory for its queue
		return
	}
	next := q.waiting[0]
	q.waiting = q.waiting[1:]
	close(next)
}

// length is the number of callers in the queue, the one whose turn it is included.
func (q *queue) length() int {
	if !q.busy {
		return 0
	}
	return 1 + len(q.waiting)
}

// await waits for a turn taken with join. If ctx ends or closed closes first, the place is given up.
func (l *lane) await(ctx context.Context, closed <-chan struct{}, q *queue, turn <-chan struct{}) error {
	if turn == nil {
		return nil
	}
	var err error
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-closed:
		err = ErrClosed
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(q.waiting, func(c chan struct{}) bool { return c == turn })
	if i < 0 { // the turn came at the same moment
		q.leave()
		return err
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return err
}

// leave ends a turn.
func (l *lane) leave(q *queue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q.leave()
}
