package fakeapi

// news is what the platform has done and the CRM may not know yet.
type news struct {
	before *judge // the judge as of what the CRM was last told; nil: nothing was to be told
	of     int    // the webhook that tells: WebhookRecord.Of
	told   bool   // it was answered with a 2xx
	toldAt int    // how many requests had begun by then
}

// expect is called before the change that the next webhook tells. Of several changes in a row that the CRM does not know,
// the state before the first counts.
func (t *talk) expect() {
	if t.news.before == nil || t.news.told {
		before := t.judge
		t.news = news{before: &before}
	}
}

// learnt notes that the CRM has been told, if it has. Where no webhook is configured, somebody else tells it. The caller
// holds mu.
func (s *Server) learnt(rec *WebhookRecord) {
	if rec.Status/100 != 2 && s.hook != nil {
		return
	}
	t := s.talks[talkID{bot: rec.BotID, conversation: rec.ConversationID}]
	if t != nil && !t.news.told && t.news.of == rec.Of {
		t.news.told, t.news.toldAt = true, s.begun
	}
}

// crossed reports whether an event that is out of order would not be, as far as the client could know.
func (t *talk) crossed(rec *Record) bool {
	n := &t.news
	if n.before == nil || n.told && rec.begun > n.toldAt {
		return false
	}
	return n.before.take(letters[rec.EventType], rec.N) == 0
}
