package fakeapi

import (
	"context"
	"fmt"
	"sync"
)

// A Hold keeps requests, or the processing of their events, back until it is released. One Hold may serve any number
// of Faults and servers. The zero Hold is ready for use; a Hold must not be copied after first use.
type Hold struct {
	releasing sync.Mutex // one Release at a time

	mu       sync.Mutex
	gate     chan struct{} // closed by Release
	changed  chan struct{} // closed and replaced when caught grows
	released bool
	caught   int
	late     []func() // what Release is to process, in order of arrival
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
			return
		}
		h.mu.Unlock()
		for _, process := range late {
			process()
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

// putOff puts process off until Release and reports true, or reports false if the Hold has been released. Release calls
// process without holding the lock.
func (h *Hold) putOff(process func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.init()
	if h.released {
		return false
	}
	h.late = append(h.late, process)
	h.count()
	return true
}

// count says that one more was caught. The caller holds mu.
func (h *Hold) count() {
	h.caught++
	close(h.changed)
	h.changed = make(chan struct{})
}
