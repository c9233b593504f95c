package fakeapi

// stick keeps the event until the next one of its conversation has taken effect. The caller holds mu.
func (s *Server) stick(rec *Record) {
	if rec.Passed() {
		t := s.talk(rec.talkID())
		t.stuck = append(t.stuck, rec)
	}
}

// unstick lets take effect what was stuck. The caller holds mu.
func (s *Server) unstick(t *talk) {
	stuck := t.stuck
	t.stuck = nil
	for _, rec := range stuck {
		s.process(rec)
	}
}
