package invariant_test

import (
	"crypto/sha256"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

var conservationExamples = []example{
	{"6 is neither pending nor resolved", ids{invariant.I7}, func(h *hand) { h.lane().Pending = nil }},
	{"5 is acknowledged and pending", ids{invariant.I7}, func(h *hand) {
		e := h.entry(5).Event
		h.lane().Pending = append([]store.Event{e}, h.lane().Pending...)
	}},
	{"4 was too old and is rejected now", ids{invariant.I7}, func(h *hand) {
		h.again()
		h.c.Reads[1].Entries[3].Outcome.Result = store.Expired
	}},
	{"4 was rejected with 400 and is rejected with 422 now", ids{invariant.I7}, func(h *hand) {
		h.again()
		h.r.Entries[3].Outcome.Status = 422
	}},
	{"a result that does not exist", ids{invariant.I7}, func(h *hand) { h.result(4, 8) }},
	{"Accept returned 7, and there is no 7", ids{invariant.I7}, func(h *hand) {
		h.more()
		h.r.Entries, h.lane().Pending, h.lane().Last = h.r.Entries[:6], h.lane().Pending[:1], 6
	}},
	{"6 is there with another body", ids{invariant.I7}, func(h *hand) { h.entry(6).Body = body(9) }},
	{"nobody accepted 6", ids{invariant.I7}, func(h *hand) { h.c.Calls = h.c.Calls[:5] }},
	{"6 is there, and its call was refused", ids{invariant.I7}, func(h *hand) { h.c.Calls[5].Answer = invariant.Refused }},
	{"one call without an answer, two events of it", ids{invariant.I7}, func(h *hand) {
		h.more()
		h.c.Calls[5].Answer = invariant.Unanswered
		h.c.Calls = h.c.Calls[:6]
		h.r.Entries[6].Body = body(6)
	}},
	{"6 is there under a key that nobody gave", ids{invariant.I7}, func(h *hand) {
		h.entry(6).CallerKey, h.entry(6).Digest = "k", sha256.Sum256(body(6))
	}},
	{"5 is acknowledged with the digest of another body", ids{invariant.I7}, func(h *hand) {
		h.entry(5).CallerKey, h.entry(5).Digest, h.c.Calls[4].CallerKey = "k", sha256.Sum256(body(4)), "k"
	}},
	{"two calls were told that they accepted 6", ids{invariant.I7}, func(h *hand) { h.c.Calls = append(h.c.Calls, h.c.Calls[5]) }},
	{"two events under one caller key", ids{invariant.I7}, func(h *hand) {
		for n := uint64(5); n <= 6; n++ {
			h.entry(n).CallerKey, h.entry(n).Digest, h.c.Calls[n-1].CallerKey = "k", sha256.Sum256(body(n)), "k"
		}
	}},
	{"the caller was told that 4 is acknowledged", ids{invariant.I7}, func(h *hand) {
		h.w.Knows |= invariant.Results
		h.c.Results = []invariant.Reported{{Number: 4, Result: store.Acknowledged, Attempts: 1}}
	}},
	{"a webhook was answered 200 and is nowhere", ids{invariant.I7}, func(h *hand) { h.webhook(true, "") }},
	{"a webhook that nobody sent waits for the host", ids{invariant.I7}, func(h *hand) {
		h.w.Knows |= invariant.Webhooks
		h.waiting()
	}},
	{"a webhook sent twice under two delivery ids is there once", ids{invariant.I7}, func(h *hand) {
		h.webhook(true, "x")
		h.webhook(true, "y")
		h.waiting()
	}},
	{"the last end of the session was answered 200, and the round lives", ids{invariant.I7}, func(h *hand) {
		h.w.Knows |= invariant.Webhooks
		h.c.Webhooks = []invariant.Webhook{{Kind: events.KindWidgetEscalate, Answered: true}, {Kind: events.KindWidgetEndSession, Answered: true}}
	}},
	{"the call of 6 has no answer, and 6 is there", nil, func(h *hand) {
		h.c.Calls[5].Answer, h.c.Calls[5].Number = invariant.Unanswered, 0
	}},
	{"a call without an answer left nothing", nil, func(h *hand) {
		h.c.Calls = append(h.c.Calls, invariant.Call{Kind: events.KindMessage, Body: body(9), Began: sec(90)})
	}},
	{"an answer was lost, and the repeat got it", nil, func(h *hand) {
		first := &h.c.Calls[5]
		first.CallerKey, h.entry(6).CallerKey, h.entry(6).Digest = "k", "k", sha256.Sum256(body(6))
		again := *first
		again.Repeated, again.Began, again.Ended = true, sec(90), sec(91)
		first.Answer, first.Number = invariant.Unanswered, 0
		h.c.Calls = append(h.c.Calls, again)
	}},
	{"an operator replaced the body of 6", nil, func(h *hand) {
		h.entry(6).Body, h.entry(6).Repairs = body(9), []store.Repair{{Verb: "replace"}}
		h.c.Replaced = []invariant.Replacement{{Number: 6, Body: body(9)}}
	}},
	{"the caller was told what is recorded", nil, func(h *hand) {
		h.w.Knows |= invariant.Results
		h.c.Results = []invariant.Reported{{Number: 3, Result: store.Acknowledged, Attempts: 2, MayBeDuplicate: true}, {Number: 4, Result: store.Rejected, Attempts: 1}}
	}},
	{"a webhook sent twice under one delivery id is there once", nil, func(h *hand) {
		h.webhook(true, "x")
		h.webhook(true, "x")
		h.waiting()
	}},
	{"a webhook without an answer is there", nil, func(h *hand) { h.webhook(false, ""); h.waiting() }},
	{"a webhook without an answer is not there", nil, func(h *hand) { h.webhook(false, "") }},
	{"the host took it, and it waits once more", nil, func(h *hand) {
		h.webhook(true, "")
		h.waiting()
		h.c.Taken = []invariant.Inbound{{Kind: events.KindWidgetMessage, Body: []byte("hello")}}
	}},
}

func (h *hand) webhook(answered bool, id string) {
	h.w.Knows |= invariant.Webhooks
	h.c.Webhooks = append(h.c.Webhooks, invariant.Webhook{Kind: events.KindWidgetMessage, Body: []byte("hello"), DeliveryID: id, Answered: answered})
}

func (h *hand) waiting() {
	h.r.Conversation.Inbox.Last = 1
	h.r.Untaken = []store.Message{{Number: 1, Round: 1, Kind: events.KindWidgetMessage, Body: []byte("hello")}}
}
