package fakeapi

// An outbox holds what is still to be sent of one conversation's webhooks, in the order in which it is to be sent.
type outbox struct {
	queue []*parcel
	busy  bool // the first is with a sender, or waits for one
}

// A parcel is one webhook on its way.
type parcel struct {
	rec   *WebhookRecord
	fault WebhookFault

	overtaken bool // AfterNext is done with
	armed     bool // the wait for Hold and Delay has begun
	ripe      bool // … and ended
}

// pump does with the conversation's webhooks what can be done now. The caller holds mu.
func (s *Server) pump(t *talk) {
	if s.closed {
		return
	}
	o := &t.out
	for !o.busy && len(o.queue) > 0 {
		p := o.queue[0]
		switch {
		case p.fault.Drop:
			p.rec.Dropped = true
			s.end(p.rec)
			o.queue = o.queue[1:]
		case p.fault.AfterNext && !p.overtaken && !p.ripe:
			if p.overtaken = o.overtake(); !p.overtaken && !s.arm(t, p) {
				return
			}
		case !p.overtaken && !p.ripe && (p.fault.Hold != nil || p.fault.Delay > 0):
			if !s.arm(t, p) {
				return
			}
		case s.hook == nil:
			p.rec.Err = noWebhook
			t.know.heard(p.rec, s.begun, true) // by whoever acts for the visitor
			s.end(p.rec)
			s.advance(t)
		default:
			o.busy = true
			s.ready = append(s.ready, t)
		}
	}
	s.dispatch()
}

// overtake moves the webhook that came after the first in front of it, if there is one.
func (o *outbox) overtake() bool {
	for i, p := range o.queue {
		if p.rec.N > o.queue[0].rec.N {
			copy(o.queue[1:i+1], o.queue[:i])
			o.queue[0] = p
			return true
		}
	}
	return false
}

// arm begins the wait for what keeps p back, once, and reports whether it is already over. The caller holds mu.
func (s *Server) arm(t *talk, p *parcel) bool {
	hold, delay := p.fault.Hold, p.fault.Delay
	if p.armed || hold == nil && delay == 0 {
		return false
	}
	p.armed = true
	ripen := func() {
		p.ripe = true
		s.pump(t)
		s.tidy(t)
		s.announce()
	}
	released := func() {
		if delay > 0 {
			s.after(delay, ripen)
			return
		}
		ripen()
	}
	if hold != nil && hold.putOff(s.putOff(released)) {
		return false
	}
	if delay > 0 {
		s.after(delay, ripen)
		return false
	}
	p.ripe = true
	return true
}
