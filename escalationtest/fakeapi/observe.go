package fakeapi

import "sync"

// An observer makes the calls of the Config's On functions, one at a time and in the order in which they were queued.
// Whoever comes by makes those that were queued before, and leaves the rest to a helper: nobody is held up by what
// happened after.
type observer struct {
	mu      sync.Mutex
	changed *sync.Cond // on mu: a call has ended, or the helper
	queue   []func()
	queued  int  // how many ever
	made    int  // how many of these have ended
	busy    bool // a call is running
	helped  bool // there is a helper
}

func (o *observer) init() { o.changed = sync.NewCond(&o.mu) }

// enqueue appends a call. The caller holds the server's lock, which makes the order that of the events.
func (o *observer) enqueue(call func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue = append(o.queue, call)
	o.queued++
}

// flush returns when every call queued before it has ended. The caller holds no lock, and is in no such call.
func (o *observer) flush() { o.work(true) }

// nudge sees to it that the calls are made: by itself, or by whoever is at it already, which it does not wait for. It may
// itself be part of such a call. The caller holds no lock.
func (o *observer) nudge() { o.work(false) }

// hint is nudge where an answer waits, unless others' calls would hold that up: then the helper makes them all.
func (o *observer) hint() {
	o.mu.Lock()
	alone := len(o.queue) <= 1
	if !alone {
		o.leave()
	}
	o.mu.Unlock()
	if alone {
		o.nudge()
	}
}

// finish is flush for the last time: the helper is gone, too.
func (o *observer) finish() {
	o.flush()
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.helped {
		o.changed.Wait()
	}
}

func (o *observer) work(wait bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.leave() // also if an observer ends the goroutine
	for goal := o.queued; o.made < goal; {
		switch {
		case !o.busy:
			o.makeOne()
		case wait:
			o.changed.Wait()
		default:
			return
		}
	}
}

// leave sees to it that somebody makes the calls that are left. The caller holds o.mu.
func (o *observer) leave() {
	if len(o.queue) > 0 && !o.busy && !o.helped {
		o.helped = true
		go o.help()
	}
}

// help makes calls until none is left, or somebody else makes them.
func (o *observer) help() {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer func() {
		o.helped = false
		o.changed.Broadcast()
		o.leave()
	}()
	for !o.busy && len(o.queue) > 0 {
		o.makeOne()
	}
}

// makeOne makes the first call, with no lock held, however it ends.
func (o *observer) makeOne() {
	call := o.queue[0]
	o.queue = o.queue[1:]
	o.busy = true
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		o.busy = false
		o.made++
		o.changed.Broadcast()
	}()
	call()
}

// A Shown is a line at the moment it was shown.
type Shown struct {
	BotID          string
	ConversationID string
	Line           Line
	Violation      *Violation // set if the event came out of order
}

// The tell functions queue what there is to tell, as a copy. The caller holds the server's lock.

func (s *Server) tellRequest(r *Record) {
	if call := s.cfg.OnRequest; call != nil && !s.silent {
		c := r.clone()
		s.observer.enqueue(func() { call(c) })
	}
	for _, line := range s.shown {
		s.observer.enqueue(line)
	}
	s.shown = nil
}

func (s *Server) tellAnswer(r *Record) {
	if call := s.cfg.OnAnswer; call != nil && !s.silent {
		c := r.clone()
		s.observer.enqueue(func() { call(c) })
	}
}

func (s *Server) tellWebhook(r *WebhookRecord) {
	if call := s.cfg.OnWebhook; call != nil && !s.silent {
		c := r.clone()
		s.observer.enqueue(func() { call(c) })
	}
}

func (s *Server) tellLine(id talkID, l Line, v *Violation) {
	if call := s.cfg.OnLine; call != nil && !s.silent {
		shown := Shown{BotID: id.bot, ConversationID: id.conversation, Line: l.clone(), Violation: v}
		tell := func() { call(shown) }
		if s.arriving {
			s.shown = append(s.shown, tell)
			return
		}
		s.observer.enqueue(tell)
	}
}
