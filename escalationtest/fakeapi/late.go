package fakeapi

import "slices"

// stick keeps the event until the next one of its conversation has taken effect. The caller holds mu.
func (s *Server) stick(rec *Record) {
	if rec.Passed() {
		t := s.talk(rec.talkID())
		t.stuck = append(t.stuck, rec)
		if keep := s.cfg.Keep; keep > 0 && len(t.stuck) > keep {
			t.stuck[0].awaited = false
			t.stuck = slices.Delete(t.stuck, 0, 1)
		}
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
