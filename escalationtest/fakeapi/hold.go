package fakeapi

import (
	"context"
	"fmt"
	"sync"
)

// A Hold keeps requests, the processing of their events, or webhooks back until it is released. One Hold may serve any number
// of Faults and servers. The zero Hold is ready for use; a Hold must not be copied after first use.
type Hold struct {
	releasing sync.Mutex // one Release at a time

	mu       sync.Mutex
	gate     chan struct{} // closed by Release
	changed  chan struct{} // closed and replaced when caught grows
	released bool
	caught   int
	late     []putOff // what Release is to process, in order of arrival
}

// A putOff is work that waits for a Release.
type putOff struct {
	process func()
	then    func() // called when all is processed, outside all locks: it may call Release again
}

func (h *Hold) init() {
	if h.gate == nil {
		h.gate, h.changed = make(chan struct{}), make(chan struct{})
	}
}

// Release lets go of everything held, for good: what comes later passes at once. The events put off by [Fault.Late] have been
// processed, in the order of their arrival, when Release returns; held requests go on in goroutines of their own. A
// second Release changes nothing.
func (h *Hold) Release() {
	for _, then := range h.release() {
		then()
	}
}

// release is Release but for the calls that it returns.
func (h *Hold) release() (then []func()) {
	h.releasing.Lock()
	defer h.releasing.Unlock()
	for {
		h.mu.Lock()
		h.init()
		late := h.late
		h.late = nil
		if len(late) == 0 {
			if !h.released {
				h.released = true
				close(h.gate)
			}
			h.mu.Unlock()
			return then
		}
		h.mu.Unlock()
		for _, l := range late {
			l.process()
			then = append(then, l.then)
		}
	}
}

// Wait returns nil once the Hold has caught at least n requests or events since it was made, whether or not they have
// been let go since. If ctx ends first it returns an error that wraps the cause.
func (h *Hold) Wait(ctx context.Context, n int) error {
	for {
		h.mu.Lock()
		h.init()
		caught, changed := h.caught, h.changed
		h.mu.Unlock()
		if caught >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("fakeapi: %d of %d requests held: %w", caught, n, context.Cause(ctx))
		}
	}
}

// catch counts one request in and returns the channel it has to wait for.
func (h *Hold) catch() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.init()
	h.count()
	return h.gate
}

// putOff puts the work off until Release and reports true, or reports false if the Hold has been released.
func (h *Hold) putOff(work putOff) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.init()
	if h.released {
		return false
	}
	h.late = append(h.late, work)
	h.count()
	return true
}

// count says that one more was caught. The caller holds mu.
func (h *Hold) count() {
	h.caught++
	close(h.changed)
	h.changed = make(chan struct{})
}
