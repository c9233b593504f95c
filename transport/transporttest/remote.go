package transporttest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
)

// Behaviour is how a remote meets a request.
type Behaviour uint8

const (
	// Acknowledge: read the whole request and say that it was taken in.
	Acknowledge Behaviour = iota
	// RefuseScope: read the request and refuse the key, the bot or the address.
	RefuseScope
	// RefuseLater: read the request and ask to come back later.
	RefuseLater
	// Reject: read the request and refuse this event for good.
	Reject
	// Break: read the whole request, then end the exchange without a usable answer.
	Break
	// Stall: read the whole request, then keep silent until the sender gives up, and after.
	Stall
	// Unreachable: be out of reach in such a way that the transport can know that nothing left. A
	// transport that can never know declares this in Harness.Cannot.
	Unreachable
)

var behaviourNames = [...]string{
	Acknowledge: "acknowledge",
	RefuseScope: "refuse scope",
	RefuseLater: "refuse later",
	Reject:      "reject",
	Break:       "break",
	Stall:       "stall",
	Unreachable: "be unreachable",
}

// String returns a verb phrase.
func (b Behaviour) String() string {
	if int(b) >= len(behaviourNames) {
		return fmt.Sprintf("Behaviour(%d)", uint8(b))
	}
	return behaviourNames[b]
}

// Received is a request as the remote got it.
type Received struct {
	BotID string
	// ConversationID may be empty if the protocol carries it in Body only.
	ConversationID string
	Body           []byte
}

// Log is what a remote received, in the order of arrival. The zero Log is empty; it is safe for
// concurrent use.
type Log struct {
	mu      sync.Mutex
	got     []Received
	changed chan struct{} // closed at the next Add; nil if nobody waits
}

// Add writes down a request, or whatever part of it arrived, with a copy of its body. The remote
// calls it before it answers.
func (l *Log) Add(r Received) {
	r.Body = bytes.Clone(r.Body)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, r)
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// All returns what was received so far. The slice is the caller's; the bodies are not to be
// changed.
func (l *Log) All() []Received {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.got)
}

// wait returns true once n requests were received, false if ctx ends first.
func (l *Log) wait(ctx context.Context, n int) bool {
	for {
		l.mu.Lock()
		if len(l.got) >= n {
			l.mu.Unlock()
			return true
		}
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		changed := l.changed
		l.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// count returns how often body was received.
func (l *Log) count(body []byte) int {
	n := 0
	for _, r := range l.All() {
		if bytes.Equal(r.Body, body) {
			n++
		}
	}
	return n
}
