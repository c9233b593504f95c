package fakeapi

// An entry is one thing that happened, in the order in which it did, for Report. One of rec, hook and line is set.
type entry struct {
	talk talkID
	rec  *Record
	hook *WebhookRecord
	line *Line
}

// note keeps an entry. The caller holds mu.
func (s *Server) note(e entry) { s.journal.add(e) }
