package fakeapi

import "time"

// A lagged is an event that was accepted and takes effect later.
type lagged struct {
	rec *Record
	due time.Time
}

// takeEffect processes the event now, or Config.Lag from now. Everything lags equally, so one queue keeps the order of
// every conversation. The caller holds mu.
func (s *Server) takeEffect(rec *Record) {
	if s.cfg.Lag == 0 {
		s.process(rec)
		return
	}
	if !rec.Passed() {
		return
	}
	rec.awaited = true
	s.lagging = append(s.lagging, lagged{rec, time.Now().Add(s.cfg.Lag)})
	s.talk(rec.talkID()).lagging++
	if len(s.lagging) == 1 {
		s.after(s.cfg.Lag, s.catchUp)
	}
}

// catchUp processes what is due. The caller holds mu.
func (s *Server) catchUp() {
	now := time.Now()
	for len(s.lagging) > 0 && !s.lagging[0].due.After(now) {
		rec := s.lagging[0].rec
		s.lagging = s.lagging[1:]
		s.talk(rec.talkID()).lagging--
		s.process(rec)
	}
	if len(s.lagging) > 0 {
		s.after(s.lagging[0].due.Sub(now), s.catchUp)
	}
	s.announce()
}
