package listen

import (
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
)

// assumeRound begins a round that the webhooks would have told of. A second failure in a row is left to be a
// repeat: that a visitor is turned away twice is rarer.
func (j *judge) assumeRound(bot string, req events.Request) bool {
	if j.rounds {
		return false
	}
	st := j.fake.Bot(bot).State(req.ConversationID)
	over := st.Phase == fakeapi.Failed || st.Phase == fakeapi.Disconnected || st.Phase == fakeapi.Left
	switch req.Event.Kind() {
	case events.KindEscalationQueueUpdate, events.KindEscalationSuccess:
	case events.KindEscalationFailed:
		over = over && st.Phase != fakeapi.Failed
	default:
		over = false
	}
	if over {
		j.fake.Bot(bot).BeginRound(req.ConversationID)
	}
	return over
}

// webhook tells the judge of a webhook that is on its way.
func (j *judge) webhook(env events.Envelope) {
	b := j.fake.Bot(env.BotID)
	switch env.Event.Kind() {
	case events.KindWidgetEscalate:
		if !b.State(env.ConversationID).Live() {
			b.BeginRound(env.ConversationID)
		}
	case events.KindWidgetEndSession:
		if b.State(env.ConversationID).Live() {
			b.VisitorLeft(env.ConversationID)
		}
	}
}

// A talk names a conversation.
type talk struct{ bot, conversation string }

// begin tells the judge of a webhook before the CRM hears of it, and answers by a request.
func (r *Recorder) begin(env events.Envelope) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.judge.webhook(env)
	r.webhooks[talk{env.BotID, env.ConversationID}]++
}

// end notes that the CRM has heard of it, or will not.
func (r *Recorder) end(env events.Envelope) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := talk{env.BotID, env.ConversationID}
	if r.webhooks[id]--; r.webhooks[id] == 0 {
		delete(r.webhooks, id)
	}
}

// underway reports whether a webhook of the conversation that this body names is on its way to the CRM.
func (r *Recorder) underway(bot string, body []byte) bool {
	req, _, _ := events.DecodeRequest(body)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.webhooks[talk{bot, req.ConversationID}] > 0
}
