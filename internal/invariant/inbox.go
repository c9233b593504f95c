package invariant

import (
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
)

// webhooksAreKept (I7): every visitor's message that was answered 200 was taken by the host or waits for it, once for each time that
// it was sent (once only under one delivery id), and nothing waits that was not sent. A 200 to widgetEscalate means that
// there is a round, one to the last widgetEndSession that it is over.
func webhooksAreKept(s *subject) {
	sent, promised := map[string]int{}, map[string]int{}
	delivered := map[string]bool{}
	for _, h := range s.Webhooks {
		if h.Kind != events.KindWidgetMessage {
			continue
		}
		sent[string(h.Body)]++
		if h.Answered && !(h.DeliveryID != "" && delivered[h.DeliveryID]) {
			promised[string(h.Body)]++
			delivered[h.DeliveryID] = true
		}
	}
	there := map[string]int{}
	for _, in := range s.Taken {
		if in.Kind != events.KindWidgetMessage {
			continue
		}
		if sent[string(in.Body)] == 0 {
			s.broken(0, "the host took a message that nobody sent")
		}
		there[string(in.Body)]++ // the host may take one twice, if it said so and a kill followed
	}
	s.untaken(sent, there)
	for body, n := range promised {
		if there[body] < n {
			s.broken(0, "a webhook was answered 200 %d times, and is there %d times", n, there[body])
		}
	}
	s.rounds()
}

// untaken judges what waits for the host, and counts it.
func (s *subject) untaken(sent, there map[string]int) {
	last, ids := uint64(0), map[string]bool{}
	waiting := map[string]int{}
	for _, m := range s.last.Untaken {
		switch {
		case m.Number <= last || m.Number > s.last.Conversation.Inbox.Last:
			s.broken(0, "webhook %d waits behind %d; the last received is %d", m.Number, last, s.last.Conversation.Inbox.Last)
		case m.Taken:
			s.broken(0, "webhook %d waits and was taken", m.Number)
		case m.DeliveryID != "" && ids[m.DeliveryID]:
			s.broken(0, "webhook %d waits twice under one delivery id", m.Number)
		}
		last, ids[m.DeliveryID] = m.Number, true
		if m.Kind != events.KindWidgetMessage {
			continue
		}
		there[string(m.Body)]++
		if waiting[string(m.Body)]++; waiting[string(m.Body)] > sent[string(m.Body)] {
			s.broken(0, "webhook %d waits, and was not sent that often", m.Number)
		}
	}
}

// rounds judges what webhooks did to the rounds.
func (s *subject) rounds() {
	l := &s.last.Conversation.Lane
	var last *Webhook
	opened, asked := false, 0
	for i := range s.Webhooks {
		if h := &s.Webhooks[i]; h.Kind == events.KindWidgetEscalate || h.Kind == events.KindWidgetEndSession {
			last = h
			if h.Kind == events.KindWidgetEscalate {
				opened = opened || h.Answered
				asked++
			}
		}
	}
	switch {
	case opened && l.Round == 0:
		s.broken(0, "a widgetEscalate was answered 200, and there is no round")
	case asked > 0 && l.Round > asked:
		s.broken(0, "round %d after %d times widgetEscalate", l.Round, asked)
	case last != nil && last.Answered && last.Kind == events.KindWidgetEndSession && l.Acknowledged.Live():
		s.broken(0, "the last widgetEndSession was answered 200, and the round is %v", l.Acknowledged)
	}
}

// calmMeansTaken (I11): when all is calm the host has taken every webhook.
func calmMeansTaken(s *subject) {
	if n := len(s.last.Untaken); n > 0 {
		s.broken(0, "%d webhooks wait for the host", n)
	}
}

// parksAreListed (I11): Store.Parked lists a conversation exactly if it is parked. Who mends parked conversations finds them there.
func parksAreListed(s *subject) {
	for i := range s.Reads {
		if r := &s.Reads[i]; r.Parked != r.Conversation.Lane.Parked() {
			s.broken(r.Conversation.Lane.Park.Number, "read %d: listed as parked: %v; parked: %v", i+1, r.Parked, r.Conversation.Lane.Parked())
		}
	}
}

// parksHaveReasons (I11): a parked conversation is parked at its head, for one of the four reasons, and no attempt is under way; with a stranded
// head it names the earlier event that is to blame. One that is not parked has nothing of this.
func parksHaveReasons(s *subject) {
	for i := range s.Reads {
		l := &s.Reads[i].Conversation.Lane
		p := l.Park
		switch {
		case !l.Parked():
			if p != (store.Park{}) {
				s.broken(p.Number, "read %d: half a park", i+1)
			}
		case len(l.Pending) == 0 || p.Number != head(l):
			s.broken(p.Number, "read %d: parked at it, and the head is %d of %d", i+1, head(l), l.Last)
		case p.Reason > store.HeadStranded:
			s.broken(p.Number, "read %d: parked for %v", i+1, p.Reason)
		case (p.Reason == store.HeadStranded) != (p.Cause != 0) || p.Cause >= p.Number:
			s.broken(p.Number, "read %d: parked for %v, caused by event %d", i+1, p.Reason, p.Cause)
		}
	}
}

// calmMeansDrained (I11): when all is calm nothing is pending, unless the conversation is parked. Anything else is stuck.
func calmMeansDrained(s *subject) {
	l := &s.last.Conversation.Lane
	if len(l.Pending) > 0 && !l.Parked() {
		s.broken(head(l), "%d events pending and not parked; under way: %v", len(l.Pending), l.Attempting())
	}
}
