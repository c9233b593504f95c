package escalation

import (
	"context"
	"slices"
	"sync"

	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// lane is the working copy of one conversation, in memory only while somebody needs it. What callers want of
// it is queued as ops; one goroutine at a time serves them: it applies what has queued, commits it as one
// change, and only then lets anybody know.
type lane struct {
	key   store.Key
	users int    // guarded by lanes.mu: ops, attempts, calls that wait
	rests uint64 // guarded by lanes.mu: how often there were none

	mu      sync.Mutex // guards what follows; never held during IO or a callback
	queue   []*op      // in the order of the calls
	serving bool       // a goroutine serves the queue
	loaded  bool
	record  record // as last committed, if loaded

	attempting uint64           // number of the event that this process attempts; 0 if none
	last       transport.Result // of the last attempt of this process
	passing    bool             // a message is being offered to the host

	callers   []caller   // of the pending events
	listeners []listener // for the messages on offer
}

// caller is a call that accepted an event, or waits for one.
type caller struct {
	number  uint64
	ctx     context.Context // for its values; nil if it did not accept the event
	waiting *waiter         // nil if it does not wait
}

// listener is a call that brought a message.
type listener struct {
	number  uint64
	ctx     context.Context // for its values; nil if it brought a repeat
	offered chan<- struct{} // closed when the host had its chance
}

// record is what the store has of a conversation. It is never written to; a turn works on a copy.
type record struct {
	store.Conversation
	bodies []body          // of the pending events
	inbox  []store.Message // not taken
}

// body is what is sent for a pending event.
type body struct {
	number uint64
	bytes  []byte
}

// newRecord is what Load found.
func newRecord(s store.Snapshot) record {
	r := record{Conversation: s.Conversation, inbox: s.Inbox}
	for i, e := range s.Conversation.Lane.Pending {
		r.bodies = append(r.bodies, body{e.Number, s.Bodies[i]})
	}
	return r
}

// body returns what is sent for an event.
func (r *record) body(number uint64) []byte {
	for _, b := range r.bodies {
		if b.number == number {
			return b.bytes
		}
	}
	return nil
}

// enqueue adds an op and reports whether the caller has to see to it that the lane is served.
func (l *lane) enqueue(o *op) (serve bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.queue, o)
	serve = !l.serving
	l.serving = true
	return serve
}

// withdraw takes back an op that nobody has begun to apply.
func (l *lane) withdraw(o *op) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, queued := range l.queue {
		if queued == o {
			l.queue = append(l.queue[:i:i], l.queue[i+1:]...)
			return true
		}
	}
	return false
}

// take hands out the ops to apply next, or ends the serving if there are none.
func (l *lane) take() []*op {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		l.serving, l.queue = false, nil
		return nil
	}
	n := 1
	for !l.queue[0].alone() && n < len(l.queue) && !l.queue[n].alone() {
		n++
	}
	ops := l.queue[:n:n]
	l.queue = l.queue[n:]
	return ops
}

// yield ends the serving by a goroutine that is about to wait for the network. It reports whether another one
// has to go on with it.
func (l *lane) yield() (serve bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.serving = len(l.queue) > 0
	return l.serving
}

// retry ends the serving. Of ops, and of all that are queued behind them, it keeps those that must not be lost, and
// returns the others.
func (l *lane) retry(ops []*op) (others []*op) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := slices.Concat(ops, l.queue)
	l.queue, l.serving = nil, false
	for _, o := range all {
		if o.must {
			l.queue = append(l.queue, o)
		} else {
			others = append(others, o)
		}
	}
	return others
}
