package fakeapi

import "maps"

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

// repeats reports whether an event that is about to be shown says the same as another, and the client could not know that
// the first of the two had arrived. That other is the event before it in the round; or, if this one comes late, any that
// arrived after it.
func (t *talk) repeats(rec *Record) bool {
	if last := t.last; last != nil && maps.Equal(rec.Fields, last.Fields) && !last.sure() {
		return true
	}
	if !rec.putOff || rec.sure() {
		return false
	}
	for _, l := range t.lines.kept() {
		if l.By == ByCRM && l.N > rec.N && l.EventType == rec.EventType && l.equals(rec) {
			return true
		}
	}
	return false
}

// sure reports whether the client was told, beyond doubt, that the event had been taken.
func (r *Record) sure() bool { return r.End == Answered && r.plain }

func (l Line) equals(rec *Record) bool {
	for name, v := range l.Fields {
		if rec.Fields[name] != v {
			return false
		}
	}
	return len(l.Fields) == len(rec.Fields)-2 // the id of the conversation and the event type
}
