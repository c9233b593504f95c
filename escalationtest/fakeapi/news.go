package fakeapi

// maxNews is how many changes in a row are told apart. A client that has missed more of them is no longer excused.
const maxNews = 8

// news is something the visitor or the bot did that the client learns from a webhook only.
type news struct {
	before judge // the judge as the client still knows it until it is told
	of     int   // the webhook that tells: WebhookRecord.Of
	told   bool  // it was answered with a 2xx
	toldAt int   // how many requests had begun by then
	turn   int   // how many news the client had been told before this one: they may reach it in the wrong order
}

// postNews is post for an event that changes what is in order; before is the judge as it was. The caller holds mu.
func (s *Server) postNews(t *talk, before judge, data envelopeData) {
	if len(t.news) == maxNews {
		t.news = append(t.news[:0], t.news[1:]...)
	}
	t.news = append(t.news, news{before: before, of: s.webhooks.total + 1})
	s.post(t, data)
}

// learnt notes that the client has been told, if it has. Where no webhook is configured, somebody else tells it. The
// caller holds mu.
func (s *Server) learnt(rec *WebhookRecord) {
	if rec.Status/100 != 2 && s.hook != nil {
		return
	}
	t := s.talks[talkID{bot: rec.BotID, conversation: rec.ConversationID}]
	if t == nil {
		return
	}
	for i := range t.news {
		if n := &t.news[i]; n.of == rec.Of && !n.told {
			n.told, n.toldAt, n.turn = true, s.begun, t.heard
			t.heard++
		}
	}
}

// crossed reports whether an event that is out of order would not be, as far as the client could know: it certainly knew
// everything up to the news that it had been told last when the request began, and perhaps some of what came then.
func (t *talk) crossed(rec *Record) bool {
	last := -1
	for i, n := range t.news {
		if n.told && rec.begun > n.toldAt && (last < 0 || n.turn > t.news[last].turn) {
			last = i
		}
	}
	excused := false
	for i := len(t.news) - 1; i > last; i-- {
		if n := &t.news[i]; n.before.take(letters[rec.EventType], rec.N) == 0 {
			excused = true
		}
	}
	return excused
}
