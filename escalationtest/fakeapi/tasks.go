package fakeapi

import (
	"context"
	"sync"
	"time"
)

// tasks are what the server does outside the goroutines of its callers. Nothing is begun after Close, and Close waits
// for all of it.
type tasks struct {
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	all    sync.WaitGroup
	timers map[*time.Timer]struct{} // guarded by the server's lock
}

func (k *tasks) init() {
	k.ctx, k.cancel = context.WithCancel(context.Background())
	k.timers = map[*time.Timer]struct{}{}
}

// spawn runs f in a goroutine of its own. The caller holds mu, and the server is not closed.
func (s *Server) spawn(f func()) {
	s.tasks.all.Add(1) // under mu and before Close: never beside the Wait
	go func() {
		defer s.tasks.all.Done()
		f()
	}()
}

// after calls f in d, unless the server is closed first. The caller holds mu, and the server is not closed; f is called with
// mu held.
func (s *Server) after(d time.Duration, f func()) {
	k := &s.tasks
	k.all.Add(1)
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		defer k.all.Done()
		defer s.observer.nudge()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(k.timers, timer)
		if !s.closed {
			f()
		}
	})
	k.timers[timer] = struct{}{}
}

// putOff makes f, which is called with mu held unless the server is closed, work for a Hold.
func (s *Server) putOff(f func()) putOff {
	return putOff{
		process: func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if !s.closed {
				f()
				s.announce()
			}
		},
		then: s.observer.nudge,
	}
}

// stop ends what can be ended. The caller holds mu and has closed the server.
func (k *tasks) stop() {
	k.cancel()
	for timer := range k.timers {
		if timer.Stop() {
			k.all.Done()
		}
	}
	clear(k.timers)
}
